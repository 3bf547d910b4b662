"""The mixture: believed by hand on a small case, learned back from votes that it made itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quality.arrays import ANONYMOUS, Ballots
from quality.mixture import NODES, PULL, Mixture, add_up, believe, sigmoid, vote_logs
from quality.mixture_fit import fit, learn, start


def _crowd(
    seed: int = 0,
    n_items: int = 600,
    n_workers: int = 40,
    each: int = 8,
    gold: int = 60,
    wide: float = 1.0,
    share: float = 0.4,
    lenient: float = 0.0,
) -> tuple[Ballots, np.ndarray, np.ndarray]:
    """Votes as the mixture has them: pulls of -3 and 2 with spread 1, workers off by `wide` either way."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n_items) < share).astype(int)
    pull = np.where(truth == 1, 2.0, -3.0) + rng.normal(size=n_items)
    offset = rng.normal(lenient, wide, (n_workers, 2))
    item = np.repeat(np.arange(n_items), each)
    worker = np.concatenate([rng.choice(n_workers, each, replace=False) for _ in range(n_items)])
    yes = rng.random(len(item)) < sigmoid(pull[item] + offset[worker, truth[item]])
    known = np.where(np.arange(n_items) < gold, truth, -1)
    ballots = Ballots.of(item, worker, yes.astype(int), n_items=n_items, n_workers=n_workers, gold=known)
    return ballots, truth, offset


def test_belief_is_bayes_by_hand():
    """One point each for the pull: yes has odds e^2 on good looks and e^-3 on bad ones."""
    model = replace(start(1, 1), doubt=np.zeros((2, 2)), fooled=np.zeros(2), liar=np.zeros(2))
    chance = np.full((2, 2, NODES), -1e9)
    chance[:, 0, np.argmin(abs(PULL + 3))] = chance[:, 1, np.argmin(abs(PULL - 2))] = 0
    model.__dict__["pull"] = chance
    ballots = Ballots.of([0, 0], [0, 0], [1, 0], n_items=2, n_workers=1)
    row, table = vote_logs(model, ballots.worker, ballots.answer)
    good = believe(model, ballots.images, add_up(ballots.item, row, table, 2)).good
    yes_good, yes_bad = 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(3))
    for_good, for_bad = 0.4 * yes_good * (1 - yes_good), 0.6 * yes_bad * (1 - yes_bad)
    assert good == pytest.approx([for_good / (for_good + for_bad), 0.4], abs=1e-5)


def test_images_that_fool_everybody_bound_every_claim():
    model = replace(start(1, 0), fooled=np.full(2, 0.1), odds=np.zeros(2))
    ballots = Ballots.of([0] * 40, [ANONYMOUS] * 40, [1] * 40, n_items=1, n_workers=0)
    row, table = vote_logs(model, ballots.worker, ballots.answer)
    good = believe(model, ballots.images, add_up(ballots.item, row, table, 1)).good
    assert good[0] == pytest.approx(1 / 1.1, abs=1e-6)


def test_votes_on_one_image_depend_on_each_other():
    """Over-dispersed: six more yeses after six add less than the first six did."""
    model = start(1, 0)
    images = Ballots.of([], [], [], n_items=1, n_workers=0).images
    yes = vote_logs(model, np.array([ANONYMOUS], np.int32), np.array([1], np.int8))
    odds = []
    for votes in (0, 6, 12):
        good = believe(replace(model, fooled=np.zeros(2)), images, votes * yes[1][yes[0]]).good[0]
        odds.append(np.log(good / (1 - good)))
    assert 0 < odds[2] - odds[1] < odds[1] - odds[0]


def test_what_made_the_votes_is_learned_back():
    ballots, truth, offset = _crowd()
    model = fit(ballots)
    assert model.mean[0] == pytest.approx([-3, 2], abs=0.5)
    assert model.spread[0] == pytest.approx(1, abs=0.4)
    assert sigmoid(model.odds[:1]) == pytest.approx(truth[60:].mean(), abs=0.05)
    assert np.corrcoef(model.offset[:-1].ravel(), offset.ravel())[0, 1] > 0.8


def test_a_crowd_more_lenient_than_expected_is_learned_in_a_few_rounds():
    """What all workers add alike might as well be in the images: learning must not dither between the two."""
    ballots, _, _ = _crowd(lenient=0.8, n_items=800, n_workers=12, each=3, gold=0, wide=0.5)
    early = fit(ballots)
    late = learn(ballots, early, 300)
    assert early.mean == pytest.approx(late.mean, abs=0.05)
    assert early.offset == pytest.approx(late.offset, abs=0.05)


def test_claims_of_a_crowd_that_fits_are_true():
    ballots, truth, _ = _crowd(seed=1, n_items=3000, each=5)
    model = fit(ballots)
    row, table = vote_logs(model, ballots.worker, ballots.answer)
    good = believe(model, ballots.images, add_up(ballots.item, row, table, 3000)).good[60:]
    for low, high in ((0.05, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 1)):
        claimed = (good >= low) & (good < high)
        assert truth[60:][claimed].mean() == pytest.approx(good[claimed].mean(), abs=0.12)


def test_an_unknown_or_anonymous_worker_is_an_average_one():
    ballots, _, _ = _crowd(n_items=100)
    model = fit(ballots)
    answer = np.array([1, 1], np.int8)
    row, _ = vote_logs(model, np.array([ANONYMOUS, 10_000], np.int32), answer)
    assert row[0] == row[1]
    assert (model.offset[-1] == 0).all()


def test_gold_turns_a_crowd_that_is_mostly_wrong():
    """Seven in ten workers say the opposite; gold says who."""
    ballots, truth, _ = _crowd(seed=2, wide=0.3)
    liar = ballots.worker < 28
    answer = np.where(liar, 1 - ballots.answer, ballots.answer)
    turned = Ballots.of(
        ballots.item,
        ballots.worker,
        answer,
        n_items=600,
        n_workers=40,
        gold=np.where(np.arange(600) < 200, truth, -1),
    )
    model = fit(turned)
    row, table = vote_logs(model, turned.worker, turned.answer)
    good = believe(model, turned.images, add_up(turned.item, row, table, 600)).good[200:]
    assert ((good > 0.5) == truth[200:]).mean() > 0.9


def test_who_answers_the_opposite_is_found_out_and_still_counts():
    """Three in ten turn every answer round, and there is no gold: agreement tells."""
    ballots, _, _ = _crowd(seed=4, gold=0)
    lies = ballots.worker < 12
    model = fit(replace(ballots, answer=np.where(lies, 1 - ballots.answer, ballots.answer).astype(np.int8)))
    assert (model.liar[:12] > 0.9).all()
    assert (model.liar[12:] < 0.1).all()


def test_gold_lowers_what_is_expected_to_fool_step_by_step():
    """No cliff: each forty gold images more that fool nobody lower the share, by less and less."""
    ballots, truth, _ = _crowd(seed=5, n_items=300, each=3)
    order = np.argsort(np.where(truth == 0, np.arange(300), 300))
    shares = []
    for known in range(0, 160, 40):
        gold = np.full(300, -1)
        gold[order[:known]] = 0
        shares.append(
            fit(replace(ballots, images=replace(ballots.images, gold=gold.astype(np.int8)))).fooled[0]
        )
    falls = -np.diff(shares)
    assert (falls > 0).all()
    assert (np.diff(falls) < 0).all()
    assert falls[0] < 0.6 * shares[0]


def test_a_machine_is_trusted_as_far_as_it_proves_itself():
    ballots, truth, _ = _crowd(seed=3)
    rng = np.random.default_rng(0)
    useful, useless = sigmoid(3.0 * (truth - 0.5) + rng.normal(size=600)), rng.random(600)
    trust = []
    for prior in (useful, useless):
        images = replace(ballots.images, prior=prior)
        trust.append(fit(replace(ballots, images=images)).trust)
    assert trust[0] > 0.4
    assert abs(trust[1]) < 0.2


def test_a_synset_with_few_votes_is_shrunk_to_the_others():
    ballots, _, _ = _crowd(n_items=400)
    synset = np.zeros(400, np.int32)
    synset[-2:] = 1
    model = fit(replace(ballots, images=replace(ballots.images, synset=synset)))
    assert model.mean[1] == pytest.approx(model.mean[-1], abs=0.8)
    assert model.row_of(np.array([7])).tolist() == [2]


def test_json_and_back_changes_no_bit():
    model = fit(_crowd(n_items=80)[0])
    again = Mixture.read(model.to_json())
    for name, values in model.to_json().items():
        assert again.to_json()[name] == values


def test_not_sure_says_nothing():
    row, table = vote_logs(start(1, 1), np.array([0], np.int32), np.array([-1], np.int8))
    assert (table[row[0]] == 0).all()
