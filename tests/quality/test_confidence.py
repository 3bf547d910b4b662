"""ImageNet's table, with fractions counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quality.arrays import Ballots
from quality.confidence import ImageNetTable, fewest_votes
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Thresholds


def _votes(counts: list[tuple[int, int]], seeds: int, **images) -> Ballots:
    """Image k has counts[k] = (yes, no) votes, each by another worker; the first `seeds` are seed images."""
    item = np.repeat(np.arange(len(counts)), [sum(c) for c in counts])
    answer = np.concatenate([[1] * y + [0] * n for y, n in counts])
    worker = np.arange(len(item))
    seed = np.arange(len(counts)) < seeds
    return Ballots.of(item, worker, answer, n_items=len(counts), n_workers=len(item), seed=seed, **images)


def test_cells_are_hypergeometric_shares_of_the_seed_sample():
    """Seeds of 3 votes: (3, 0) good, (1, 2) bad. One yes drawn: good 1, bad 1/3, so 3/4 before smoothing."""
    policy = ImageNetTable(Thresholds(seed_votes=3, cap=3))
    table = policy.fit(_votes([(3, 0), (1, 2)], seeds=2)).table
    pooled = (1 + 0.5) / (4 / 3 + 1)
    assert table[-1, 1, 0] == pytest.approx(pooled)
    assert table[0, 1, 0] == pytest.approx((1 + pooled) / (4 / 3 + 1))
    assert table[-1, 0, 1] == pytest.approx(0.5 / (2 / 3 + 1))
    assert table[-1, 1, 1] == pytest.approx(0.5 / (2 / 3 + 1)), "1 of C(3,2) pairs of the bad one: 2/3 seen"


def test_confidence_rises_with_yes_and_falls_with_no():
    rng = np.random.default_rng(0)
    good = rng.random(400) < 0.4
    yes = rng.binomial(10, np.where(good, rng.beta(8, 2, 400), rng.beta(2, 8, 400)))
    table = ImageNetTable(Thresholds()).fit(_votes([(y, 10 - y) for y in yes], seeds=400)).table[0]
    for asked in range(1, 8):
        column = [table[y, asked - y] for y in range(asked + 1)]
        assert (np.diff(column) > -0.001).all(), "smoothing of rare cells may bend it by a hair"


def test_others_wait_for_the_seeds_and_then_need_only_what_the_table_says():
    policy = ImageNetTable(Thresholds(accept=0.9, reject=0.1, seed_votes=4, cap=10))
    waiting = _votes([(4, 0)] * 9 + [(1, 1)] + [(1, 0)], seeds=10)
    early = policy.decide(waiting, policy.fit(waiting))
    assert early.verdict[9:].tolist() == [OPEN, OPEN]
    assert early.wanted[9:].tolist() == [2, 0]
    full = _votes([(4, 0)] * 10 + [(0, 4)] * 10 + [(1, 0), (0, 1), (1, 1), (0, 0), (2, 2)], seeds=20)
    late = policy.decide(full, policy.fit(full))
    assert late.verdict[20:].tolist() == [ACCEPT, REJECT, OPEN, OPEN, UNSURE]
    assert late.wanted[20:].tolist() == [0, 0, 2, 1, 0]
    assert late.verdict[:20].tolist() == [ACCEPT] * 10 + [REJECT] * 10


def test_a_synset_without_seeds_leans_on_the_others():
    counts = [(4, 0)] * 20 + [(0, 4)] * 20 + [(2, 0)]
    policy = ImageNetTable(Thresholds(accept=0.9, reject=0.1, seed_votes=4))
    ballots = _votes(counts, seeds=40, synset=[0] * 40 + [1])
    assert policy.decide(ballots, policy.fit(ballots)).verdict[40] == ACCEPT


def test_gold_images_are_no_random_sample_and_stay_out_of_the_table():
    policy = ImageNetTable(Thresholds(seed_votes=3))
    with_gold = policy.fit(_votes([(3, 0), (0, 3)], seeds=2, gold=[-1, 1]))
    assert np.array_equal(with_gold.table[0], policy.fit(_votes([(3, 0)], seeds=1)).table[0])


def test_fewest_votes_is_the_shortest_way_out():
    settled = np.zeros((6, 6), bool)
    settled[3, :] = settled[:, 2] = True
    steps = fewest_votes(settled, 5)
    assert steps[0, 0] == 2
    assert steps[2, 0] == 1
    assert steps[1, 1] == 1
    assert steps[3, 0] == 0
