"""What a voting policy is: from ballots to verdicts, for all images or for those with new votes alone.

A policy adds up *evidence* for each image, one row of numbers to which every vote adds its own, and
*judges* each row by itself. Adding is exact (counts, or logarithms rounded to a binary fraction), so the
images that new votes are on, judged by their own votes, come out the same to the last bit as when
everything is counted anew, in whatever order the votes came.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.arrays import UNKNOWN, Ballots, FloatArray, Images, IntArray, SmallArray

OPEN, REJECT, ACCEPT, UNSURE = -1, 0, 1, 2


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When to stop asking.

    Attributes
    ----------
    accept : confidence at or above which an image is accepted.
    reject : confidence at or below which it is rejected.
    cap : answers after which an image is left as unsure.
    least : answers before which no image is accepted, where a policy has no number of its own; one answer may
        reject, as a lost image costs less than a wrong one.
    seed_votes : answers that every image of the random seed sample gets, where a policy uses one.
    """

    accept: float = 0.95
    reject: float = 0.05
    cap: int = 15
    least: int = 2
    seed_votes: int = 10

    def __post_init__(self) -> None:
        if not 0 <= self.reject < self.accept <= 1:
            raise ValueError(f"need 0 <= reject < accept <= 1, not {self.reject} and {self.accept}")
        if not 1 <= self.least <= self.cap or self.seed_votes < 1:
            raise ValueError(
                f"need 1 <= least <= cap and a seed vote, not {self.least}, {self.cap}, {self.seed_votes}"
            )


@dataclass(frozen=True, slots=True)
class Decisions:
    """One row an image.

    Attributes
    ----------
    verdict : (n,) int8, ACCEPT, REJECT, OPEN (ask on) or UNSURE (asking on does not pay: the cap is reached,
        or no affordable number of votes would settle it).
    confidence : (n,) float64, the probability that the image is good.
    wanted : (n,) int32, answers without which no decision can fall, whatever they are: that many may be asked
        for at once and none is wasted. 0 where nothing is open, or where an open image must wait for others.
    """

    verdict: SmallArray
    confidence: FloatArray
    wanted: IntArray

    @classmethod
    def of(cls, images: Images, verdict: ArrayLike, confidence: ArrayLike, wanted: ArrayLike) -> Self:
        """Close what needs no votes because its truth is known, and want nothing of what is closed."""
        known = images.gold != UNKNOWN
        verdict = np.where(known, images.gold, verdict).astype(np.int8)
        return cls(
            verdict,
            np.where(known, images.gold, confidence).astype(np.float64),
            np.where(verdict == OPEN, wanted, 0).astype(np.int32),
        )


class Model(Protocol):
    """What a policy learned from ballots."""

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON values, from which the policy's `read` makes the same model."""


M = TypeVar("M", bound=Model)


class Policy(ABC, Generic[M]):
    """A way of turning votes into verdicts. Pure: the same ballots give the same model, to the last bit."""

    spec: str
    thresholds: Thresholds
    uses_gold = False
    uses_seeds = False

    @abstractmethod
    def fit(self, ballots: Ballots) -> M:
        """Learn from all votes so far; linear in votes."""

    @abstractmethod
    def read(self, document: dict[str, Any]) -> M:
        """Make a model again from its JSON."""

    @abstractmethod
    def evidence(
        self, model: M, images: Images, item: IntArray, worker: IntArray, answer: SmallArray
    ) -> FloatArray:
        """Add up votes: (images, width). No votes give zeros."""

    @abstractmethod
    def judge(self, model: M, images: Images, evidence: FloatArray) -> Decisions:
        """Decide each image by its own row of evidence."""

    @abstractmethod
    def worth(self, model: M, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """Give, for each image, the settlements to expect per vote if this worker is asked next."""

    def decide(self, ballots: Ballots, model: M) -> Decisions:
        """Derive every verdict from the raw votes."""
        return self.follow(ballots, model).decisions()

    def follow(self, ballots: Ballots, model: M) -> Standing[M]:
        """Add these votes up, to judge and rank the images they are on."""
        evidence = self.evidence(model, ballots.images, ballots.item, ballots.worker, ballots.answer)
        return Standing(self, model, ballots.images, evidence)


class Standing(Generic[M]):
    """Where the votes so far have led, under one model: each image by the votes on it alone."""

    def __init__(self, policy: Policy[M], model: M, images: Images, evidence: FloatArray) -> None:
        self._policy, self._model, self._images, self._evidence = policy, model, images, evidence

    def decisions(self, items: NDArray[np.integer] | None = None) -> Decisions:
        """Judge some images, or all."""
        images, evidence = self._rows(items)
        return self._policy.judge(self._model, images, evidence)

    def worth(self, items: NDArray[np.integer], worker: int) -> FloatArray:
        """Rank images for a worker: (n,) settlements to expect per vote, per cent when divided by its price.

        Images whose verdict stands are worth nothing. Lease the dearest first, and none that has as many
        pending votes as it wants.
        """
        images, evidence = self._rows(items)
        return self._policy.worth(self._model, images, evidence, worker)

    def _rows(self, items: NDArray[np.integer] | None) -> tuple[Images, FloatArray]:
        if items is None:
            return self._images, self._evidence
        return self._images.take(items), self._evidence[items]
