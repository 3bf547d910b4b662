"""Dawid-Skene: one round by hand, and who is right found out."""

from __future__ import annotations

import numpy as np
import pytest

from quality.arrays import ANONYMOUS, Ballots
from quality.dawid_skene import DawidSkene, fit
from quality.votes import ACCEPT, OPEN, REJECT, Thresholds


def test_one_round_by_hand():
    """Gold 1, 0: worker 0 right on both, so P(yes | good) is (1 + 3) / (1 + 4) and P(yes | bad) 1 / 5."""
    ballots = Ballots.of([0, 1], [0, 0], [1, 0], n_items=2, n_workers=2, gold=[1, 0])
    coins = fit(ballots, rounds=1)
    assert coins.yes_if[0].tolist() == [1 / 5, 4 / 5]
    assert coins.yes_if[1].tolist() == [1 / 4, 3 / 4]
    assert coins.share == 1 / 2


def test_two_skilled_workers_outvote_three_who_flip_coins():
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.4
    item, worker = np.tile(np.arange(500), 5), np.repeat(np.arange(5), 500)
    right = rng.random(2500) < np.array([0.95, 0.95, 0.5, 0.5, 0.5])[worker]
    answer = np.where(right, truth[item], ~truth[item])
    policy = DawidSkene(Thresholds(cap=5))
    ballots = Ballots.of(item, worker, answer, n_items=500, n_workers=5)
    decisions = policy.decide(ballots, policy.fit(ballots))
    majority = np.bincount(item, answer, 500) > 2
    assert (decisions.verdict == np.where(truth, ACCEPT, REJECT)).mean() > 0.93 > (majority == truth).mean()


def test_images_below_the_cap_stay_open():
    policy = DawidSkene(Thresholds(cap=3))
    ballots = Ballots.of([0, 0, 0, 1], [0, 1, ANONYMOUS, 0], [1, 1, 1, 1], n_items=2, n_workers=2)
    decisions = policy.decide(ballots, policy.fit(ballots))
    assert decisions.verdict.tolist() == [ACCEPT, OPEN]
    assert decisions.wanted.tolist() == [0, 2]


@pytest.mark.parametrize("rounds", [1, 20])
def test_no_votes_leave_priors(rounds):
    coins = fit(Ballots.of([], [], [], n_items=2, n_workers=1), rounds)
    assert coins.share == 1 / 2
    assert coins.yes_if.tolist() == [[1 / 4, 3 / 4]] * 2
