"""The default policy: when it stops, what it is worth asking, and that banning re-derives."""

from __future__ import annotations

import numpy as np
import pytest

from quality import weighted
from quality.arrays import Ballots
from quality.mixture_fit import start
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Thresholds
from quality.weighted import Weighted


def _decided(answers: list[int], **limits):
    policy, model = Weighted(Thresholds(**limits)), start(1, len(answers))
    ballots = Ballots.of([0] * len(answers), range(len(answers)), answers, n_items=1, n_workers=len(answers))
    decisions = policy.decide(ballots, model)
    return decisions.verdict[0], decisions.confidence[0], decisions.wanted[0]


def test_agreement_settles_and_doubt_asks_on():
    assert _decided([])[::2] == (OPEN, 1)
    assert _decided([1, 0])[::2] == (OPEN, 1)
    assert _decided([0, 0, 0], reject=0.03)[0] == REJECT
    assert _decided([1, 1, 1], accept=0.95)[0] == ACCEPT


def test_nobody_alone_accepts_an_image():
    assert _decided([1], accept=0.6, reject=0.1)[0] == OPEN
    assert _decided([1, 1], accept=0.6, reject=0.1)[0] == ACCEPT


def test_the_cap_leaves_it_unsure():
    assert _decided([1, 0, 1, 0], cap=4)[::2] == (UNSURE, 0)


def test_votes_that_cost_more_than_they_settle_are_not_asked():
    """The more a mistake costs, the longer a doubtful image is asked for."""

    def asked(**limits: float) -> int:
        return next(n for n in range(1, 41) if _decided(([1, 0] * n)[:n], cap=40, **limits)[0] != OPEN)

    assert asked(accept=0.7, reject=0.3) < asked(accept=0.99, reject=0.01)


def test_an_image_that_lacks_one_likely_vote_is_asked_though_no_vote_pays(monkeypatch):
    monkeypatch.setattr(weighted, "pays", lambda model, belief, price, left: np.zeros(len(left), np.bool_))
    assert _decided([1, 1, 1], accept=0.96)[::2] == (OPEN, 1)
    assert _decided([1, 1, 1, 1], accept=0.96)[0] == ACCEPT
    assert _decided([1, 1, 1], accept=0.96, cap=3)[0] == UNSURE
    assert _decided([1, 1, 1], accept=0.964)[0] == UNSURE, "one yes would not be enough"
    assert _decided([1, 1, 1, 0], accept=0.955)[0] == UNSURE, "it would be, but is not likely"


def test_confidence_rises_with_yes_and_falls_with_no():
    shares = [_decided([1] * yes + [0] * (5 - yes))[1] for yes in range(6)]
    assert shares == sorted(shares)


def test_the_better_worker_is_worth_more_on_the_same_image():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.4
    item, worker = np.tile(np.arange(300), 4), np.repeat(np.arange(4), 300)
    skill = np.array([0.97, 0.9, 0.9, 0.55])
    answer = np.where(rng.random(1200) < skill[worker], truth[item], ~truth[item])
    gold = np.where(np.arange(300) < 60, truth, -1)
    ballots = Ballots.of(item, worker, answer, n_items=301, n_workers=4, gold=np.append(gold, -1))
    policy = Weighted(Thresholds())
    standing = policy.follow(ballots, policy.fit(ballots))
    best, middling, worst = (standing.worth(np.array([300]), who)[0] for who in (0, 1, 3))
    assert best > middling > worst >= 0


def test_a_settled_image_is_worth_nothing():
    policy, model = Weighted(Thresholds()), start(1, 9)
    ballots = Ballots.of([0] * 9, range(9), [0] * 9, n_items=1, n_workers=9)
    assert policy.follow(ballots, model).worth(np.array([0]), 3)[0] == 0


def test_without_a_banned_worker_the_image_reopens(election):
    ballots = election(seed=7, n_items=80, n_votes=700, n_synsets=1)
    policy = Weighted(Thresholds(accept=0.9, reject=0.1))
    before = policy.decide(ballots, policy.fit(ballots))
    kept = ballots.pick(~np.isin(ballots.worker, [0, 1, 2, 3, 4, 5]))
    after = policy.decide(kept, policy.fit(kept))
    assert ((before.verdict != OPEN) & (after.verdict == OPEN)).any()


@pytest.mark.parametrize("corrected", [0, 1])
def test_gold_decides_its_own_image(corrected, election):
    ballots = election(seed=8)
    gold = ballots.images.gold.copy()
    gold[0] = corrected
    turned = Ballots.of(ballots.item, ballots.worker, ballots.answer, n_items=60, n_workers=12, gold=gold)
    policy = Weighted(Thresholds())
    decisions = policy.decide(turned, policy.fit(turned))
    assert (decisions.verdict[0], decisions.confidence[0], decisions.wanted[0]) == (corrected, corrected, 0)


def _fooled_crowd(
    seed: int, fooling: list[float], images: int, known: int, share: float = 0.3, sure: float = 1.0
) -> Ballots:
    """Five votes an image, mostly as it looks; of each synset's bad images some look good to everybody."""
    rng, n = np.random.default_rng(seed), images * len(fooling)
    synset, truth = np.repeat(np.arange(len(fooling)), images), rng.random(n) < share
    looks_good = truth | (rng.random(n) < np.array(fooling)[synset])
    item = np.repeat(np.arange(n), 5)
    worker = np.concatenate([rng.choice(30, 5, replace=False) for _ in range(n)])
    answer = rng.random(5 * n) < np.where(looks_good[item], sure, 0.03)
    gold = np.where(np.arange(n) % images < known, truth, -1)
    return Ballots.of(item, worker, answer, n_items=n, n_workers=30, synset=synset, gold=gold)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "crowd",
    [
        pytest.param({"fooling": [1.0], "images": 1000, "known": 120}, id="much gold"),
        pytest.param({"fooling": [1.0], "images": 2000, "known": 12}, id="little gold"),
        pytest.param({"fooling": [1.0], "images": 500, "known": 30, "sure": 0.9}, id="not always yes"),
        pytest.param({"fooling": [0.8], "images": 600, "known": 60}, id="four in five"),
        pytest.param({"fooling": [0.8], "images": 600, "known": 60, "share": 0.6}, id="many are good"),
        pytest.param({"fooling": [1.0] + [0.0] * 5, "images": 200, "known": 40}, id="one synset"),
        pytest.param({"fooling": [1.0] * 5, "images": 200, "known": 40}, id="all synsets"),
    ],
)
def test_a_crowd_that_gold_shows_to_be_fooled_is_not_believed(crowd, seed):
    ballots, policy = _fooled_crowd(seed, **crowd), Weighted(Thresholds())
    asked = (ballots.images.gold < 0) & (ballots.images.synset == 0)
    assert policy.decide(ballots, policy.fit(ballots)).confidence[asked].max() < 0.75


@pytest.mark.parametrize("known", [0, 12, 60])
def test_a_crowd_that_fools_nobody_is_believed_however_little_gold_there_is(known):
    ballots, policy = _fooled_crowd(0, [0.0], 300, known), Weighted(Thresholds())
    accepted = policy.decide(ballots, policy.fit(ballots)).verdict[60:] == ACCEPT
    yes = np.bincount(ballots.item, ballots.answer)[60:] == 5
    assert (accepted == yes).mean() > 0.99
