"""When a run learns anew and when it says its last word: one rule for the label stage and for replay."""

from __future__ import annotations

import numpy as np

from quality.arrays import UNKNOWN, FloatArray, Images, IntArray
from quality.votes import OPEN, Decisions

# A policy learns anew when votes have grown by this factor, so that all the learning costs linear time.
GROWTH = 1.2


def is_due(votes: int, learnt_from: int) -> bool:
    """Whether there are enough new votes to learn anew.

    Examples
    --------
    >>> is_due(1, 0), is_due(120, 100), is_due(121, 100)
    (True, False, True)
    """
    return votes >= GROWTH * learnt_from + 1


def put_off(
    decisions: Decisions, images: Images, asked: FloatArray, cap: IntArray | int, *, learnt: bool
) -> Decisions:
    """Let images rest on which a verdict would fall short of the cap: open, and wanting no votes.

    A verdict that falls as soon as some model makes it falls by the model that errs most. Votes on other
    images teach more, so the last word on a synset is said when none of its images needs a vote, by a policy
    that has just learnt from all of them.
    """
    resting = (decisions.verdict != OPEN) & (asked < cap) & (images.gold == UNKNOWN)
    if learnt:
        busy = np.bincount(images.synset, decisions.verdict == OPEN, images.n_synsets) > 0
        resting &= busy[images.synset]
    verdict = np.where(resting, OPEN, decisions.verdict).astype(np.int8)
    return Decisions(verdict, decisions.confidence, np.where(resting, 0, decisions.wanted).astype(np.int32))
