"""Majority of K."""

from __future__ import annotations

import pytest

from quality.arrays import Ballots
from quality.majority import Majority, Nothing
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE


def test_k_votes_then_the_majority_then_nothing_more():
    item = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    answer = [1, 1, 0, 0, 0, 0, 1, 0, -1, 1, 1]
    ballots = Ballots.of(item, range(11), answer, n_items=5, n_workers=11)
    decisions = Majority(3).decide(ballots, Nothing())
    assert decisions.verdict.tolist() == [ACCEPT, REJECT, UNSURE, OPEN, OPEN]
    assert decisions.wanted.tolist() == [0, 0, 0, 1, 3]
    assert decisions.confidence.tolist() == [3 / 5, 1 / 5, 1 / 2, 3 / 4, 1 / 2]


def test_finishing_an_image_is_worth_more_than_beginning_one():
    policy = Majority(3)
    ballots = Ballots.of([0, 0, 1], [0, 1, 0], [1, 0, 1], n_items=3, n_workers=2)
    assert policy.follow(ballots, Nothing()).worth([0, 1, 2], 0).tolist() == [1, 1 / 2, 1 / 3]


def test_no_votes_make_no_majority():
    with pytest.raises(ValueError, match="at least one vote"):
        Majority(0)
