"""A whole rehearsal on tiny_imagenet: each photo is offered to its own synset and to its nearest look-alike.

The peer is ImageNet's own table of confidences on the same candidates with the same people: votes an image
and precision are printed side by side, then the share of the time that each stage took.
"""

import argparse
import csv
import json
import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline import runner
from pipeline.rehearsal.crowd import Crowd
from pipeline.rehearsal.rehearse import foresee, rehearse, stage
from pipeline.rehearsal.truth import read_truth
from pipeline.settings import load
from pipeline.stages.release import release
from pipeline.synsets.wordnet import WordNet
from pipeline.tickets.outbox import Sender
from pipeline.tickets.requester import Requester

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "images" / "tiny_imagenet"
SEED = 1


def main() -> None:
    """Rehearse with both policies and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=100, help="photos of each synset")
    parser.add_argument("--policies", nargs="+", default=["weighted", "imagenet"])
    arguments = parser.parse_args()
    if not PHOTOS.is_dir():
        raise SystemExit(f"skipped: {PHOTOS} is not here")
    with tempfile.TemporaryDirectory() as folder:
        candidates, truth = offer(Path(folder), arguments.photos)
        for policy in arguments.policies:
            print(json.dumps(measure(Path(folder) / policy, candidates, truth, policy)))


def offer(folder: Path, photos: int) -> tuple[Path, Path]:
    """Write the list of candidates and the truth."""
    wordnet, wnids = WordNet.load(), sorted(path.name for path in PHOTOS.iterdir())
    offered, known = [], []
    for wnid in wnids:
        look_alike = wordnet.look_alikes(wnid, wnids)[0]
        lines = (PHOTOS / wnid / f"{wnid}_boxes.txt").read_text().splitlines()
        boxes = [line.split() for line in lines if (PHOTOS / wnid / line.split()[0]).exists()]
        for name, *edges in boxes[:photos]:
            url = str(PHOTOS / wnid / name)
            offered += [(wnid, url), (look_alike, url)]
            known.append((url, wnid, *edges))
    return (
        write(folder / "candidates.csv", ("wnid", "url"), offered),
        write(folder / "truth.csv", ("url", "wnid", "xmin", "ymin", "xmax", "ymax"), known),
    )


def write(path: Path, heading: tuple[str, ...], rows: list[Any]) -> Path:
    """Write a CSV file."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return path


def measure(out: Path, candidates: Path, truth: Path, policy: str) -> dict[str, Any]:
    """Rehearse once and give the figures."""
    spent: Counter[str] = Counter()
    for name, act in dict(runner.STAGES).items():
        runner.STAGES[name] = timed(spent, name, act)
    known_as = {(Crowd, "work"): "people", (Sender, "send"): "API: send", (Requester, "fetch"): "API: fetch"}
    kept = {place: getattr(*place) for place in known_as}
    for (owner, method), name in known_as.items():
        setattr(owner, method, timed(spent, name, kept[owner, method]))
    settings = load(None, [f'label.policy="{policy}"', f"run.seed={SEED}"])
    began = time.perf_counter()
    with stage(settings, out, candidates) as (tools, servers):
        known = read_truth(truth)
        spent["start"] = time.perf_counter() - began
        rehearse(tools, servers, known, lambda *_: None)
        forecast = foresee(tools, known)
        timed(spent, "release", release)(tools, "1")
    for place, method in kept.items():
        setattr(*place, method)
    total = time.perf_counter() - began
    votes = sum(one.items for one in forecast.spent if one.kind == "label_images")
    every = forecast.all
    return {
        "policy": policy,
        "candidates": every.candidates,
        "seconds": round(total),
        "shares": {name: f"{seconds / total:.0%}" for name, seconds in spent.most_common()},
        "votes_per_candidate": round(votes / every.candidates, 2),
        "precision": every.precision.value,
        "recall": every.recall.value,
        "boxes_found": every.coverage.value,
        "mean_iou": every.mean_iou,
        "cents": forecast.cost.cents,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cores": os.cpu_count(),
    }


def timed(spent: Counter[str], name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """Add the seconds of each call to `spent`."""

    def act_and_time(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return act(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - began

    return act_and_time


if __name__ == "__main__":
    main()
