"""Recorded votes played again under a policy, as if its crowd were asked today."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.arrays import (
    ANONYMOUS,
    NO,
    UNKNOWN,
    YES,
    Ballots,
    BoolArray,
    FloatArray,
    IntArray,
    SmallArray,
    tally,
)
from quality.pace import is_due, put_off
from quality.votes import ACCEPT, OPEN, UNSURE, Policy

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
    prior : (items,) float64, a machine's probability that the image is good, nan where there is none; None
        where there is no machine.
    """

    item: IntArray
    worker: IntArray
    answer: SmallArray
    truth: SmallArray
    n_workers: int
    prior: FloatArray | None = None

    @classmethod
    def of_counts(
        cls, yes: IntArray, no: IntArray, truth: SmallArray, prior: FloatArray | None = None
    ) -> Recording:
        """Make votes of nobody known from counts of yes and no."""
        item = np.repeat(np.arange(len(yes)), yes + no).astype(np.int32)
        first = np.cumsum(yes + no) - (yes + no)
        answer = np.where(np.arange(len(item)) - first[item] < yes[item], YES, NO).astype(np.int8)
        return cls(item, np.full(len(item), ANONYMOUS, np.int32), answer, truth, 0, prior)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy made of a recording; one row a scored image.

    Attributes
    ----------
    verdict : (n,) int8; images whose recorded votes ran out are UNSURE.
    confidence : (n,) float64, when the verdict fell.
    truth : (n,) int8.
    votes_per_item : answers bought an image, gold included.
    """

    verdict: SmallArray
    confidence: FloatArray
    truth: SmallArray
    votes_per_item: float

    @property
    def scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of the best guess: unsure images are put where they more likely belong."""
        return self._scores(np.where(self.verdict == UNSURE, self.confidence >= 0.5, self.verdict == ACCEPT))

    @property
    def accepted(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of what a run would release: the accepted images alone.

        Where there are none, the precision is nan.
        """
        precision, recall, f1 = self._scores(self.verdict == ACCEPT)
        return precision if (self.verdict == ACCEPT).any() else math.nan, recall, f1

    def _scores(self, said: BoolArray) -> tuple[float, float, float]:
        hits = float((said & (self.truth == 1)).sum())
        precision, recall = hits / max(said.sum(), 1), hits / max((self.truth == 1).sum(), 1)
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def replay(policy: Policy[Any], recording: Recording, gold: int, rng: np.random.Generator) -> Outcome:
    """Ask for recorded votes in random order until the policy is done with every image.

    Every round asks, for each open image, for the votes that are surely wanted. The policy learns anew and
    says its last word when it would in a run (`quality.pace`), and a verdict stands once it has fallen.

    `gold` images, drawn at random, are not scored. To a policy that uses gold their truth is known: each
    worker answers one of them, as far as recorded, with the first of every GOLD_EVERY other votes; they are
    paid for whether recorded or not. From any other policy they are only left out.
    """
    n_items = len(recording.truth)
    drawn = rng.permutation(n_items)
    is_gold, seed = np.zeros(n_items, np.bool_), np.zeros(n_items, np.bool_)
    is_gold[drawn[:gold]] = True
    seed[drawn[gold : gold + SEED_SAMPLE]] = policy.uses_seeds
    queue = _Queue(recording, is_gold, policy.uses_gold, rng)
    run = _Run(policy, recording, is_gold, seed)
    while True:
        fresh = queue.take(run.look())
        if not fresh.size and not run.starves():
            break
        run.taken = np.concatenate([run.taken, fresh])
    scored = ~is_gold
    bought = scored[recording.item[run.taken]].sum() * (1 + policy.uses_gold * bool(gold) / GOLD_EVERY)
    return Outcome(
        run.close()[scored],
        run.confidence[scored],
        recording.truth[scored],
        float(bought / max(scored.sum(), 1)),
    )


@dataclass
class _Run:
    """What a run knows and has decided, step by step as the label stage does it."""

    policy: Policy[Any]
    recording: Recording
    is_gold: BoolArray
    seed: BoolArray
    taken: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self.verdict = np.where(self.is_gold, self.recording.truth, OPEN).astype(np.int8)
        self.confidence = np.full(len(self.verdict), 0.5)
        self._model: Any = None
        self._learnt_from, self._starved = 0, True

    def look(self) -> IntArray:
        """Decide what can be decided; give the votes that each image wants."""
        ballots = self._ballots()
        fresh = self._starved or is_due(ballots.n_votes, self._learnt_from)
        if fresh:
            self._model = self.policy.fit(ballots)
            self._learnt_from, self._starved = ballots.n_votes, False
        self._decisions = self.policy.decide(ballots, self._model)
        waiting = self.verdict == OPEN
        # What is decided already wants nothing more, whatever a newer model makes of it.
        told = np.where(waiting, self._decisions.verdict, self.verdict).astype(np.int8)
        asked = tally(ballots.item, ballots.answer, ballots.n_items).sum(axis=1)
        decisions = put_off(
            replace(self._decisions, verdict=told),
            ballots.images,
            asked,
            self.policy.thresholds.cap,
            learnt=fresh,
        )
        self.verdict[waiting] = decisions.verdict[waiting]
        self.confidence[waiting] = decisions.confidence[waiting]
        return np.where(waiting, decisions.wanted, 0).astype(np.int32)

    def close(self) -> SmallArray:
        """Say the last word though images want votes that nobody recorded: those are UNSURE."""
        last = np.where(self.verdict == OPEN, self._decisions.verdict, self.verdict)
        return np.where(last == OPEN, UNSURE, last).astype(np.int8)

    def starves(self) -> bool:
        """Whether votes have come since the last learning: it is time to learn, as nothing else moves."""
        self._starved = len(self.taken) > self._learnt_from
        return self._starved

    def _ballots(self) -> Ballots:
        one, known = self.recording, self.is_gold & self.policy.uses_gold
        return Ballots.of(
            one.item[self.taken],
            one.worker[self.taken],
            one.answer[self.taken],
            n_items=len(one.truth),
            n_workers=one.n_workers,
            gold=np.where(known, one.truth, UNKNOWN),
            seed=self.seed,
            prior=one.prior,
        )


class _Queue:
    """Each image's recorded votes in random order, and each worker's on gold."""

    def __init__(
        self, recording: Recording, is_gold: BoolArray, use_gold: bool, rng: np.random.Generator
    ) -> None:
        order = rng.permutation(len(recording.item))
        by_item = order[np.argsort(recording.item[order], kind="stable")]
        n_items = len(recording.truth)
        self._worker, self._by_item = recording.worker, by_item
        self._next = np.searchsorted(recording.item[by_item], np.arange(n_items))
        self._end = np.searchsorted(recording.item[by_item], np.arange(n_items), side="right")
        self._gold = order[is_gold[recording.item[order]] & use_gold]
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
