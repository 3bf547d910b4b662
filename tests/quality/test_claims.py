"""Claims: held to what hidden gold shows, on crowds whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.arrays import UNKNOWN, Ballots, FloatArray
from quality.claims import claim, hold_to_gold, slope
from quality.mixture import add_up, believe, sigmoid, vote_logs
from quality.mixture_fit import fit, start


def _crowd(seed: int, fooling: float = 0.0, alike: float = 0.0, each: int = 4) -> tuple[Ballots, np.ndarray]:
    """Four votes on each of 500 images, 60 of them gold; some bad ones fool everybody, or half of all."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(500) < 0.3).astype(int)
    kind = rng.random(500)
    bad = np.select([kind < fooling, kind < fooling + alike], [1.8, 0.3], -3.0)
    pull = np.where(truth == 1, 1.8, bad) + rng.normal(size=500)
    offset = rng.normal(0, 1, (60, 2))
    item = np.repeat(np.arange(500), each)
    worker = np.concatenate([rng.choice(60, each, replace=False) for _ in range(500)])
    yes = rng.random(len(item)) < sigmoid(pull[item] + offset[worker, truth[item]])
    gold = np.where(np.arange(500) < 60, truth, UNKNOWN)
    return Ballots.of(item, worker, yes.astype(int), n_items=500, n_workers=60, gold=gold), truth


def _believed_and_claimed(ballots: Ballots) -> tuple[FloatArray, FloatArray]:
    model = hold_to_gold(fit(ballots), ballots)
    row, table = vote_logs(model, ballots.worker, ballots.answer)
    good = believe(model, ballots.images, add_up(ballots.item, row, table, ballots.n_items)).good
    return good, claim(model, ballots.images, good)


@pytest.mark.parametrize("crowd", [{}, {"fooling": 0.06}, {"alike": 0.12}])
def test_of_images_claimed_nearly_as_many_are_good_as_claimed(crowd):
    claimed, true = [], []
    for seed in range(8):
        ballots, truth = _crowd(seed, **crowd)
        claimed.append(_believed_and_claimed(ballots)[1][60:])
        true.append(truth[60:])
    claims, truths = np.concatenate(claimed), np.concatenate(true)
    for at in (0.8, 0.9):
        assert truths[claims >= at].mean() > at - 0.05


def test_gold_that_contradicts_a_crowd_leaves_it_nothing_to_claim():
    ballots, _ = _crowd(0)
    tossed = np.where(np.arange(500) < 60, np.random.default_rng(0).integers(0, 2, 500), UNKNOWN)
    contradicted = replace(ballots, images=replace(ballots.images, gold=tossed.astype(np.int8)))
    assert _believed_and_claimed(contradicted)[1][60:].max() < 0.7


def test_without_gold_a_crowd_is_believed_for_its_limits_are_stricter():
    ballots, _ = _crowd(0)
    unknown = replace(ballots, images=replace(ballots.images, gold=np.full(500, -1, np.int8)))
    assert hold_to_gold(fit(unknown), unknown).slope == 1


@pytest.mark.parametrize("deserved", [0.5, 0.7, 1.0])
def test_the_slope_that_a_crowd_deserves_is_found(deserved):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(40):
        ratio = rng.normal(0, 3, 300)
        found.append(slope(ratio, (rng.random(300) < sigmoid(deserved * ratio)).astype(np.float64)))
    assert np.mean(found) == pytest.approx(deserved, abs=0.1)
    assert max(found) <= 1


@given(good=st.lists(st.floats(0, 1), min_size=2, max_size=20), held=st.floats(0, 1))
def test_a_claim_says_no_more_than_is_believed_and_never_the_opposite(good, held):
    model = replace(start(1, 0), slope=held)
    images = Ballots.of([], [], [], n_items=len(good), n_workers=0).images
    believed = np.sort(np.array(good))
    claimed = claim(model, images, believed)
    assert (claimed <= believed).all()
    assert ((claimed >= 0.5) == (believed >= 0.5)).all()
    assert (np.diff(claimed) >= -1e-12).all()


def test_gold_is_known_whatever_the_slope():
    images = Ballots.of([], [], [], n_items=2, n_workers=0, gold=[1, 0]).images
    known = np.array([1.0, 0.0])
    assert claim(replace(start(1, 0), slope=0.0), images, known).tolist() == [1.0, 0.0]
