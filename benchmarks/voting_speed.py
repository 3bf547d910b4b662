"""Speed and memory of voting at 1,000,000 votes, 200,000 images, 20,000 workers; the peer is crowd-kit.

    pip install crowd-kit       # in a throwaway environment; without it the peer's line is left out
    python benchmarks/voting_speed.py [--votes N]

Targets: Dawid-Skene, 20 rounds, at least 25 times as fast as crowd-kit's in the same run; one step for an
assignment of 48 images, database and all, under 1 ms an image in a run of this size; memory linear in votes.
What is not compared in the same run is given in processor time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import insert

from pipeline.stages import label
from pipeline.store import ballots as voting
from pipeline.store.engine import StateStore
from pipeline.store.insertion import insert_new_of
from pipeline.store.models import Candidate, Synset, Vote
from pipeline.votes.vote_models import Group, Learnt, keep, lesson, must_learn
from quality.arrays import Ballots, Images
from quality.dawid_skene import ROUNDS, fit
from quality.votes import Thresholds
from quality.weighted import Weighted

NOW = datetime(2026, 1, 1, tzinfo=UTC)


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
    """What the label stage does with an assignment's votes, in a state database that holds the whole run."""
    with tempfile.TemporaryDirectory() as folder:
        store = StateStore(f"sqlite:///{folder}/state.db")
        store.upgrade()
        group = fill(store, ballots)
        start = time.process_time()
        with store.reading() as session:
            new = lesson(session, group)
        read = time.process_time()
        learnt = new.learn()
        print(
            f"whole run read in {read - start:.1f} s, weighted learnt in {time.process_time() - read:.1f} s"
        )
        with store.writing() as session:
            learnt = keep(session, learnt, NOW)
        rng = np.random.default_rng(1)
        for assignments, times in ((1, 60), (20, 10)):
            cost = np.array(
                [tick(store, learnt, cast(ballots.images, rng, assignments)) for _ in range(times)]
            )
            whole, judging = np.median(cost, axis=0) / (48e-3 * assignments)
            print(
                f"{assignments} x 48 votes written, their images read, judged and written: {whole:.3f} ms an "
                f"image, of which judging {judging:.3f} (target 1)"
            )
        store.close()


def cast(images: Images, rng: np.random.Generator, assignments: int) -> list[dict[str, Any]]:
    """New votes: each assignment up to 48 images of one synset, by a worker of its own."""
    synsets = rng.choice(images.n_synsets, assignments, replace=False)
    workers = 10**9 + rng.integers(10**9, size=assignments)
    return [
        vote(int(one) + 1, int(who), int(rng.integers(2)))
        for who, synset in zip(workers, synsets, strict=True)
        for one in rng.permutation(np.flatnonzero(images.synset == synset))[:48]
    ]


def tick(store: StateStore, learnt: Learnt, rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Processor time of all that the label stage does with new votes, and of judging alone, in seconds."""
    start = time.process_time()
    with store.writing() as session:
        new = insert_new_of(session, Vote, rows, ("kind", "subject", "box_id", "worker_id"), Vote.subject)
        voting.count_in(session, new)
        voting.recount(session, new)
    with store.reading() as session:
        must_learn(session, learnt.group, learnt)
        waiting = voting.undecided(session, learnt.group.synsets, 5000)
        numbered = voting.load(session, learnt.group.synsets, learnt.workers, waiting)
    judging = time.process_time()
    decisions = learnt.policy.decide(numbered.ballots, learnt.model)
    judged = time.process_time()
    with store.writing() as session:
        label.apply(session, numbered, decisions, learnt.version, learnt.group.spec, NOW)
    return time.process_time() - start, judged - judging


def fill(store: StateStore, ballots: Ballots) -> Group:
    """Put the ballots into an empty state database, all images wanting a vote, each vote once."""
    images, blank = ballots.images, dict.fromkeys(("url", "fetch_url", "source", "query", "language"), "")
    blank |= dict.fromkeys(("license", "creator", "source_page"), "")
    wnids = [f"n{number:08}" for number in range(images.n_synsets)]
    with store.writing() as session:
        for wnid in wnids:
            facts = {"words": [], "gloss": "", "family": wnid, "family_name": "", "added_at": NOW}
            session.add(Synset(wnid=wnid, seeded=True, votes=ballots.n_votes // len(wnids), **facts))
        session.flush()
        for part in range(0, ballots.n_items, 20_000):
            rows = [
                blank
                | {"id": n + 1, "url": str(n), "wnid": wnids[images.synset[n]], "state": "collected"}
                | {
                    "extra": {},
                    "confidence": 0.5,
                    "gold": None if images.gold[n] < 0 else int(images.gold[n]),
                }
                for n in range(part, min(part + 20_000, ballots.n_items))
            ]
            session.execute(insert(Candidate), rows)
        columns = (ballots.item.tolist(), ballots.worker.tolist(), ballots.answer.tolist())
        said = {(one, who): yes for one, who, yes in zip(*columns, strict=True)}
        rows = [vote(one + 1, who, yes) for (one, who), yes in said.items()]
        for part in range(0, len(rows), 50_000):
            session.execute(insert(Vote), rows[part : part + 50_000])
    return Group("weighted", wnids, [Thresholds()] * len(wnids))


def vote(subject: int, worker: int, said: int) -> dict[str, Any]:
    row = {"kind": "label_images", "subject": subject, "worker_id": f"W{worker}", "assignment_id": "A"}
    return row | {"answer": ("no", "yes")[said], "seconds": 1.0, "voted_at": NOW}


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
