"""Any policy: wanted votes are never wasted, and an image is judged by its own votes, alone or among all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.arrays import Ballots
from quality.policies import parse
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions, Thresholds

SPECS = ["majority:5", "imagenet", "weighted", "dawid-skene"]
LOOSE = Thresholds(accept=0.9, reject=0.2, cap=8, seed_votes=6)


@pytest.mark.parametrize("spec", SPECS)
@given(
    seed=st.integers(0, 10_000),
    run=st.lists(st.tuples(st.integers(0, 12), st.sampled_from([1, 0, -1])), max_size=40),
)
@settings(max_examples=30, deadline=None)
def test_no_decision_falls_before_the_wanted_votes_are_in(spec, seed, run):
    """Whatever the answers and whoever gives them (worker 12 is unknown to the model)."""
    policy, ballots = parse(spec, LOOSE), _random_ballots(seed)
    model = policy.fit(ballots)
    item = seed % ballots.n_items
    cast = _only(ballots, [item])
    promised = 0
    for worker, answer in run:
        now = policy.decide(cast, model)
        if promised:
            assert now.verdict[0] == OPEN
            assert now.wanted[0] >= promised
        elif now.verdict[0] != OPEN:
            break
        promised = max(promised, int(now.wanted[0])) - 1
        cast = _with(cast, worker, answer)


@pytest.mark.parametrize("spec", SPECS)
@given(seed=st.integers(0, 10_000), rows=st.sets(st.integers(0, 19), min_size=1))
@settings(max_examples=20, deadline=None)
def test_images_judged_by_their_own_votes_come_out_as_among_all(spec, seed, rows):
    """So the label stage need only look at those that have new votes."""
    policy, ballots = parse(spec, LOOSE), _random_ballots(seed)
    model, some = policy.read(policy.fit(ballots).to_json()), sorted(rows)
    among_all = policy.decide(ballots, model)
    picked = Decisions(among_all.verdict[some], among_all.confidence[some], among_all.wanted[some])
    _same(policy.decide(_only(ballots, some), model), picked)


@pytest.mark.parametrize("spec", SPECS)
def test_the_order_of_votes_does_not_matter(spec, election):
    policy, ballots = parse(spec, LOOSE), election(seed=3)
    shuffled = ballots.pick(np.random.default_rng(0).permutation(ballots.n_votes))
    _same(policy.decide(ballots, policy.fit(ballots)), policy.decide(shuffled, policy.fit(shuffled)))


@pytest.mark.parametrize("spec", SPECS)
def test_decisions_are_whole(spec, election):
    policy, ballots = parse(spec, LOOSE), election(seed=5)
    decisions = policy.decide(ballots, policy.fit(ballots))
    assert set(decisions.verdict.tolist()) <= {OPEN, REJECT, ACCEPT, UNSURE}
    assert ((decisions.confidence >= 0) & (decisions.confidence <= 1)).all()
    assert (decisions.wanted[decisions.verdict != OPEN] == 0).all()
    known = ballots.images.gold >= 0
    assert (decisions.verdict[known] == ballots.images.gold[known]).all()
    worth = policy.follow(ballots, policy.fit(ballots)).worth(np.arange(ballots.n_items), 0)
    assert (worth[decisions.verdict != OPEN] == 0).all()
    assert (worth >= 0).all()


@pytest.mark.parametrize("spec", SPECS)
def test_no_votes_decide_nothing(spec):
    policy = parse(spec)
    ballots = Ballots.of([], [], [], n_items=3, n_workers=0)
    assert policy.decide(ballots, policy.fit(ballots)).verdict.tolist() == [OPEN] * 3


@pytest.mark.parametrize("spec", SPECS)
def test_an_image_without_an_end_stops_at_the_cap(spec):
    policy = parse(spec, LOOSE)
    ballots = Ballots.of([0] * 8, range(8), [-1] * 8, n_items=1, n_workers=8)
    assert policy.decide(ballots, policy.fit(ballots)).verdict.tolist() == [UNSURE]


@pytest.mark.parametrize("bad", [{"accept": 0.1, "reject": 0.2}, {"accept": 1.1}, {"cap": 1}, {"least": 0}])
def test_senseless_thresholds_are_refused(bad):
    with pytest.raises(ValueError, match="need"):
        Thresholds(**bad)


def _only(ballots: Ballots, items: list[int]) -> Ballots:
    """The votes on some images, which are numbered anew."""
    number = np.full(ballots.n_items, -1, np.int32)
    number[items] = np.arange(len(items))
    votes = number[ballots.item] >= 0
    kept = ballots.pick(votes)
    return replace(kept, item=number[kept.item], images=ballots.images.take(np.array(items)))


def _with(cast: Ballots, worker: int, answer: int) -> Ballots:
    """One vote more on image 0."""
    return replace(
        cast,
        item=np.append(cast.item, np.int32(0)),
        worker=np.append(cast.worker, np.int32(worker)),
        answer=np.append(cast.answer, np.int8(answer)),
    )


def _same(one: Decisions, other: Decisions) -> None:
    assert one.verdict.tolist() == other.verdict.tolist()
    assert one.confidence.tolist() == other.confidence.tolist()
    assert one.wanted.tolist() == other.wanted.tolist()


def _random_ballots(seed: int) -> Ballots:
    rng = np.random.default_rng(seed)
    item, worker = rng.integers(0, 20, 150), rng.integers(0, 12, 150)
    truth = rng.random(20) < 0.5
    answer = np.where(rng.random(150) < 0.85, truth[item], ~truth[item])
    return Ballots.of(
        item,
        worker,
        answer,
        n_items=20,
        n_workers=12,
        gold=np.where(rng.random(20) < 0.2, truth, -1),
        seed=rng.random(20) < 0.3,
    )
