"""Over-dispersed votes: what good and bad images look like to a crowd, and what each worker adds.

An image has a truth (good or bad) and an appearance: good images look good, most bad ones look bad, but
some fool everybody (a look-alike does; a good image that few recognise is only far from its kind's mean).
What looks alike still differs from image to image: an image's pull v is normal around its appearance's
mean, and every worker who sees the image feels the same v. That makes votes on one image depend on each
other, as real votes do. A worker answers yes with probability sigmoid(v + offset), where the offset is the
worker's own for good-looking and for bad-looking images.

Latent classes with a random effect: Qu, Tan and Kutner 1996 (Biometrics 52). Two rates a worker: Dawid and
Skene 1979. The pull is integrated over a fixed grid, so the sums stay closed and exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from quality.arrays import NOT_SURE, YES, FloatArray, Images, IntArray, SmallArray

PULL = np.linspace(-6.0, 6.0, 13)
NODES = len(PULL)
# Logarithms are rounded to this fraction, so that adding them in any order gives the same bits.
GRAIN = 2.0**-20


@dataclass(frozen=True)
class Mixture:
    """Parameters; the last row of each serves synsets unseen at the fit, or unknown workers.

    Attributes
    ----------
    mean : (synsets + 1, 2), mean pull of images that look bad and good, in log-odds of a yes.
    spread : (synsets + 1, 2), its standard deviation within an appearance: the over-dispersion.
    odds : (synsets + 1,), log-odds that an image of the synset is good.
    fooled : (synsets + 1,), share of bad images that look good to everybody.
    offset : (workers + 1, 2), what a worker adds to the pull of bad-looking and good-looking images.
    doubt : (workers + 1, 2), variance of that offset.
    range : (2,), standard deviation of the offsets over all workers.
    liar : (workers + 1,), probability that a worker answers the opposite of what is seen.
    trust : how much of a machine's log-odds to believe; 0 until it has proved itself.
    slope : how much of its own log-likelihood ratios to claim, at most 1 (`quality.claims`).
    """

    mean: FloatArray
    spread: FloatArray
    odds: FloatArray
    fooled: FloatArray
    offset: FloatArray
    doubt: FloatArray
    range: FloatArray
    liar: FloatArray
    trust: float
    slope: float

    @cached_property
    def pull(self) -> FloatArray:
        """Log-probabilities of the grid: (synsets + 1, 2, NODES)."""
        distance = (PULL - self.mean[:, :, None]) / self.spread[:, :, None]
        log = -0.5 * distance**2
        normal: FloatArray = log - np.log(np.exp(log).sum(axis=2, keepdims=True))
        return normal

    def row_of(self, synset: IntArray) -> IntArray:
        """Which row speaks for a synset."""
        return np.minimum(synset, len(self.odds) - 1)

    def row_of_worker(self, worker: IntArray) -> IntArray:
        """Which row speaks for a worker: negative numbers are nobody known."""
        last = len(self.offset) - 1
        return np.where((worker < 0) | (worker > last), last, worker).astype(np.int32)

    def share(self, images: Images) -> FloatArray:
        """P(good) of each image before any vote: (n,)."""
        return sigmoid(self.odds[self.row_of(images.synset)] + self.trust * machine_odds(images))

    def to_json(self) -> dict[str, Any]:
        """Give all parameters as lists."""
        return {
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
            "odds": self.odds.tolist(),
            "fooled": self.fooled.tolist(),
            "offset": self.offset.tolist(),
            "doubt": self.doubt.tolist(),
            "range": self.range.tolist(),
            "liar": self.liar.tolist(),
            "trust": self.trust,
            "slope": self.slope,
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Read the parameters."""
        numbers = ("trust", "slope")
        arrays = {n: np.array(values, np.float64) for n, values in document.items() if n not in numbers}
        return cls(trust=float(document["trust"]), slope=float(document["slope"]), **arrays)


@dataclass(frozen=True, slots=True)
class Belief:
    """What the votes say of some images.

    Attributes
    ----------
    seen : (n, 2, NODES), probability of each appearance and pull; sums to 1 an image.
    sound : (n,), probability that an image is good if it looks good.
    """

    seen: FloatArray
    sound: FloatArray

    @property
    def looks(self) -> FloatArray:
        """Probability of looking bad and good: (n, 2)."""
        return np.asarray(self.seen.sum(axis=2))

    @property
    def good(self) -> FloatArray:
        """P(good): (n,)."""
        return np.asarray(self.looks[:, 1] * self.sound)

    def next_yes(self, chance: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give P(the next answer is yes), and P(it is, and the image is good): (n,) each.

        Asked is somebody whose chance of a yes on the grid is (2, NODES).
        """
        looks = (self.seen * chance).sum(axis=2)
        return looks.sum(axis=1), looks[:, 1] * self.sound


def sigmoid(x: FloatArray) -> FloatArray:
    """Turn log-odds into probability."""
    return np.asarray(1 / (1 + np.exp(-x)))


def log_odds(p: FloatArray) -> FloatArray:
    """Turn probability into log-odds; what is certain counts as one in a billion off."""
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(p / (1 - p)))


def grained(logs: FloatArray) -> FloatArray:
    """Logarithms rounded to GRAIN."""
    return np.asarray(np.round(logs / GRAIN) * GRAIN)


def machine_odds(images: Images) -> FloatArray:
    """Log-odds of the machine's prior; 0 where there is none."""
    given = np.clip(np.where(np.isnan(images.prior), 0.5, images.prior), 0.001, 0.999)
    return np.asarray(np.log(given / (1 - given)))


def chance_of_yes(offset: FloatArray, doubt: FloatArray) -> FloatArray:
    """Log-odds of a yes by workers on the grid: (workers, 2, NODES).

    A rate that is not known for certain pulls towards one half, by MacKay's 1992 approximation of the
    integral.
    """
    certainty = 1 / np.sqrt(1 + np.pi * doubt / 8)
    return np.asarray((PULL + offset[:, :, None]) * certainty[:, :, None])


def yes_rates(model: Mixture, worker: IntArray) -> FloatArray:
    """Chance of a yes by workers on the grid, who may answer the opposite: (workers, 2, NODES)."""
    honest = sigmoid(chance_of_yes(model.offset[worker], model.doubt[worker]))
    return np.asarray(honest + model.liar[worker][:, None, None] * (1 - 2 * honest))


def vote_logs(model: Mixture, worker: IntArray, answer: SmallArray) -> tuple[IntArray, FloatArray]:
    """Log-likelihoods of votes: a table (k, 2 NODES), and each vote's row in it."""
    known, at = np.unique(model.row_of_worker(worker), return_inverse=True)
    yes = yes_rates(model, known).reshape(len(known), 2 * NODES)
    nothing = np.zeros((1, 2 * NODES))
    table = np.concatenate([grained(np.log(1 - yes)), grained(np.log(yes)), nothing])
    row = np.where(answer == NOT_SURE, 2 * len(known), at + np.where(answer == YES, len(known), 0))
    return row.astype(np.int32), table


def add_up(item: IntArray, row: IntArray, table: FloatArray, n_items: int) -> FloatArray:
    """Sum each item's rows: (n_items, columns). Column by column, to hold no matrix of all votes."""
    columns = np.ascontiguousarray(table.T)
    row = row.astype(np.intp)
    return np.stack([np.bincount(item, column.take(row), n_items) for column in columns], axis=1)


def believe(model: Mixture, images: Images, logs: FloatArray) -> Belief:
    """Bayes over truth, appearance and pull, from each image's summed log-likelihoods (n, 2 NODES).

    The truth of gold images is taken as known.
    """
    row = model.row_of(images.synset)
    good = np.where(images.gold < 0, model.share(images), images.gold)
    fooling = (1 - good) * model.fooled[row]
    looks = np.stack([1 - good - fooling, good + fooling], axis=1)
    joint = logs.reshape(len(images), 2, NODES) + model.pull[row]
    joint -= joint.max(axis=(1, 2), keepdims=True)
    seen = np.exp(joint) * looks[:, :, None]
    return Belief(seen / seen.sum(axis=(1, 2), keepdims=True), good / np.maximum(looks[:, 1], 1e-300))
