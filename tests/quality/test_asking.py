"""What a mistake costs, and that votes are bought only where they avoid some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quality.arrays import Ballots
from quality.asking import LEAST, RAREST, pays, prices
from quality.mixture import NODES, Mixture, believe
from quality.mixture_fit import start
from quality.votes import Thresholds


def _model(apart: float, share: float = 0.5) -> Mixture:
    """Good and bad images that look alike but for so much, in log-odds of a yes."""
    means = np.tile([-apart / 2, apart / 2], (2, 1))
    return replace(start(1, 0), mean=means, odds=np.full(2, np.log(share / (1 - share))), fooled=np.zeros(2))


def test_mistakes_cost_more_where_votes_avoid_them():
    limits = Thresholds(accept=0.95, reject=0.05)
    hard, easy = (prices(_model(apart), limits)[0] for apart in (1.0, 8.0))
    assert hard == pytest.approx([LEAST / 0.05] * 2)
    assert (easy > 10 * hard).all()


def test_of_a_crowd_that_cannot_tell_one_in_n_votes_are_wrong_anyhow_and_the_threshold_sets_the_price():
    prices_by_risk = [prices(_model(0.0), Thresholds(accept=1 - r, reject=r))[0, 0] for r in (0.1, 0.01)]
    assert prices_by_risk == pytest.approx([LEAST / 0.1, LEAST / 0.01])


def test_a_wrong_image_is_dearer_among_few_good_ones():
    lost, wrong = prices(_model(8.0, share=0.25), Thresholds())[0]
    assert wrong == pytest.approx(3 * lost)
    lost, wrong = prices(_model(8.0, share=0.02), Thresholds())[0]
    assert wrong == pytest.approx(RAREST * lost)


def test_no_vote_pays_where_nothing_is_left_to_ask_or_to_learn():
    model, images = _model(4.0), Ballots.of([], [], [], n_items=1, n_workers=0).images
    belief = believe(model, images, np.zeros((1, 2 * NODES)))
    price = np.full((1, 2), 100.0)
    assert pays(model, belief, price, np.array([15])).tolist() == [True]
    assert pays(model, belief, price, np.array([0])).tolist() == [False]
    assert pays(model, belief, np.full((1, 2), 1.0), np.array([15])).tolist() == [False]
