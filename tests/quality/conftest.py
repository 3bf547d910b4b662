"""What the tests of quality/ share: small random elections, and real photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quality.arrays import Ballots

Election = Callable[..., Ballots]
IMAGES = Path(__file__).resolve().parents[2] / "../shared/data/images"


@pytest.fixture
def election() -> Election:
    """Make ballots of workers with mixed skill on images of mixed difficulty; some gold, some seeds."""

    def hold(
        seed: int = 0, n_items: int = 60, n_workers: int = 12, n_votes: int = 400, n_synsets: int = 2
    ) -> Ballots:
        rng = np.random.default_rng(seed)
        truth = rng.random(n_items) < 0.4
        skill = rng.uniform(0.6, 0.97, n_workers)
        item, worker = rng.integers(0, n_items, n_votes), rng.integers(0, n_workers, n_votes)
        right = rng.random(n_votes) < skill[worker]
        answer = np.where(rng.random(n_votes) < 0.05, -1, np.where(right, truth[item], ~truth[item]))
        return Ballots.of(
            item,
            worker,
            answer,
            n_items=n_items,
            n_workers=n_workers,
            synset=rng.integers(0, n_synsets, n_items),
            gold=np.where(rng.random(n_items) < 0.2, truth, -1),
            seed=rng.random(n_items) < 0.2,
        )

    return hold


@pytest.fixture(scope="session")
def photographs() -> list[Path]:
    """Every photograph of the shared data, in one order."""
    found = sorted(path for path in IMAGES.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})
    if not found:
        pytest.skip(f"no photographs under {IMAGES}")
    return found
