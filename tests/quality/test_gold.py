"""Gold: chosen fairly, placed anywhere, cautious where short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.gold import cautious, choose, hits_left, mix
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


def test_every_place_in_a_hit_is_as_likely():
    rng = np.random.default_rng(0)
    share = np.mean([mix(42, 6, rng) for _ in range(4000)], axis=0)
    assert share == pytest.approx(np.full(48, 6 / 48), abs=0.03)


def test_hits_left_counts_the_scarcer_kind():
    gold = np.array([1] * 7 + [0] * 20, np.int8)
    assert hits_left(gold, np.zeros(27, bool), good=3, bad=3) == 2
    assert hits_left(gold, gold == 1, good=3, bad=3) == 0


@pytest.mark.parametrize(
    ("known", "accept", "reject"), [(0, 0.99, 0.01), (15, 0.985, 0.015), (30, 0.98, 0.02), (99, 0.98, 0.02)]
)
def test_short_gold_halves_the_error_allowed(known, accept, reject):
    limits = cautious(Thresholds(accept=0.98, reject=0.02), known, enough=30)
    assert (limits.accept, limits.reject) == pytest.approx((accept, reject))
