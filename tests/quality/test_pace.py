"""The last word: an image rests while others of its synset still need votes."""

from __future__ import annotations

import numpy as np

from quality.arrays import Ballots
from quality.pace import put_off
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions


def _put_off(learnt: bool) -> Decisions:
    verdict = np.array([OPEN, REJECT, ACCEPT, REJECT, UNSURE, UNSURE, REJECT], np.int8)
    images = Ballots.of(
        [], [], [], n_items=7, n_workers=0, synset=[0, 0, 0, 1, 1, 0, 0], gold=[-1, -1, -1, -1, -1, -1, 0]
    ).images
    decisions = Decisions(verdict, np.full(7, 0.5), np.array([1, 0, 0, 0, 0, 0, 0], np.int32))
    asked = np.array([1, 1, 2, 1, 3, 9, 0])
    return put_off(decisions, images, asked, 9, learnt=learnt)


def test_a_synset_with_an_open_image_keeps_its_last_word():
    after = _put_off(learnt=True)
    assert after.verdict.tolist() == [OPEN, OPEN, OPEN, REJECT, UNSURE, UNSURE, REJECT]
    assert after.wanted.tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_a_policy_that_has_not_just_learnt_closes_only_what_is_capped_or_known():
    assert _put_off(learnt=False).verdict.tolist() == [OPEN, OPEN, OPEN, OPEN, OPEN, UNSURE, REJECT]
