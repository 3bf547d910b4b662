"""Limits by synset: judged apart as if each synset had a policy of its own, over one model."""

from __future__ import annotations

import numpy as np
import pytest

from quality.arrays import Ballots
from quality.policies import parse
from quality.synset_limits import PerSynset
from quality.votes import Thresholds

LIMITS = [Thresholds(0.99, 0.01), Thresholds(0.8, 0.2, cap=6), Thresholds(0.99, 0.01)]


def ballots(seed: int) -> Ballots:
    rng = np.random.default_rng(seed)
    return Ballots.of(
        rng.integers(0, 30, 90),
        rng.integers(0, 5, 90),
        rng.integers(-1, 2, 90),
        n_items=30,
        n_workers=5,
        synset=np.arange(30) % 3,
        gold=rng.integers(-1, 2, 30),
        seed=np.arange(30) < 12,
    )


@pytest.mark.parametrize("spec", ["weighted", "imagenet", "dawid-skene", "majority:3"])
@pytest.mark.parametrize("seed", range(4))
def test_each_synset_is_judged_as_by_its_own_limits(spec: str, seed: int) -> None:
    cast, policy = ballots(seed), PerSynset(spec, LIMITS)
    model = policy.fit(cast)
    evidence = policy.evidence(model, cast.images, cast.item, cast.worker, cast.answer)
    together, worth = policy.decide(cast, model), policy.worth(model, cast.images, evidence, 0)
    for synset, limits in enumerate(LIMITS):
        rows, alone = np.flatnonzero(cast.images.synset == synset), parse(spec, limits)
        images = cast.images.take(rows)
        said = alone.judge(model, images, evidence[rows])
        for name in ("verdict", "confidence", "wanted"):
            assert getattr(together, name)[rows].tolist() == getattr(said, name).tolist()
        assert worth[rows].tolist() == alone.worth(model, images, evidence[rows], 0).tolist()


def test_the_same_limits_for_all_change_nothing() -> None:
    cast, plain = ballots(1), parse("weighted", LIMITS[0])
    same = PerSynset("weighted", [LIMITS[0]] * 3)
    assert same.decide(cast, same.fit(cast)).confidence.tolist() == (
        plain.decide(cast, plain.fit(cast)).confidence.tolist()
    )
