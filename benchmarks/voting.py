"""Votes an image against F1, on real votes: the default policy beside a fixed 9 votes and ImageNet's table.

    python benchmarks/voting.py [--data FOLDER] [--repeats R] [easy] [hard] [calibration] [adversaries]

Every line is a replay through the production code (`quality.replay`). Peers: `majority:9` and `imagenet`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pipeline.votes.recordings import recorded, recorded_counts
from quality.policies import parse
from quality.replay import Outcome, Recording, replay
from quality.votes import Thresholds

DATA = Path(__file__).resolve().parents[1] / "../shared/data/votes"
EASY = ("airplane", "bird", "cat", "frog", "ship")
DOGS = tuple(f"dogs_{k}" for k in range(4))
# The one knob of the curve: acceptance at c and rejection at 1 - c.
SWEEP = (0.9, 0.97, 0.99, 0.999)
CAP = 25


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("parts", nargs="*", default=["easy", "hard", "adversaries"])
    given = arguments.parse_args()
    for part in given.parts:
        {"easy": easy, "hard": hard, "adversaries": adversaries}[part](given.data, given.repeats)


def easy(data: Path, repeats: int) -> None:
    sets = [recorded_counts(data / f"cifar10h_{name}.counts.csv").recording for name in EASY]
    print("CIFAR-10H, 40 % good. Target: F1 >= .992, P >= .997, <= 2.3 votes")
    mixed = [forty_percent(one) for one in sets]
    _line("weighted", [played(one, "weighted", Thresholds(), 0, repeats) for one in mixed])
    _line(
        "imagenet at .997",
        [played(one, "imagenet", Thresholds(accept=0.997, reject=0.003), 0, 1) for one in mixed],
    )
    _line("majority:9", [played(one, "majority:9", Thresholds(), 0, repeats) for one in mixed])
    print("CIFAR-10H as it is, 10 % good. Target: P >= .997, R >= .93, <= 1.6 votes")
    _line("weighted", [played(one, "weighted", Thresholds(), 0, 1) for one in sets])
    _line("majority:9", [played(one, "majority:9", Thresholds(), 0, 1) for one in sets])


def hard(data: Path, repeats: int) -> None:
    for names, share in ((("bluebirds",), 0.7), (DOGS, 0.55), (("rte",), 0.55)):
        print(f"{', '.join(names)}. Target: F1 of majority:9 with <= {9 * share:.2f} votes, gold included")
        sets = [recorded(data / f"{name}.votes.csv", data / f"{name}.truth.csv").recording for name in names]
        for spec, limits in (
            ("majority:9", at(0.9)),
            ("imagenet", at(0.99)),
            ("weighted", Thresholds()),
            *(("weighted", at(c)) for c in SWEEP),
        ):
            rows = [played(one, spec, limits, gold_of(one), repeats) for one in sets]
            _line(f"{spec} {limits.accept}", rows)
            if len(names) > 1:
                print(
                    "    F1 each:", " ".join(f"{np.mean([one.scores[2] for one in row]):.3f}" for row in rows)
                )


def adversaries(data: Path, repeats: int) -> None:
    print("30 % adversarial workers added. Target: F1 down by <= .02, votes up by <= 40 %")
    for name in ("bluebirds", *DOGS, "rte"):
        clean = recorded(data / f"{name}.votes.csv", data / f"{name}.truth.csv").recording
        for label, one in (("clean", clean), ("attacked", attacked(clean, 0.3, np.random.default_rng(1)))):
            for spec in ("majority:9", "weighted"):
                _line(f"{name} {label} {spec}", [played(one, spec, Thresholds(), gold_of(one), repeats)])


def at(claim: float) -> Thresholds:
    return Thresholds(accept=claim, reject=1 - claim, cap=CAP)


def played(recording: Recording, spec: str, limits: Thresholds, gold: int, repeats: int) -> list[Outcome]:
    policy = parse(spec, limits)
    return [replay(policy, recording, gold, np.random.default_rng(seed)) for seed in range(repeats)]


def gold_of(recording: Recording) -> int:
    return min(60, len(recording.truth) // 5)


def forty_percent(recording: Recording) -> Recording:
    """All positives and 1.5 times as many random negatives."""
    good, bad = (np.flatnonzero(recording.truth == k) for k in (1, 0))
    kept = np.sort(
        np.concatenate([good, np.random.default_rng(0).choice(bad, len(good) * 3 // 2, replace=False)])
    )
    place = np.full(len(recording.truth), -1, np.int32)
    place[kept] = np.arange(len(kept))
    votes = place[recording.item] >= 0
    return Recording(
        place[recording.item[votes]],
        recording.worker[votes],
        recording.answer[votes],
        recording.truth[kept],
        recording.n_workers,
    )


def attacked(recording: Recording, share: float, rng: np.random.Generator) -> Recording:
    """Add workers, as busy as the others, until `share` of all say the opposite of what an honest one saw."""
    joining = round(recording.n_workers * share / (1 - share))
    models = rng.choice(recording.n_workers, joining, replace=joining > recording.n_workers)
    item, worker, answer = [recording.item], [recording.worker], [recording.answer]
    for number, model in enumerate(models):
        votes = recording.worker == model
        item.append(recording.item[votes])
        worker.append(np.full(votes.sum(), recording.n_workers + number, np.int32))
        answer.append((1 - recording.answer[votes]).astype(np.int8))
    return Recording(
        np.concatenate(item),
        np.concatenate(worker),
        np.concatenate(answer),
        recording.truth,
        recording.n_workers + joining,
    )


def _line(label: str, rows: list[list[Outcome]]) -> None:
    figures = np.array([[(one.votes_per_item, *one.scores) for one in row] for row in rows]).mean(axis=1)
    votes, precision, recall, f1 = figures.mean(axis=0)
    outcomes = [one for row in rows for one in row]
    confidence, truth = (
        np.concatenate([getattr(one, name) for one in outcomes]) for name in ("confidence", "truth")
    )
    claims = " ".join(
        f"{at}:{truth[confidence >= at].mean():.3f}({(confidence >= at).mean():.2f})"
        if (confidence >= at).any()
        else f"{at}: none"
        for at in (0.9, 0.95, 0.99)
    )
    print(
        f"  {label:<24} votes {votes:5.2f}  P {precision:.4f}  R {recall:.4f}  F1 {f1:.4f}  good at {claims}",
        flush=True,
    )


if __name__ == "__main__":
    main()
