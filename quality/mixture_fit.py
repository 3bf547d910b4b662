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
# odds.
MEAN = np.array([-3.0, 2.0])
SPREAD = 1.0
SHARE = 0.4
RANGE = 1.0
# Weight of those, in images (in workers for the range). A rare appearance without a firm idea of how much its
# images differ takes in the odd ones of the common one.
FEW, SPREAD_FEW, SHARE_FEW = 5.0, 50.0, 40.0
# Gold is rare and true: it counts this often in what the appearances are.
GOLD_WEIGHT = 3.0
# Workers are judged anew by small strides, so that beliefs about images keep up: else a minority of liars
# can turn all.
STRIDE, FURTHEST, NARROWEST = 0.5, 6.0, 0.1
TRUST_RANGE = 0.5
# The grid of pulls cannot show less.
THINNEST = 0.75
# Before gold, no more of the bad images than this are expected to fool everybody.
MOST_FOOLING = 0.05
# How sure that expectation is: as if so many fooling images had been seen.
FOOLING_SEEN = 2.0
# In one synset of fifty any share may fool, whatever is expected; however hard the others prove, no more than
# the second is expected.
ANY_SHARE, HARDEST = 0.02, 0.95
# Share of workers expected to answer the opposite of what they see, and its weight in workers.
LIARS, LIARS_FEW = 0.02, 10.0


def fit(ballots: Ballots) -> Mixture:
    """Learn a mixture from all votes and what is expected of any crowd."""
    return learn(ballots, start(max(ballots.images.n_synsets, 1), ballots.n_workers), ROUNDS)


def learn(ballots: Ballots, model: Mixture, rounds: int) -> Mixture:
    """Learn from all votes, beginning with some model; deterministic, linear in votes.

    Every round believes of each image what the parameters say, then sets the parameters to what is
    believed. Synsets are shrunk to the pool of all synsets, and that to the constants above; workers to the
    average worker. The share of images that fool the crowd can be seen on gold only.
    """
    images = ballots.images
    # One order whatever the order of arrival: the same votes give the same bits, and an image's lie together.
    order = np.lexsort((ballots.answer, ballots.worker, ballots.item))
    said = ballots.pick(order[ballots.answer[order] != NOT_SURE])
    voted = np.bincount(said.item, minlength=ballots.n_items) > 0
    weight = np.where(images.gold == UNKNOWN, 1.0, GOLD_WEIGHT)
    for _ in range(rounds):
        row, table = vote_logs(model, said.worker, said.answer)
        belief = believe(model, images, add_up(said.item, row, table, ballots.n_items))
        learned = _images_step(model, ballots, belief, weight, voted)
        learned = _workers_step(learned, said, belief.seen * weight[:, None, None])
        settled = _moved(model, learned) < 0.002
        model = learned
        if settled:
            break
    return model


def start(n_synsets: int, n_workers: int) -> Mixture:
    """What is believed before any vote."""
    rows, odds = n_synsets + 1, np.log(SHARE / (1 - SHARE))
    model = Mixture(
        mean=np.tile(MEAN, (rows, 1)),
        spread=np.full((rows, 2), SPREAD),
        odds=np.full(rows, odds),
        fooled=np.zeros(rows),
        offset=np.zeros((n_workers + 1, 2)),
        doubt=np.full((n_workers + 1, 2), RANGE**2),
        range=np.full(2, RANGE),
        liar=np.where(np.arange(n_workers + 1) < n_workers, LIARS, 0.0),
        trust=0.0,
        slope=1.0,
    )
    return replace(model, fooled=_fooling_expected(model))


def _moved(before: Mixture, after: Mixture) -> float:
    pairs = [(before.mean, after.mean), (before.spread, after.spread), (before.odds, after.odds)]
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def _images_step(
    model: Mixture, ballots: Ballots, belief: Belief, weight: FloatArray, voted: BoolArray
) -> Mixture:
    mean, spread = _appearance(model, ballots, belief.seen * weight[:, None, None], voted)
    fooled = _fooled(model, ballots, belief, voted)
    odds, trust = _shares(replace(model, fooled=fooled), ballots, belief, voted)
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
    mean, spread = np.empty_like(model.mean), np.empty_like(model.spread)
    for looks in (0, 1):
        count, first, second = (_sum(model, ballots, voted, moment) for moment in moments[:, looks].T)
        pool = (first[-1] + FEW * MEAN[looks]) / (count[-1] + FEW)
        here = (first + FEW * pool) / (count + FEW)
        here[-1] = pool
        squares = second - 2 * here * first + here**2 * count
        wide = (squares[-1] + SPREAD_FEW * SPREAD**2) / (count[-1] + SPREAD_FEW)
        mean[:, looks] = here
        spread[:, looks] = np.sqrt((squares + SPREAD_FEW * wide) / (count + SPREAD_FEW))
        spread[-1, looks] = np.sqrt(wide)
    return mean, np.maximum(spread, THINNEST)


def _shares(model: Mixture, ballots: Ballots, belief: Belief, voted: BoolArray) -> tuple[FloatArray, float]:
    """One Newton step on each synset's log-odds, and on the machine's trust."""
    asked = voted & (ballots.images.gold == UNKNOWN)
    expected, machine = model.share(ballots.images), machine_odds(ballots.images)
    fooling = model.fooled[model.row_of(ballots.images.synset)]
    good = belief.looks[:, 1] * expected / (expected + (1 - expected) * fooling)
    wrong, width = good - expected, expected * (1 - expected)
    pool = sigmoid(model.odds[-1:])[0]
    target = np.full(len(model.odds), pool)
    target[-1] = SHARE
    now = sigmoid(model.odds)
    slope = _sum(model, ballots, asked, wrong) + SHARE_FEW * (target - now)
    curve = _sum(model, ballots, asked, width) + SHARE_FEW * now * (1 - now)
    proof = (wrong * machine)[asked].sum() - model.trust / TRUST_RANGE**2
    trust = model.trust + proof / ((width * machine**2)[asked].sum() + 1 / TRUST_RANGE**2)
    return model.odds + np.clip(slope / curve, -1, 1), float(np.clip(trust, 0, 2))


def _fooled(model: Mixture, ballots: Ballots, belief: Belief, voted: BoolArray) -> FloatArray:
    """Share of bad images that fool the crowd: (synsets + 1,), what gold shows shrunk to what is expected.

    A beta prior, so that it falls smoothly as gold clears the synset. How much harder all synsets together
    prove than expected raises or lowers what is expected of each. As far as gold says that a synset is not as
    expected at all, the flat prior holds.

    Where nearly all bad images fool the crowd, a small error in their share makes good ones of all that look
    good. So there, images believed to fool count too, if that gives more than gold.
    """
    gold, looks_good = ballots.images.gold, belief.looks[:, 1]
    bad, asked = voted & (gold == 0), voted & (gold == UNKNOWN)
    count = _sum(model, ballots, bad, np.ones(len(gold)))
    fooling = _sum(model, ballots, bad, looks_good)
    expected = _fooling_expected(model)
    shown = count * expected
    shown[-1] = 0
    harder = (fooling[-1] + FOOLING_SEEN) / (shown.sum() + FOOLING_SEEN)
    elsewhere = (fooling[-1] - fooling + FOOLING_SEEN) / (shown.sum() - shown + FOOLING_SEEN)
    prior, of_others = np.minimum(np.stack([harder * expected, elsewhere * expected]), HARDEST)
    usual = (fooling + FOOLING_SEEN) / (count + FOOLING_SEEN / prior)
    beyond = _beyond(fooling, count, of_others)
    usual[-1], beyond[-1] = prior[-1], 0
    believed = fooling + _sum(model, ballots, asked, looks_good - belief.good)
    among = count + _sum(model, ballots, asked, 1 - belief.good)
    flat = np.maximum((fooling + 1) / (count + 2), (believed + 1) / (among + 2))
    return np.asarray(usual + beyond * (flat - usual))


def _beyond(fooling: FloatArray, count: FloatArray, prior: FloatArray) -> FloatArray:
    """How far gold says that a synset is not as expected: (synsets + 1,), 0 without gold, to 1.

    The prior is a mixture of the expected and a flat one (Berger and Berliner 1986, Annals of Statistics 14);
    this is the flat one's posterior weight, as far as gold has raised it.
    """
    from scipy.special import betaln

    few, others = FOOLING_SEEN, FOOLING_SEEN / prior - FOOLING_SEEN
    usual = betaln(fooling + few, count - fooling + others) - betaln(few, others)
    flat = betaln(fooling + 1, count - fooling + 1)
    weight = sigmoid(np.log(ANY_SHARE / (1 - ANY_SHARE)) + np.clip(flat - usual, -500, 500))
    return np.asarray(np.maximum(weight - ANY_SHARE, 0) / (1 - ANY_SHARE))


def _fooling_expected(model: Mixture) -> FloatArray:
    """Share of fooling images to expect before gold: (synsets + 1,).

    Of a crowd that answers wrongly in a share w, 2 w of the answers are as good as tossed coins. An image
    fools everybody about as often as two or three such come together: seldom where the crowd is seldom
    wrong.
    """
    chance = np.exp(model.pull)
    wrong = (chance[:, 0] @ sigmoid(PULL) + chance[:, 1] @ sigmoid(-PULL)) / 2
    return np.asarray(np.minimum((2 * wrong) ** 2.5, MOST_FOOLING))


def _workers_step(model: Mixture, said: Ballots, seen: FloatArray) -> Mixture:
    """Judge who answers the opposite, then take a Newton step on each worker's two offsets.

    Offsets are shrunk to 0 by how widely workers range.
    """
    rows = len(model.offset)
    code = model.row_of_worker(said.worker) + np.where(said.answer == YES, rows, 0)
    both = add_up(code, said.item, seen.reshape(-1, 2 * NODES), 2 * rows).reshape(2, rows, 2, NODES)
    active = both.sum(axis=(0, 2, 3)) > 0
    active[-1] = False
    liar = _liars(model, both, active)
    turned = liar[:, None, None]
    votes, yes = both.sum(axis=0), (1 - turned) * both[1] + turned * both[0]
    certainty = 1 / np.sqrt(1 + np.pi * model.doubt / 8)[:, :, None]
    width = np.maximum(model.range, NARROWEST)
    chance = sigmoid(chance_of_yes(model.offset, model.doubt))
    slope = (certainty * (yes - votes * chance)).sum(axis=2) - model.offset / width**2
    curve = (certainty**2 * votes * chance * (1 - chance)).sum(axis=2) + 1 / width**2
    offset = np.clip(model.offset + np.clip(slope / curve, -STRIDE, STRIDE), -FURTHEST, FURTHEST)
    doubt = 1 / curve
    ranged = (offset**2 + doubt)[active].sum(axis=0) + FEW * RANGE**2
    range_ = np.sqrt(ranged / (active.sum() + FEW)) * active.any()
    common = _in_common(model, offset[active], range_)
    doubt[~active], offset[~active] = range_**2, common
    return replace(
        model, mean=model.mean + common, offset=offset - common, doubt=doubt, range=range_, liar=liar
    )


def _in_common(model: Mixture, offset: FloatArray, range_: FloatArray) -> FloatArray:
    """What all workers add alike is in the images: (2,), as much as makes both likeliest before votes.

    Votes cannot tell one from the other, so learning would take hundreds of rounds to get there (parameter
    expansion: Liu, Rubin and Wu 1998).
    """
    stiff, held = np.maximum(range_, NARROWEST) ** -2, FEW / SPREAD**2
    pulled = offset.sum(axis=0) * stiff + held * (MEAN - model.mean[-1])
    return np.asarray(pulled / (len(offset) * stiff + held)) if len(offset) else np.zeros(2)


def _liars(model: Mixture, both: FloatArray, active: BoolArray) -> FloatArray:
    """Probability that each worker answers the opposite: (workers + 1,), 0 for nobody known."""
    odds = chance_of_yes(model.offset, model.doubt)
    for_lie = ((both[0] - both[1]) * odds).sum(axis=(1, 2))
    share = (model.liar[active].sum() + LIARS_FEW * LIARS) / (active.sum() + LIARS_FEW)
    liar = sigmoid(np.clip(for_lie + np.log(share / (1 - share)), -30, 30))
    liar[~active] = share
    liar[-1] = 0
    return np.asarray(liar)
