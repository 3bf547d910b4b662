"""Recorded votes played again under a policy, as if its crowd were asked today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.arrays import ANONYMOUS, NO, UNKNOWN, YES, Ballots, BoolArray, FloatArray, IntArray, SmallArray
from quality.votes import OPEN, UNSURE, Policy

# One gold image for every seven others, as 42 + 3 + 3 in a HIT.
GOLD_EVERY = 7
SEED_SAMPLE = 60


@dataclass(frozen=True, slots=True)
class Recording:
    """Votes that were once given, and what is true.

    Attributes
    ----------
    item, worker : (votes,) int32.
    answer : (votes,) int8.
    truth : (items,) int8, 1 or 0.
    n_workers : worker numbers run from 0 to this, exclusive.
    """

    item: IntArray
    worker: IntArray
    answer: SmallArray
    truth: SmallArray
    n_workers: int

    @classmethod
    def of_counts(cls, yes: IntArray, no: IntArray, truth: SmallArray) -> Recording:
        """Make votes of nobody known from counts of yes and no."""
        item = np.repeat(np.arange(len(yes)), yes + no).astype(np.int32)
        first = np.cumsum(yes + no) - (yes + no)
        answer = np.where(np.arange(len(item)) - first[item] < yes[item], YES, NO).astype(np.int8)
        return cls(item, np.full(len(item), ANONYMOUS, np.int32), answer, truth, 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy made of a recording; one row a scored image.

    Attributes
    ----------
    verdict : (n,) int8; images whose recorded votes ran out are UNSURE.
    confidence : (n,) float64.
    truth : (n,) int8.
    votes_per_item : answers bought an image, gold included.
    """

    verdict: SmallArray
    confidence: FloatArray
    truth: SmallArray
    votes_per_item: float

    @property
    def scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1, with unsure images put where they more likely belong."""
        said = np.where(self.verdict == UNSURE, self.confidence >= 0.5, self.verdict == YES)
        hits = float((said & (self.truth == 1)).sum())
        precision, recall = hits / max(said.sum(), 1), hits / max((self.truth == 1).sum(), 1)
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def replay(policy: Policy[Any], recording: Recording, gold: int, rng: np.random.Generator) -> Outcome:
    """Ask for recorded votes in random order until the policy is done with every image.

    Every round learns from all votes so far and asks, for each open image, for the votes that are surely
    wanted. `gold` images, drawn at random, are known to the policy and are not scored: each worker answers
    one of them, as far as recorded, with the first of every GOLD_EVERY other votes; they are paid for
    whether recorded or not.
    """
    n_items = len(recording.truth)
    drawn = rng.permutation(n_items)
    is_gold, seed = np.zeros(n_items, np.bool_), np.zeros(n_items, np.bool_)
    is_gold[drawn[:gold]] = True
    seed[drawn[gold : gold + SEED_SAMPLE]] = policy.uses_seeds
    queue = _Queue(recording, is_gold, rng)
    taken = np.zeros(0, np.int64)
    while True:
        ballots = Ballots.of(
            recording.item[taken],
            recording.worker[taken],
            recording.answer[taken],
            n_items=n_items,
            n_workers=recording.n_workers,
            gold=np.where(is_gold, recording.truth, UNKNOWN),
            seed=seed,
        )
        decisions = policy.decide(ballots, policy.fit(ballots))
        fresh = queue.take(np.where(is_gold, 0, decisions.wanted))
        if not fresh.size:
            break
        taken = np.concatenate([taken, fresh])
    verdict = np.where(decisions.verdict == OPEN, UNSURE, decisions.verdict)[~is_gold].astype(np.int8)
    bought = (~is_gold[recording.item[taken]]).sum() * (1 + (1 / GOLD_EVERY if gold else 0))
    return Outcome(
        verdict, decisions.confidence[~is_gold], recording.truth[~is_gold], bought / max((~is_gold).sum(), 1)
    )


class _Queue:
    """Each image's recorded votes in random order, and each worker's on gold."""

    def __init__(self, recording: Recording, is_gold: BoolArray, rng: np.random.Generator) -> None:
        order = rng.permutation(len(recording.item))
        by_item = order[np.argsort(recording.item[order], kind="stable")]
        n_items = len(recording.truth)
        self._worker, self._by_item = recording.worker, by_item
        self._next = np.searchsorted(recording.item[by_item], np.arange(n_items))
        self._end = np.searchsorted(recording.item[by_item], np.arange(n_items), side="right")
        self._gold = order[is_gold[recording.item[order]]]
        self._asked = np.zeros(recording.n_workers + 1, np.int64)
        self._shown = np.zeros(recording.n_workers + 1, np.int64)

    def take(self, wanted: IntArray) -> NDArray[np.int64]:
        """Give the next votes of images that want some, and the gold votes that come along with them."""
        number = np.minimum(wanted, self._end - self._next)
        step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        fresh = self._by_item[np.repeat(self._next, number) + step]
        self._next += number
        return np.concatenate([fresh, self._gold_votes(self._worker[fresh])])

    def _gold_votes(self, workers: IntArray) -> NDArray[np.int64]:
        rows = len(self._asked)
        self._asked += np.bincount(workers % rows, minlength=rows)
        due = -(-self._asked // GOLD_EVERY) - self._shown
        worker = self._worker[self._gold] % rows
        turn = np.argsort(worker, kind="stable")
        place = np.empty(len(worker), np.int64)
        place[turn] = np.arange(len(worker)) - np.searchsorted(worker[turn], worker[turn])
        now = place < due[worker]
        now &= np.cumsum(now) <= self._asked.sum() // GOLD_EVERY - self._shown.sum()
        chosen = self._gold[now]
        self._shown += np.bincount(self._worker[chosen] % rows, minlength=rows)
        self._gold = self._gold[~now]
        return chosen
