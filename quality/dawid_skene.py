"""Dawid and Skene's two-coin model over all votes at once: for labels when everything has been asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quality.arrays import NOT_SURE, UNKNOWN, YES, Ballots, FloatArray, Images, IntArray, SmallArray, tally
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Policy, Thresholds

ROUNDS = 20
# A worker without votes is right about a good and about a bad image this often out of this many.
RIGHT, OUT_OF = 3.0, 4.0


@dataclass(frozen=True, slots=True)
class Coins:
    """Attributes: yes_if (workers + 1, 2), chance of a yes on a bad and a good image; share, of good images.

    The last row speaks for workers unknown at the fit.
    """

    yes_if: FloatArray
    share: float

    def to_json(self) -> dict[str, Any]:
        """Give both as plain values."""
        return {"yes_if": self.yes_if.tolist(), "share": self.share}

    def speaks(self) -> FloatArray:
        """What a vote adds to the log-odds of good: (2 answers, workers + 1), by NO and YES."""
        return np.stack(
            [
                np.log((1 - self.yes_if[:, 1]) / (1 - self.yes_if[:, 0])),
                np.log(self.yes_if[:, 1] / self.yes_if[:, 0]),
            ]
        )


class DawidSkene(Policy[Coins]):
    """Expectation maximisation over truths and two error rates a worker (Dawid and Skene 1979), gold clamped.

    It takes votes for independent, which on photos they are not: its confidence is too high, and it must
    not be used to stop asking. It asks `cap` votes of every image and then believes what is likelier.
    """

    spec = "dawid-skene"
    uses_gold = True

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds

    def fit(self, ballots: Ballots) -> Coins:
        """Learn every worker's rates; linear in votes."""
        return fit(ballots)

    def read(self, document: dict[str, Any]) -> Coins:
        """Read the rates."""
        return Coins(np.array(document["yes_if"], np.float64), float(document["share"]))

    def evidence(
        self, model: Coins, images: Images, item: IntArray, worker: IntArray, answer: SmallArray
    ) -> FloatArray:
        """Add up log-odds and count answers: (images, 2)."""
        last = len(model.yes_if) - 1
        known = np.where((worker < 0) | (worker > last), last, worker)
        odds = np.round(model.speaks() * 2.0**20) / 2.0**20
        added = np.where(answer == NOT_SURE, 0.0, odds[(answer == YES).astype(np.intp), known])
        return np.stack(
            [np.bincount(item, added, len(images)), tally(item, answer, len(images)).sum(axis=1)], axis=1
        )

    def judge(self, model: Coins, images: Images, evidence: FloatArray) -> Decisions:
        """Believe what is likelier, once all is asked."""
        odds, asked = evidence.T
        good = 1 / (1 + np.exp(-odds - np.log(model.share / (1 - model.share))))
        left = np.maximum(self.thresholds.cap - asked, 0)
        verdict = np.select([left > 0, good > 0.5, good < 0.5], [OPEN, ACCEPT, REJECT], UNSURE)
        return Decisions.of(images, verdict, good, left)

    def worth(self, model: Coins, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """One settlement for the votes still wanted."""
        wanted = self.judge(model, images, evidence).wanted
        return np.where(wanted > 0, 1 / np.maximum(wanted, 1), 0.0)


def fit(ballots: Ballots, rounds: int = ROUNDS) -> Coins:
    """Learn every worker's two rates and the share of good images; four passes over the votes a round."""
    gold, n_items, rows = ballots.images.gold, ballots.n_items, ballots.n_workers + 1
    sure = ballots.answer != NOT_SURE
    item, yes = ballots.item[sure].astype(np.intp), ballots.answer[sure] == YES
    code = yes * rows + ballots.worker[sure] % rows
    votes = np.bincount(code, minlength=2 * rows).astype(np.float64)
    per_item = np.bincount(item, minlength=n_items)
    known, free = gold != UNKNOWN, (gold == UNKNOWN) & (per_item > 0)
    good = np.bincount(item, yes, n_items) / np.maximum(per_item, 1)
    coins = Coins(np.tile([1 - RIGHT / OUT_OF, RIGHT / OUT_OF], (rows, 1)), 0.5)
    for _ in range(rounds):
        good[known] = gold[known]
        on_good = np.bincount(code, good.take(item), 2 * rows)
        coins = _learn(votes, on_good.astype(np.float64), good[free])
        odds = np.bincount(item, coins.speaks().ravel().take(code), n_items)
        good = 1 / (1 + np.exp(-odds - np.log(coins.share / (1 - coins.share))))
    return coins


def _learn(votes: FloatArray, on_good: FloatArray, good: FloatArray) -> Coins:
    """Rates from (2 answers x workers) votes, and how many of them fell on good images."""
    good_votes, all_votes = on_good.reshape(2, -1), votes.reshape(2, -1)
    on = np.stack([all_votes - good_votes, good_votes], axis=2)
    prior = np.array([OUT_OF - RIGHT, RIGHT])
    return Coins((on[YES] + prior) / (on.sum(axis=0) + OUT_OF), float((good.sum() + 1) / (len(good) + 2)))
