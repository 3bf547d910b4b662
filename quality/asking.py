"""When another vote pays: the value of what it may tell, where mistakes have a price.

The value of information: Lindley 1956; stopping where it no longer covers the cost: Wald 1947.
"""

from __future__ import annotations

from math import comb

import numpy as np

from quality.arrays import BoolArray, FloatArray
from quality.mixture import PULL, Belief, Mixture, sigmoid
from quality.votes import Thresholds

# What a mistake costs at the least, in votes, times the risk that a threshold allows: at the defaults 10, as
# many as ImageNet gave to each image of a first sample.
LEAST = 0.5
# A wrong image weighs more among few good ones: by bad images for each good one, from 1 up to this. Rarer
# ones are too few to tell how rare they are while it matters.
RAREST = 4.0
# Votes within which a synset shows what it can reach: where two err, two may still outvote them.
SOON = 4
# Votes ahead that are weighed against what they would settle.
AHEAD = (1, 2, 3, 4, 6, 8)
# An image is asked about once more where that settles it as often as this: left unsure, its votes are lost.
LIKELY = 0.9
# Most images go to workers better than the average: this many standard deviations.
BETTER = 0.4


def prices(model: Mixture, thresholds: Thresholds) -> FloatArray:
    """Give what losing a good image and keeping a wrong one cost, in votes: (synsets + 1, 2).

    One vote more on every image is a fair price for one mistake less where the crowd errs anyhow, in a
    share e of the images after SOON votes: 1 / e. So mistakes are dear where votes can avoid them, and
    where they cannot, no dearer than the thresholds make them.
    """
    share = np.clip(sigmoid(model.odds), 0.01, 0.99)
    rare = np.clip((1 - share) / share, 1, RAREST)
    seen = np.exp(model.pull) @ _outcomes(sigmoid(PULL), SOON)
    good, fooled = share[:, None] * seen[:, 1], model.fooled[:, None]
    bad = (1 - share)[:, None] * ((1 - fooled) * seen[:, 0] + fooled * seen[:, 1])
    anyhow = np.maximum(np.minimum(good, bad).sum(axis=1), 1e-9)
    allowed = max(min(thresholds.reject, 1 - thresholds.accept), 1e-9)
    full = np.stack([1 / anyhow, rare / anyhow], axis=1)
    return np.asarray(np.maximum(full, (LEAST * rare / allowed)[:, None]))


def pays(model: Mixture, belief: Belief, price: FloatArray, left: FloatArray) -> BoolArray:
    """Whether some affordable number of votes lowers the risk by more than it costs: (n,).

    Parameters
    ----------
    price : (n, 2), of losing the image if it is good, of keeping it if it is not.
    left : (n,), votes that may still be asked.
    """
    chance = usual_rates(model)
    lost, wrong = price.T
    now = np.minimum((1 - belief.good) * wrong, belief.good * lost)
    worth = np.zeros(len(now), np.bool_)
    for votes in AHEAD:
        looks = [belief.seen[:, side] @ _outcomes(chance[side], votes) for side in (0, 1)]
        if_good = looks[1] * belief.sound[:, None]
        if_bad = looks[0] + looks[1] - if_good
        then = np.minimum(if_bad * wrong[:, None], if_good * lost[:, None]).sum(axis=1)
        worth |= (votes <= left) & (now - then > votes)
    return worth


def usual_rates(model: Mixture) -> FloatArray:
    """Chance of a yes by those who are mostly asked: (2, NODES)."""
    return sigmoid(PULL + BETTER * model.range[:, None] * np.array([[-1], [1]]))


def _outcomes(chance: FloatArray, votes: int) -> FloatArray:
    """Binomial: (len(chance), votes + 1), the chance of each number of yeses."""
    yes = np.arange(votes + 1)
    ways = np.array([comb(votes, k) for k in yes])
    return np.asarray(ways * chance[:, None] ** yes * (1 - chance[:, None]) ** (votes - yes))
