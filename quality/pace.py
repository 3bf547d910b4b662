"""When a run learns anew and when it says its last word: one rule for the label stage and for replay."""

from __future__ import annotations

import numpy as np

from quality.arrays import FloatArray
from quality.votes import OPEN, UNSURE, Decisions

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


def put_off(decisions: Decisions, asked: FloatArray, cap: int) -> Decisions:
    """Let images rest that a policy gives up short of the cap: open, and wanting no votes.

    They are given up by what is known so far. Votes on other images teach more, so the last word is said
    when nothing else is open.
    """
    resting = (decisions.verdict == UNSURE) & (asked < cap)
    verdict = np.where(resting, OPEN, decisions.verdict).astype(np.int8)
    return Decisions(verdict, decisions.confidence, np.where(resting, 0, decisions.wanted).astype(np.int32))
