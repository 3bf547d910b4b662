"""The plain policy: ask K workers about every image, and believe most of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quality.arrays import Ballots, FloatArray, Images, IntArray, SmallArray, tally
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Policy, Thresholds


@dataclass(frozen=True, slots=True)
class Nothing:
    """A majority learns nothing."""

    def to_json(self) -> dict[str, Any]:
        """Give an empty document."""
        return {}


class Majority(Policy[Nothing]):
    """Fixed redundancy: K votes an image whatever they say, a tie is unsure (Sheng, Provost, Ipeirotis 2008).

    The claimed confidence is the share of yes under a flat prior, (yes + 1) / (yes + no + 2): not calibrated.

    Examples
    --------
    >>> b = Ballots.of([0, 0, 0], [0, 1, 2], [1, 1, 0], n_items=2, n_workers=3)
    >>> d = Majority(3).decide(b, Nothing())
    >>> d.verdict.tolist(), d.confidence.tolist(), d.wanted.tolist()
    ([1, -1], [0.6, 0.5], [0, 3])
    """

    def __init__(self, votes: int) -> None:
        if votes < 1:
            raise ValueError(f"a majority needs at least one vote, not {votes}")
        self.votes = votes
        self.spec = f"majority:{votes}"
        self.thresholds = Thresholds(cap=votes, least=1)

    def fit(self, ballots: Ballots) -> Nothing:
        """Learn nothing."""
        return Nothing()

    def read(self, document: dict[str, Any]) -> Nothing:
        """Read nothing."""
        return Nothing()

    def evidence(
        self, model: Nothing, images: Images, item: IntArray, worker: IntArray, answer: SmallArray
    ) -> FloatArray:
        """Count answers: (images, 3)."""
        return tally(item, answer, len(images))

    def judge(self, model: Nothing, images: Images, evidence: FloatArray) -> Decisions:
        """Decide what has its K answers."""
        yes, no, asked = evidence[:, 0], evidence[:, 1], evidence.sum(axis=1)
        verdict = np.select([asked < self.votes, yes > no, no > yes], [OPEN, ACCEPT, REJECT], UNSURE)
        return Decisions.of(images, verdict, (yes + 1) / (yes + no + 2), np.maximum(self.votes - asked, 0))

    def worth(self, model: Nothing, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """One settlement for the votes still wanted: finish what is begun."""
        wanted = self.judge(model, images, evidence).wanted
        return np.where(wanted > 0, 1 / np.maximum(wanted, 1), 0.0)
