"""What a worker's votes tell of the worker. Evidence for people to weigh: nothing here punishes anybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.arrays import NOT_SURE, UNKNOWN, YES, Ballots, BoolArray, FloatArray, tally
from quality.intervals import wilson


@dataclass(frozen=True, slots=True)
class Records:
    """One row a worker; counts are of answers other than not sure.

    Attributes
    ----------
    votes, yes : (workers,), answers, and how many of them were yes.
    gold_asked, gold_right : (workers,), answers on gold images, and how many were right.
    gold_low, gold_high : (workers,), 95 % interval of the share of right answers on gold: the worker's skill.
    compared : (workers,), answers on images that others answered too.
    agreed : (workers,), of those, how many to expect to agree with another worker drawn at random.
    by_chance : (workers,), how many would agree if the worker said yes as often, but without looking.
    """

    votes: FloatArray
    yes: FloatArray
    gold_asked: FloatArray
    gold_right: FloatArray
    gold_low: FloatArray
    gold_high: FloatArray
    compared: FloatArray
    agreed: FloatArray
    by_chance: FloatArray


def records(ballots: Ballots) -> Records:
    """Count every worker's answers; linear in votes.

    Examples
    --------
    >>> b = Ballots.of([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 1], n_items=2, n_workers=2, gold=[1, 0])
    >>> r = records(b)
    >>> r.gold_right.tolist(), r.agreed.tolist()
    ([2.0, 1.0], [1.0, 1.0])
    """
    said = ballots.pick((ballots.answer != NOT_SURE) & (ballots.worker >= 0))
    yes, gold = said.answer == YES, ballots.images.gold[said.item]
    on_gold = gold != UNKNOWN
    asked, right = _count(said, on_gold), _count(said, on_gold & (said.answer == gold))
    low, high = wilson(right, asked)
    counts = tally(said.item, said.answer, said.n_items)[said.item]
    others = counts[:, 0] + counts[:, 1] - 1
    met = others > 0
    others_yes = (counts[:, 0] - yes) / np.maximum(others, 1)
    votes, said_yes = _count(said, np.ones(said.n_votes)), _count(said, yes)
    own = (said_yes / np.maximum(votes, 1))[said.worker]
    return Records(
        votes=votes,
        yes=said_yes,
        gold_asked=asked,
        gold_right=right,
        gold_low=low,
        gold_high=high,
        compared=_count(said, met),
        agreed=_count(said, met * np.where(yes, others_yes, 1 - others_yes)),
        by_chance=_count(said, met * (own * others_yes + (1 - own) * (1 - others_yes))),
    )


def surely_below(record: Records, bound: float, after: int) -> BoolArray:
    """Who is beyond doubt right on less of gold than `bound`, after so many gold answers: (workers,)."""
    return share_below(record.gold_right, record.gold_asked, bound, after)[0]


def share_below(
    right: FloatArray, asked: FloatArray, bound: float, after: int
) -> tuple[BoolArray, FloatArray]:
    """Which shares are beyond doubt below `bound`, after so many; and what each is at most.

    Beyond doubt: the 95 % interval lies below. All shaped as the counts are.

    Examples
    --------
    >>> below, at_most = share_below(np.array([3.0, 6.0]), np.array([10.0, 10.0]), 0.7, 10)
    >>> below.tolist(), at_most.round(2).tolist()
    ([True, False], [0.6, 0.83])
    """
    _, at_most = wilson(right, asked)
    return np.asarray((asked >= after) & (at_most < bound)), at_most


def constant(record: Records, after: int, doubt: float = 0.001) -> BoolArray:
    """Who gave one answer only, with so many votes that luck is less likely than `doubt`: (workers,)."""
    share = record.yes.sum() / max(record.votes.sum(), 1)
    only_yes, only_no = record.yes == record.votes, record.yes == 0
    luck = np.where(only_yes, share, np.where(only_no, 1 - share, 1.0)) ** record.votes
    return np.asarray((record.votes >= after) & (luck < doubt))


def at_chance(record: Records, after: int, sigmas: float = 2.0) -> BoolArray:
    """Who agrees with others no more than somebody who does not look would: (workers,).

    After at least so many answers to compare, and only where looking would show: where full agreement is
    `sigmas` above chance.
    """
    chance = record.by_chance / np.maximum(record.compared, 1)
    wobble = sigmas * np.sqrt(record.compared * chance * (1 - chance))
    telling = record.compared - record.by_chance > 2 * wobble
    return np.asarray((record.compared >= after) & telling & (record.agreed < record.by_chance + wobble))


def too_fast(seconds: FloatArray, answers: FloatArray, floor: float) -> BoolArray:
    """Which assignments took less than `floor` seconds an answer: shapes of `seconds` and `answers`."""
    return np.asarray(seconds < floor * answers)


def _count(ballots: Ballots, values: FloatArray | BoolArray) -> FloatArray:
    return np.asarray(np.bincount(ballots.worker, values, ballots.n_workers), np.float64)
