"""Replay: no vote is used twice, gold is paid for, and what is bought is what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from quality.arrays import ANONYMOUS
from quality.mixture import sigmoid
from quality.policies import parse
from quality.replay import Outcome, Recording, replay
from quality.votes import ACCEPT, REJECT, UNSURE, Thresholds


@pytest.fixture
def recording() -> Recording:
    rng = np.random.default_rng(0)
    truth = (rng.random(150) < 0.4).astype(np.int8)
    item = np.repeat(np.arange(150), 10).astype(np.int32)
    worker = np.concatenate([rng.choice(30, 10, replace=False) for _ in range(150)]).astype(np.int32)
    answer = np.where(rng.random(1500) < 0.85, truth[item], 1 - truth[item]).astype(np.int8)
    return Recording(item, worker, answer, truth, 30)


def test_fixed_votes_cost_what_they_cost(recording):
    outcome = replay(parse("majority:9"), recording, 0, np.random.default_rng(0))
    assert outcome.votes_per_item == 9
    assert len(outcome.truth) == 150
    assert outcome.scores[2] > 0.95


def test_gold_is_paid_and_not_scored(recording):
    policy = parse("dawid-skene", Thresholds(cap=7))
    outcome = replay(policy, recording, 30, np.random.default_rng(0))
    assert outcome.votes_per_item == pytest.approx(7 * 8 / 7)
    assert len(outcome.truth) == 120


def test_fewer_votes_than_the_policy_wants_leave_images_unsure(recording):
    outcome = replay(parse("majority:99"), recording, 0, np.random.default_rng(0))
    assert outcome.votes_per_item == 10
    assert set(outcome.verdict.tolist()) == {UNSURE}


@pytest.mark.parametrize("spec", ["weighted", "imagenet"])
def test_the_same_seed_gives_the_same_outcome(spec, recording):
    one, two = (replay(parse(spec), recording, 20, np.random.default_rng(4)) for _ in range(2))
    assert one.votes_per_item == two.votes_per_item
    assert one.confidence.tolist() == two.confidence.tolist()


def test_the_default_policy_needs_fewer_votes_than_nine_for_as_much(recording):
    def figures(spec: str, gold: int) -> np.ndarray:
        plays = [replay(parse(spec), recording, gold, np.random.default_rng(seed)) for seed in range(3)]
        return np.mean([(one.votes_per_item, one.scores[2]) for one in plays], axis=0)

    (nine, fixed), (votes, weighted) = figures("majority:9", 0), figures("weighted", 30)
    assert votes < 0.6 * nine
    assert weighted > fixed - 0.03


def test_counts_become_votes_of_nobody_known():
    counted = Recording.of_counts(np.array([2, 0]), np.array([1, 2]), np.array([1, 0], np.int8))
    assert counted.item.tolist() == [0, 0, 0, 1, 1]
    assert counted.answer.tolist() == [1, 1, 0, 0, 0]
    assert set(counted.worker.tolist()) == {ANONYMOUS}


def test_unsure_images_are_scored_by_the_better_guess():
    verdict = np.array([ACCEPT, REJECT, UNSURE, UNSURE], np.int8)
    outcome = Outcome(verdict, np.array([0.99, 0.01, 0.6, 0.4]), np.array([1, 1, 0, 0], np.int8), 3.0)
    assert outcome.scores == (1 / 2, 1 / 2, 1 / 2)


def test_where_nearly_all_are_good_they_are_accepted():
    """Few bad images must not come to look like the odd good ones, which would put all in doubt."""
    rng = np.random.default_rng(3)
    truth = (rng.random(1000) < 0.95).astype(np.int8)
    item, worker = np.repeat(np.arange(1000), 12), np.tile(np.arange(12), 1000)
    right = rng.random(12_000) < sigmoid(np.log(19) - 0.8 * rng.normal(size=1000)[item])
    answer = np.where(right, truth[item], 1 - truth[item])
    columns = item.astype(np.int32), worker.astype(np.int32), answer.astype(np.int8)
    outcome = replay(parse("weighted", Thresholds(0.975, 0.025)), Recording(*columns, truth, 12), 0, rng)
    precision, recall, _ = outcome.accepted
    assert precision > 0.99
    assert recall > 0.95
