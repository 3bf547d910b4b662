"""The default policy: a calibrated, worker-aware posterior that stops when votes no longer pay."""

from __future__ import annotations

from typing import Any

import numpy as np

from quality.arrays import Ballots, FloatArray, Images, IntArray, SmallArray, tally
from quality.asking import LIKELY, pays, prices, usual_rates
from quality.claims import claim, hold_to_gold
from quality.mixture import Mixture, add_up, believe, vote_logs, yes_rates
from quality.mixture_fit import fit
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Policy, Thresholds

# Answers before an image may be given up: the model is young while its images are.
GIVE_UP_AFTER = 3


class Weighted(Policy[Mixture]):
    """Ask while a vote is worth its price; believe workers by what they proved on gold and on each other.

    Confidence is P(good) under the mixture of `quality.mixture`: over-dispersed (votes on an image depend
    on each other), worker-aware, anchored on gold, pooled over synsets, with a machine's prior as far as it
    has proved itself.

    An image is asked about, to the cap, while another vote is worth more than it costs (`quality.asking`)
    or will probably settle it. Then it is accepted or rejected if its confidence has passed the threshold,
    and else left as unsure. A threshold also says what a mistake costs: the less risk it allows, the dearer.
    """

    spec = "weighted"
    uses_gold = True

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds

    def fit(self, ballots: Ballots) -> Mixture:
        """Learn the mixture, and how far its claims may be believed."""
        return hold_to_gold(fit(ballots), ballots)

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
        """Ask on where a vote pays; decide the others by thresholds."""
        limits, asked = self.thresholds, evidence[:, -1]
        belief = believe(model, images, evidence[:, :-1])
        good = claim(model, images, belief.good)
        verdict = np.select([good >= limits.accept, good <= limits.reject], [ACCEPT, REJECT], UNSURE)
        least = np.select([verdict == ACCEPT, verdict == REJECT], [limits.least, 1], GIVE_UP_AFTER)
        price = prices(model, limits)[model.row_of(images.synset)]
        asks = (asked < least) | pays(model, belief, price, limits.cap - asked)
        yes, good_and_yes = belief.next_yes(usual_rates(model))
        lacks_one = (good < limits.accept) & (claim(model, images, good_and_yes / yes) >= limits.accept)
        asks |= lacks_one & (yes > LIKELY)
        verdict = np.where(asks & (asked < limits.cap), OPEN, verdict)
        return Decisions.of(images, verdict, good, np.ones(len(images)))

    def worth(self, model: Mixture, images: Images, evidence: FloatArray, worker: int) -> FloatArray:
        """Give the share of the doubt about each image that this worker's vote is expected to settle.

        The information a vote brings about the truth (Lindley 1956), by the entropy there is.
        """
        belief = believe(model, images, evidence[:, :-1])
        row = model.row_of_worker(np.array([worker], np.int32))
        chance = yes_rates(model, row)[0]
        yes, good_and_yes = belief.next_yes(chance)
        good = belief.good
        after = yes * _entropy(good_and_yes / yes) + (1 - yes) * _entropy((good - good_and_yes) / (1 - yes))
        now = _entropy(good)
        is_open = self.judge(model, images, evidence).verdict == OPEN
        return np.where(is_open, np.clip(1 - after / np.maximum(now, 1e-12), 0, 1), 0.0)


def _entropy(p: FloatArray) -> FloatArray:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)
