"""How far a mixture's claims may be believed: what it says of gold images whose truth it is not told.

A model that learns from the very votes it judges believes itself too much: workers' rates explain away the
images that fooled them. Gold shows by how much. A part of it at a time is hidden, the model learns on
without it, and says of the hidden images what it would say of any other. Logistic regression of their
truth on the log-likelihood ratios claimed for them, from the odds that gold is good, gives the slope: 1
where claims are as good as they say, less where they say too much (Cox 1958; on hidden data as in Platt
1999).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quality.arrays import NOT_SURE, UNKNOWN, Ballots, FloatArray, Images
from quality.mixture import Mixture, add_up, believe, log_odds, sigmoid, vote_logs
from quality.mixture_fit import learn

# Parts that gold is hidden in, and rounds of learning after which a hidden part is forgotten.
PARTS, FORGETTING = 4, 5
# Standard deviation of slopes before gold: few models checked on new data are off by more than twice that.
SLOPE_RANGE = 0.15


def hold_to_gold(model: Mixture, ballots: Ballots) -> Mixture:
    """Give the model the slope that its claims deserve; takes about as long as the learning did."""
    ratio, truth = _of_hidden_gold(model, ballots)
    return replace(model, slope=slope(ratio, truth))


def claim(model: Mixture, images: Images, good: FloatArray) -> FloatArray:
    """Turn what is believed into what may be claimed: (n,).

    Beliefs that an image is good lose as much of their log-likelihood ratio as the slope says, though none
    turns into the opposite. Gold is known.
    """
    before = log_odds(model.share(images))
    less = sigmoid(before + model.slope * (log_odds(good) - before))
    doubted = (good > 0.5) & (images.gold == UNKNOWN)
    return np.where(doubted, np.clip(less, 0.5, good), good)


def slope(ratio: FloatArray, truth: FloatArray) -> float:
    """Give the slope of truth on claimed log-likelihood ratios (n,): below the likeliest, or below 1, as no
    crowd is worth more than its votes, by the part of a standard error that gold accounts for.

    Before gold the slope is 1: then the limits themselves are stricter (`quality.gold.cautious`).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ratio = rng.normal(0, 3, 4000)
    >>> truth = rng.random(4000) < sigmoid(0.6 * ratio)
    >>> round(slope(ratio, truth), 1), slope(ratio[:0], truth[:0])
    (0.6, 1.0)
    """
    share = (truth.sum() + 0.5) / (len(truth) + 1)
    before, line, curve = float(np.log(share / (1 - share))), 1.0, SLOPE_RANGE**-2
    for _ in range(20):
        chance = sigmoid(before + line * ratio)
        curve = float((ratio**2 * chance * (1 - chance)).sum()) + SLOPE_RANGE**-2
        step = (float((ratio * (truth - chance)).sum()) - (line - 1) / SLOPE_RANGE**2) / curve
        line += min(max(step, -0.5), 0.5)
    shown = 1 - SLOPE_RANGE**-2 / curve
    return max(min(line, 1.0) - shown * float(np.sqrt(1 / curve)), 0.0)


def _of_hidden_gold(model: Mixture, ballots: Ballots) -> tuple[FloatArray, FloatArray]:
    """Log-likelihood ratios claimed for gold images with votes while they are hidden, and their truth."""
    gold = ballots.images.gold
    voted = np.bincount(ballots.item[ballots.answer != NOT_SURE], minlength=ballots.n_items) > 0
    known = np.flatnonzero((gold != UNKNOWN) & voted)
    # Good and bad ones are spread over the parts evenly.
    known = known[np.argsort(gold[known], kind="stable")]
    ratio = np.zeros(len(known))
    for part in range(min(PARTS, len(known))):
        ratio[part::PARTS] = _ratios(model, ballots, known[part::PARTS])
    return ratio, gold[known].astype(np.float64)


def _ratios(model: Mixture, ballots: Ballots, hidden: NDArray[np.intp]) -> FloatArray:
    gold = ballots.images.gold.copy()
    gold[hidden] = UNKNOWN
    unaware = replace(ballots, images=replace(ballots.images, gold=gold))
    forgetful = learn(unaware, model, FORGETTING)
    images, on_them = unaware.images.take(hidden), unaware.pick(np.isin(unaware.item, hidden))
    row, table = vote_logs(forgetful, on_them.worker, on_them.answer)
    logs = add_up(on_them.item, row, table, unaware.n_items)[hidden]
    return log_odds(believe(forgetful, images, logs).good) - log_odds(forgetful.share(images))
