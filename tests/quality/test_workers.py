"""Workers' records, with shares counted by hand, and the signs of not looking."""

from __future__ import annotations

import numpy as np
import pytest

from quality.arrays import ANONYMOUS, Ballots
from quality.intervals import wilson
from quality.workers import at_chance, constant, records, surely_below, too_fast


@pytest.fixture
def crowd():
    """Every other image is good, half are gold: eight look, 8 flips coins, 9 always says yes, 10 lies."""
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 2
    rows = []
    for worker in range(11):
        honest = np.where(rng.random(60) < 0.92, truth, 1 - truth)
        rows.append({8: rng.integers(0, 2, 60), 9: np.ones(60, int), 10: 1 - truth}.get(worker, honest))
    item, worker = np.tile(np.arange(60), 11), np.repeat(np.arange(11), 60)
    gold = np.where(np.arange(60) < 30, truth, -1)
    return Ballots.of(item, worker, np.concatenate(rows), n_items=60, n_workers=12, gold=gold)


def test_a_record_counts_gold_agreement_and_chance():
    """Worker 0 says yes to both images, others say yes, yes to the first and no, yes to the second."""
    item, worker, answer = [0, 1, 0, 0, 1, 1], [0, 0, 1, 2, 1, 2], [1, 1, 1, 1, 0, 1]
    record = records(Ballots.of(item, worker, answer, n_items=2, n_workers=3, gold=[1, 0]))
    assert record.votes.tolist() == [2, 2, 2]
    assert record.yes.tolist() == [2, 1, 2]
    assert (record.gold_asked.tolist(), record.gold_right.tolist()) == ([2, 2, 2], [1, 2, 1])
    assert (record.gold_low[0], record.gold_high[0]) == tuple(float(end) for end in wilson(1, 2))
    assert record.agreed.tolist() == [1 + 1 / 2, 1 + 0, 1 + 1 / 2]
    assert record.by_chance.tolist() == [1 + 1 / 2, 1 / 2 + 1 / 2, 1 + 1 / 2]


def test_not_sure_and_anonymous_answers_count_for_nobody():
    record = records(Ballots.of([0, 0], [0, ANONYMOUS], [-1, 1], n_items=1, n_workers=1, gold=[1]))
    assert record.votes.tolist() == [0]
    assert (record.gold_low.tolist(), record.gold_high.tolist()) == ([0], [1])


def test_only_the_liar_and_those_who_do_not_look_are_surely_bad(crowd):
    assert np.flatnonzero(surely_below(records(crowd), 0.75, after=10)).tolist() == [8, 9, 10]
    assert not surely_below(records(crowd), 0.75, after=31).any()


def test_only_the_constant_one_is_constant(crowd):
    assert np.flatnonzero(constant(records(crowd), after=20)).tolist() == [9]


def test_agreement_at_chance_shows_who_does_not_look(crowd):
    found = np.flatnonzero(at_chance(records(crowd), after=20))
    assert {8, 9, 10} >= set(found.tolist()) >= {8, 10}


def test_too_fast_is_by_answer():
    assert too_fast(np.array([40.0, 90.0]), np.array([48, 48]), floor=1.0).tolist() == [True, False]
