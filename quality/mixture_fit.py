"""Learning the mixture from votes: expectation maximisation, anchored on gold, shrunk to pools."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quality.arrays import NOT_SURE, UNKNOWN, YES, Ballots, BoolArray, FloatArray
from quality.mixture import (
    NODES,
    PULL,
    Belief,
    Mixture,
    add_up,
    believe,
    chance_of_yes,
    machine_odds,
    sigmoid,
    vote_logs,
)

ROUNDS = 30
# Where learning starts, and what little evidence is pulled back to: 40 % are good; 5 % say yes to a
# middling bad image, 88 % to a middling good one, and one image in three is off by a factor of e in these
# odds; of images that look good 0.3 % are not, as ImageNet measured (Deng et al. 2009, figure 4).
MEAN = np.array([-3.0, 2.0])
SPREAD = 1.0
SHARE = 0.4
FOOLED = 0.003
RANGE = 1.0
# Weight of those, in images (in workers for the range).
FEW, SHARE_FEW, GOLD_FEW = 5.0, 20.0, 10.0
# Gold is rare and true: it counts this often in what the appearances are.
GOLD_WEIGHT = 3.0
# Workers are judged anew by small strides, so that beliefs about images keep up: else a minority of liars
# can turn all.
STRIDE, FURTHEST, NARROWEST = 0.5, 6.0, 0.1
TRUST_RANGE = 0.5
# Shares of wrong answers at which a synset is easy, and hard.
SELDOM_WRONG, OFTEN_WRONG = 0.08, 0.16


def fit(ballots: Ballots) -> Mixture:
    """Learn a mixture from all votes; deterministic, linear in votes.

    Every round believes of each image what the parameters say, then sets the parameters to what is
    believed. Synsets are shrunk to the pool of all synsets, and that to the constants above; workers to the
    average worker. The share of images that fool the crowd can be seen on gold only.
    """
    images, n_synsets = ballots.images, max(ballots.images.n_synsets, 1)
    # One order whatever the order of arrival: the same votes give the same bits, and an image's lie together.
    order = np.lexsort((ballots.answer, ballots.worker, ballots.item))
    said = ballots.pick(order[ballots.answer[order] != NOT_SURE])
    voted = np.bincount(said.item, minlength=ballots.n_items) > 0
    weight = np.where(images.gold == UNKNOWN, 1.0, GOLD_WEIGHT)
    model = start(n_synsets, ballots.n_workers)
    for _ in range(ROUNDS):
        row, table = vote_logs(model, said.worker, said.answer)
        belief = believe(model, images, add_up(said.item, row, table, ballots.n_items))
        learned = _images_step(model, ballots, belief, weight, voted)
        learned = _workers_step(learned, said, belief.seen * weight[:, None, None])
        settled = _moved(model, learned) < 0.002
        model = learned
        if settled:
            break
    return replace(model, fooled=_fooled(model, ballots, belief, voted, _unseen(model)))


def start(n_synsets: int, n_workers: int) -> Mixture:
    """What is believed before any vote."""
    rows, odds = n_synsets + 1, np.log(SHARE / (1 - SHARE))
    return Mixture(
        mean=np.tile(MEAN, (rows, 1)),
        spread=np.full(rows, SPREAD),
        odds=np.full(rows, odds),
        fooled=np.full((rows, 2), FOOLED),
        offset=np.zeros((n_workers + 1, 2)),
        doubt=np.full((n_workers + 1, 2), RANGE**2),
        range=np.full(2, RANGE),
        trust=0.0,
    )


def _moved(before: Mixture, after: Mixture) -> float:
    pairs = [(before.mean, after.mean), (before.spread, after.spread), (before.odds, after.odds)]
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def _images_step(
    model: Mixture, ballots: Ballots, belief: Belief, weight: FloatArray, voted: BoolArray
) -> Mixture:
    mean, spread = _appearance(model, ballots, belief.seen * weight[:, None, None], voted)
    odds, trust = _shares(model, ballots, belief, voted)
    fooled = _fooled(model, ballots, belief, voted, np.zeros((len(mean), 1)))
    return replace(model, mean=mean, spread=spread, odds=odds, trust=trust, fooled=fooled)


def _sum(model: Mixture, ballots: Ballots, which: BoolArray, values: FloatArray) -> FloatArray:
    """Sum by synset, and over all in the last row."""
    rows = len(model.odds)
    each = np.bincount(ballots.images.synset[which], values[which], rows)
    each[-1] = values[which].sum()
    return np.asarray(each, np.float64)


def _appearance(
    model: Mixture, ballots: Ballots, weighted: FloatArray, voted: BoolArray
) -> tuple[FloatArray, FloatArray]:
    moments = weighted @ np.stack([PULL**0, PULL, PULL**2], axis=1)
    mean, squares, images = np.empty_like(model.mean), np.zeros(len(model.odds)), np.zeros(len(model.odds))
    for looks in (0, 1):
        count, first, second = (_sum(model, ballots, voted, moment) for moment in moments[:, looks].T)
        pool = (first[-1] + FEW * MEAN[looks]) / (count[-1] + FEW)
        here = (first + FEW * pool) / (count + FEW)
        here[-1] = pool
        mean[:, looks] = here
        squares += second - 2 * here * first + here**2 * count + FEW * (here - MEAN[looks]) ** 2
        images += count
    spread = np.sqrt((squares + 2 * FEW * SPREAD**2) / (images + 2 * FEW))
    return mean, spread


def _shares(model: Mixture, ballots: Ballots, belief: Belief, voted: BoolArray) -> tuple[FloatArray, float]:
    """One Newton step on each synset's log-odds, and on the machine's trust."""
    asked = voted & (ballots.images.gold == UNKNOWN)
    expected, machine = model.share(ballots.images), machine_odds(ballots.images)
    wrong, width = belief.good - expected, expected * (1 - expected)
    pool = sigmoid(model.odds[-1:])[0]
    target = np.full(len(model.odds), pool)
    target[-1] = SHARE
    now = sigmoid(model.odds)
    slope = _sum(model, ballots, asked, wrong) + SHARE_FEW * (target - now)
    curve = _sum(model, ballots, asked, width) + SHARE_FEW * now * (1 - now)
    proof = (wrong * machine)[asked].sum() - model.trust / TRUST_RANGE**2
    trust = model.trust + proof / ((width * machine**2)[asked].sum() + 1 / TRUST_RANGE**2)
    return model.odds + np.clip(slope / curve, -1, 1), float(np.clip(trust, 0, 2))


def _fooled(
    model: Mixture, ballots: Ballots, belief: Belief, voted: BoolArray, more: FloatArray
) -> FloatArray:
    """Share of gold that fools the crowd, as if `more` images, (synsets + 1, 1), had done so too."""
    gold, looks, good = ballots.images.gold, belief.looks, sigmoid(model.odds)
    fooled = np.empty_like(model.fooled)
    for truth in (0, 1):
        known = voted & (gold == truth)
        count = _sum(model, ballots, known, np.ones(len(gold)))
        wrong = _sum(model, ballots, known, looks[:, 1 - truth])
        against = good / (1 - good) if truth == 0 else (1 - good) / good
        prior = np.minimum(FOOLED * against, 0.5)
        pool = (wrong[-1] + more[-1, 0] + GOLD_FEW * prior[-1]) / (count[-1] + GOLD_FEW)
        fooled[:, truth] = np.minimum((wrong + GOLD_FEW * pool) / (count + GOLD_FEW), 0.5)
        fooled[-1, truth] = pool
    return fooled


def _unseen(model: Mixture) -> FloatArray:
    """Images that fool the crowd to expect beyond those that gold shows: (synsets + 1, 1), 0 to 1.

    One (Laplace's rule of succession) where the crowd's answers are often wrong, none where they seldom
    are: a hard synset claims little until gold has cleared it, and an easy one is believed.
    """
    chance = np.exp(model.pull)
    wrong = (chance[:, 0] @ sigmoid(PULL) + chance[:, 1] @ sigmoid(-PULL)) / 2
    return np.clip((wrong - SELDOM_WRONG) / (OFTEN_WRONG - SELDOM_WRONG), 0, 1)[:, None]


def _workers_step(model: Mixture, said: Ballots, seen: FloatArray) -> Mixture:
    """Take a Newton step on each worker's two offsets, shrunk to 0 by how widely workers range."""
    rows = len(model.offset)
    code = model.row_of_worker(said.worker) + np.where(said.answer == YES, rows, 0)
    both = add_up(code, said.item, seen.reshape(-1, 2 * NODES), 2 * rows).reshape(2, rows, 2, NODES)
    votes, yes = both.sum(axis=0), both[1]
    certainty = 1 / np.sqrt(1 + np.pi * model.doubt / 8)[:, :, None]
    width = np.maximum(model.range, NARROWEST)
    chance = sigmoid(chance_of_yes(model.offset, model.doubt))
    slope = (certainty * (yes - votes * chance)).sum(axis=2) - model.offset / width**2
    curve = (certainty**2 * votes * chance * (1 - chance)).sum(axis=2) + 1 / width**2
    offset = np.clip(model.offset + np.clip(slope / curve, -STRIDE, STRIDE), -FURTHEST, FURTHEST)
    doubt = 1 / curve
    active = votes.sum(axis=(1, 2)) > 0
    active[-1] = False
    ranged = (offset**2 + doubt)[active].sum(axis=0) + FEW * RANGE**2
    range_ = np.sqrt(ranged / (active.sum() + FEW)) * active.any()
    doubt[~active], offset[~active] = range_**2, 0
    return replace(model, offset=offset, doubt=doubt, range=range_)
