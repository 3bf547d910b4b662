"""One policy over many synsets, each with limits of its own: they teach it together, and are judged apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quality.arrays import Ballots, FloatArray, Images, IntArray, SmallArray
from quality.policies import parse
from quality.votes import Decisions, Policy, Thresholds


class PerSynset(Policy[Any]):
    """A policy by name, with the thresholds of each synset, by synset number.

    Examples
    --------
    >>> strict, lax = Thresholds(accept=0.99), Thresholds(accept=0.6)
    >>> policy = PerSynset("dawid-skene", [strict, replace(lax, cap=3)])
    >>> policy.caps(Ballots.of([], [], [], n_items=2, n_workers=0, synset=[0, 1]).images).tolist()
    [15, 3]
    """

    def __init__(self, spec: str, limits: Sequence[Thresholds]) -> None:
        kinds = list(dict.fromkeys(limits)) or [Thresholds()]
        self._which = np.array([kinds.index(one) for one in limits], np.intp)
        self._judges = [parse(spec, one) for one in kinds]
        # What is learned must serve whoever asks most.
        self._learner = parse(spec, max(kinds, key=lambda one: one.cap))
        self.spec = self._learner.spec
        self.thresholds = self._learner.thresholds
        self.uses_gold, self.uses_seeds = self._learner.uses_gold, self._learner.uses_seeds

    def caps(self, images: Images) -> IntArray:
        """Most answers that each image may get: (n,)."""
        caps = np.array([judge.thresholds.cap for judge in self._judges], np.int32)
        return caps[self._which[images.synset]]

    def fit(self, ballots: Ballots) -> Any:
        """Learn from all synsets."""
        return self._learner.fit(ballots)

    def read(self, document: dict[str, Any]) -> Any:
        """Read the model."""
        return self._learner.read(document)

    def evidence(
        self, model: Any, images: Images, item: IntArray, worker: IntArray, answer: SmallArray
    ) -> FloatArray:
        """Add up votes, which knows of no limits."""
        return self._learner.evidence(model, images, item, worker, answer)

    def judge(self, model: Any, images: Images, evidence: FloatArray) -> Decisions:
        """Decide each image by its synset's limits."""
        verdict = np.empty(len(images), np.int8)
        confidence, wanted = np.empty(len(images)), np.empty(len(images), np.int32)
        for rows, judge in self._by_judge(images):
            said = judge.judge(model, images.take(rows), evidence[rows])
            verdict[rows], confidence[rows], wanted[rows] = said.verdict, said.confidence, said.wanted
        return Decisions(verdict, confidence, wanted)

    def worth(self, model: Any, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """Rank images for a worker, each by its synset's limits."""
        worth = np.empty(len(images))
        for rows, judge in self._by_judge(images):
            worth[rows] = judge.worth(model, images.take(rows), evidence[rows], worker)
        return worth

    def _by_judge(self, images: Images) -> list[tuple[IntArray, Policy[Any]]]:
        which = self._which[images.synset]
        return [(np.flatnonzero(which == n).astype(np.int32), judge) for n, judge in enumerate(self._judges)]
