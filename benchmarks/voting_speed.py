"""Speed and memory of voting at 1,000,000 votes, 200,000 images, 20,000 workers; the peer is crowd-kit.

    pip install crowd-kit       # in a throwaway environment; without it the peer's line is left out
    python benchmarks/voting_speed.py [--votes N]

Targets: Dawid-Skene, 20 rounds, at least 25 times as fast as crowd-kit's in the same run; one step for an
assignment of 48 images under 1 ms an image with the whole run loaded; memory linear in votes.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from quality.arrays import Ballots
from quality.dawid_skene import ROUNDS, fit
from quality.votes import Thresholds
from quality.weighted import Weighted


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--votes", type=int, default=1_000_000)
    votes = arguments.parse_args().votes
    ballots = crowd(votes)
    ours = best(lambda: fit(ballots))
    print(f"Dawid-Skene, {ROUNDS} rounds, {votes:,} votes: {ours:.3f} s")
    theirs = crowd_kit(ballots)
    if theirs:
        print(f"crowd-kit's in the same run: {theirs:.2f} s, {theirs / ours:.0f} times as long (target 25)")
    step(ballots)
    memory()


def crowd(votes: int) -> Ballots:
    rng = np.random.default_rng(0)
    items, workers = votes // 5, votes // 50
    truth, skill = rng.random(items) < 0.4, rng.uniform(0.6, 0.97, workers)
    item, worker = rng.integers(0, items, votes), rng.integers(0, workers, votes)
    answer = np.where(rng.random(votes) < skill[worker], truth[item], ~truth[item])
    gold = np.where(rng.random(items) < 0.01, truth, -1)
    return Ballots.of(
        item, worker, answer, n_items=items, n_workers=workers, gold=gold, synset=rng.integers(0, 200, items)
    )


def best(work: Callable[[], object], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def crowd_kit(ballots: Ballots) -> float | None:
    try:
        import pandas as pd
        from crowdkit.aggregation import DawidSkene
    except ImportError:
        return None
    table = pd.DataFrame({"task": ballots.item, "worker": ballots.worker, "label": ballots.answer})
    return best(lambda: DawidSkene(n_iter=ROUNDS, tol=0).fit(table), times=1)


def step(ballots: Ballots) -> None:
    policy = Weighted(Thresholds())
    start = time.perf_counter()
    model = policy.fit(ballots)
    fitted = time.perf_counter()
    standing = policy.follow(ballots, model)
    print(f"weighted: fit {fitted - start:.1f} s, follow {time.perf_counter() - fitted:.1f} s")
    rng = np.random.default_rng(1)

    def assignment() -> None:
        items = rng.choice(ballots.n_items, 48, replace=False)
        worker = int(rng.integers(ballots.n_workers))
        touched = standing.add(items, np.full(48, worker), rng.integers(0, 2, 48))
        standing.decisions(touched)
        standing.worth(touched, worker)

    seconds = [best(assignment, times=1) for _ in range(200)]
    print(
        f"48 images added, decided and ranked: median {np.median(seconds) / 48e-3:.3f} ms an image, "
        f"99th percentile {np.quantile(seconds, 0.99) / 48e-3:.3f} (target 1)"
    )


def memory() -> None:
    peaks = []
    for votes in (100_000, 200_000, 400_000):
        ballots, policy = crowd(votes), Weighted(Thresholds())
        tracemalloc.start()
        policy.follow(ballots, policy.fit(ballots))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    print(
        "peak memory by votes (linear if each doubles):", ", ".join(f"{peak / 1e6:.0f} MB" for peak in peaks)
    )


if __name__ == "__main__":
    main()
