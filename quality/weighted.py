"""The default policy: a calibrated, worker-aware posterior that stops when votes no longer pay."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

from quality.arrays import Ballots, BoolArray, FloatArray, Images, IntArray, SmallArray, tally
from quality.mixture import (
    PULL,
    Belief,
    Mixture,
    add_up,
    believe,
    chance_of_yes,
    sigmoid,
    vote_logs,
)
from quality.mixture_fit import fit
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Policy, Thresholds

# The risk left at a threshold, in votes: a vote cannot take away more than about half of it, so it no
# longer pays.
RISK_AT_THRESHOLD = 2.0
# Votes ahead that are weighed against what they would settle.
AHEAD = (1, 2, 3, 4, 6, 8)
# Answers before an image may be given up: the model is young while its images are.
GIVE_UP_AFTER = 3
# Routing sends better workers than the average to what is hard: this many standard deviations better.
BETTER = 0.4


class Weighted(Policy[Mixture]):
    """Ask while a vote is worth its price; believe workers by what they proved on gold and on each other.

    Confidence is P(good) under the mixture of `quality.mixture`: over-dispersed (votes on an image depend
    on each other), worker-aware, anchored on gold, pooled over synsets, with a machine's prior as far as it
    has proved itself.

    A threshold says what a mistake costs: with acceptance at 0.99 an image in a hundred may be wrong, so
    one mistake is worth a hundred times what is left to pay at the threshold. An image is accepted or
    rejected at its threshold. It is left as unsure when no number of further votes would lower its risk by
    more than they cost (Wald 1947; the value of information, Lindley 1956), or at the cap.
    """

    spec = "weighted"
    uses_gold = True

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds

    def fit(self, ballots: Ballots) -> Mixture:
        """Learn the mixture."""
        return fit(ballots)

    def read(self, document: dict[str, Any]) -> Mixture:
        """Read a mixture."""
        return Mixture.read(document)

    def evidence(
        self, model: Mixture, images: Images, item: IntArray, worker: IntArray, answer: SmallArray
    ) -> FloatArray:
        """Sum log-likelihoods and count answers: (images, 2 NODES + 1)."""
        row, table = vote_logs(model, worker, answer)
        logs = add_up(item, row, table, len(images))
        return np.concatenate([logs, tally(item, answer, len(images)).sum(axis=1, keepdims=True)], axis=1)

    def judge(self, model: Mixture, images: Images, evidence: FloatArray) -> Decisions:
        """Decide by thresholds, then by what further votes are worth."""
        asked = evidence[:, -1]
        belief = believe(model, images, evidence[:, :-1])
        good = belief.good
        accepted, rejected = self._crossed(good, asked)
        over = (asked >= self.thresholds.cap) | (
            (asked >= GIVE_UP_AFTER) & ~self._pays(model, belief, self.thresholds.cap - asked)
        )
        verdict = np.select([accepted, rejected, over], [ACCEPT, REJECT, UNSURE], OPEN)
        return Decisions.of(images, verdict, good, np.ones(len(images)))

    def worth(self, model: Mixture, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """Give the share of the doubt about each image that this worker's vote is expected to settle.

        The information a vote brings about the truth (Lindley 1956), by the entropy there is.
        """
        belief = believe(model, images, evidence[:, :-1])
        row = model.row_of_worker(np.array([worker], np.int32))
        chance = sigmoid(chance_of_yes(model.offset[row], model.doubt[row]))[0]
        looks_yes = (belief.seen * chance).sum(axis=2)
        yes = looks_yes.sum(axis=1)
        good_and_yes = (looks_yes * belief.good_if).sum(axis=1)
        good = belief.good
        after = yes * _entropy(good_and_yes / yes) + (1 - yes) * _entropy((good - good_and_yes) / (1 - yes))
        now = _entropy(good)
        is_open = self.judge(model, images, evidence).verdict == OPEN
        return np.where(is_open, np.clip(1 - after / np.maximum(now, 1e-12), 0, 1), 0.0)

    def _crossed(self, good: FloatArray, asked: FloatArray) -> tuple[BoolArray, BoolArray]:
        accepted = (good >= self.thresholds.accept) & (asked >= self.thresholds.least)
        return accepted, (good <= self.thresholds.reject) & (asked >= 1)

    def _pays(self, model: Mixture, belief: Belief, left: FloatArray) -> BoolArray:
        """Whether some affordable number of votes lowers the risk by more than it costs."""
        accept = RISK_AT_THRESHOLD / max(1 - self.thresholds.accept, 1e-9)
        reject = RISK_AT_THRESHOLD / max(self.thresholds.reject, 1e-9)
        better = BETTER * model.range * np.array([-1, 1])
        chance = sigmoid(PULL + better[:, None])
        good = belief.good
        now = np.minimum((1 - good) * accept, good * reject)
        pays = np.zeros(len(good), np.bool_)
        for votes in AHEAD:
            yes = np.arange(votes + 1)
            ways = np.array([comb(votes, k) for k in yes])
            outcome = ways * chance[:, :, None] ** yes * (1 - chance[:, :, None]) ** (votes - yes)
            looks = np.stack([belief.seen[:, s] @ outcome[s] for s in (0, 1)], axis=1)
            if_good = np.einsum("nso,ns->no", looks, belief.good_if)
            then = np.minimum((looks.sum(axis=1) - if_good) * accept, if_good * reject).sum(axis=1)
            pays |= (votes <= left) & (now - then > votes)
        return pays


def _entropy(p: FloatArray) -> FloatArray:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)
