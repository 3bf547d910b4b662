"""Gold: chosen fairly, placed anywhere, cautious where short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.gold import cautious, choose, hits_left
from quality.votes import Thresholds


@given(st.integers(0, 1000), st.integers(0, 4), st.integers(0, 4))
def test_gold_is_unseen_and_of_either_kind(seed, good, bad):
    rng = np.random.default_rng(seed)
    gold, seen = rng.integers(-1, 2, 30).astype(np.int8), rng.random(30) < 0.5
    shown = rng.integers(0, 3, 30).astype(np.int32)
    chosen = choose(gold, seen, shown, good, bad, rng)
    assert len(set(chosen.tolist())) == len(chosen)
    assert not seen[chosen].any()
    for truth, wanted in ((1, good), (0, bad)):
        there = (gold == truth) & ~seen
        mine = chosen[gold[chosen] == truth]
        assert len(mine) == min(wanted, there.sum())
        if len(mine) and len(mine) < there.sum():
            spared = np.setdiff1d(np.flatnonzero(there), mine)
            assert shown[mine].max() <= shown[spared].min(), "the least shown go first"


def test_hits_left_counts_the_scarcer_kind_for_every_worker():
    seen = np.array([[0, 0], [7, 0], [1, 18], [9, 0]], np.int32)
    assert hits_left(np.array([7, 20], np.int32), seen, each=3).tolist() == [2, 0, 0, 0]


@pytest.mark.parametrize(
    ("known", "accept", "reject"), [(0, 0.99, 0.01), (15, 0.985, 0.015), (30, 0.98, 0.02), (99, 0.98, 0.02)]
)
def test_short_gold_halves_the_error_allowed(known, accept, reject):
    limits = cautious(Thresholds(accept=0.98, reject=0.02), known, enough=30)
    assert (limits.accept, limits.reject) == pytest.approx((accept, reject))
