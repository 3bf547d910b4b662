"""Votes saved by choosing which images each worker is asked about, at the same limits and on the same crowd.

    python benchmarks/routing.py [--images 600] [--workers 30] [--repeats 6]

Simulated: images have a pull of their own that all workers feel (quality/mixture.py); workers differ by a
standard deviation of `range`, in log-odds, in how well they tell good from bad. Pages of 42 come with six
gold images, whose votes are counted as cost; the policy learns anew when votes have grown by a fifth.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

import numpy as np

from quality.arrays import UNKNOWN, Ballots
from quality.votes import OPEN, UNSURE, Thresholds
from quality.weighted import Weighted

PAGE, GOLD, WINDOW, GROWTH = 42, 60, 400, 1.2
ORDERS = ("mixed", "routed")


@dataclass
class Crowd:
    """What is true, and how everybody would answer."""

    truth: Any
    chance: Any  # (images, workers) of a yes

    @classmethod
    def draw(cls, images: int, workers: int, range_: float, rng: np.random.Generator) -> Crowd:
        truth = (rng.random(images) < 0.4).astype(np.int8)
        pull = rng.normal(np.where(truth == 1, 1.5, -2.0), 1.0)
        skill = rng.normal(0, range_, workers)
        offset = np.where(truth[:, None] == 1, skill, -skill) + rng.normal(0, range_ / 2, workers)
        return cls(truth, 1 / (1 + np.exp(-(pull[:, None] + offset))))


def play(crowd: Crowd, order: str, seed: int) -> tuple[float, float]:
    """Ask until every image is settled; give votes an image and F1."""
    rng = np.random.default_rng(seed)
    images, workers = crowd.chance.shape
    policy = Weighted(Thresholds(0.95, 0.05, cap=15))
    gold = np.where(np.arange(images) < GOLD, crowd.truth, UNKNOWN)
    asked = np.zeros((images, workers), np.bool_)
    votes: list[tuple[int, int, int]] = []
    learnt_at, model, decisions = -1.0, None, None
    while True:
        ballots = Ballots.of(
            *(np.array(votes, np.int32).reshape(-1, 3).T), n_items=images, n_workers=workers, gold=gold
        )
        grown = len(votes) >= GROWTH * learnt_at + 1
        if model is None or grown:
            model, learnt_at = policy.fit(ballots), len(votes)
        standing = policy.follow(ballots, model)
        decisions = standing.decisions()
        due = np.flatnonzero(decisions.verdict == OPEN)
        if not due.size:
            break
        worker = int(rng.integers(workers))
        mine = rng.permutation(due[~asked[due, worker]])[:WINDOW]
        if not mine.size:
            if asked[due].all():
                break
            continue
        if order == "routed":
            mine = mine[np.argsort(-standing.worth(mine, worker), kind="stable")]
        known = rng.permutation(np.flatnonzero((gold != UNKNOWN) & ~asked[:, worker]))[:6]
        page = np.concatenate([mine[:PAGE], known])
        asked[page, worker] = True
        said = rng.random(len(page)) < crowd.chance[page, worker]
        votes += [(int(one), worker, int(yes)) for one, yes in zip(page, said, strict=True)]
    scored = gold == UNKNOWN
    close = (decisions.verdict == UNSURE) | (decisions.verdict == OPEN)
    good = np.where(close, decisions.confidence >= 0.5, decisions.verdict == 1)[scored]
    truth = crowd.truth[scored] == 1
    f1 = 2 * (good & truth).sum() / max(good.sum() + truth.sum(), 1)
    return len(votes) / scored.sum(), float(f1)


def main() -> None:
    """Compare the orders on the same crowds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--workers", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=6)
    arguments = parser.parse_args()
    for range_ in (0.5, 1.0):
        found: dict[str, list[tuple[float, float]]] = {order: [] for order in ORDERS}
        for seed in range(arguments.repeats):
            rng = np.random.default_rng([seed, int(range_ * 10)])
            crowd = Crowd.draw(arguments.images, arguments.workers, range_, rng)
            for order in ORDERS:
                found[order].append(play(crowd, order, seed))
        for order in ORDERS:
            cost, f1 = (list(column) for column in zip(*found[order], strict=True))
            print(
                f"workers range {range_}: {order:<7} {mean(cost):.2f} votes an image "
                f"(sd {stdev(cost):.2f}), F1 {mean(f1):.3f} (sd {stdev(f1):.3f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
