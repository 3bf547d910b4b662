"""report.html: the report as one page that needs nothing but the pictures beside it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from markupsafe import Markup

from pipeline.release import plots
from pipeline.release.conclusions import accepted_share, conclusions, mean_votes, merged
from pipeline.release.documents import written
from pipeline.release.images import ReleaseImage
from pipeline.release.report import Report, cents_of, estimate
from quality.summary import FREQUENCY_EDGES

PUBLISHED_DRAWN = 0.622
"""Share of drawings accepted by Su, Deng and Fei-Fei 2012, Table 2."""
PUBLISHED_SECONDS = {"draw_box": 25.5, "check_box": 9.0, "check_coverage": 7.8}
"""Their median seconds a task, Table 1; with redraws 63.3 s an accepted box."""
KIND_NAMES = {
    "entry_test": "Entry tests",
    "label_images": "Judging pictures",
    "draw_box": "Drawing boxes",
    "check_box": "Checking boxes",
    "check_coverage": "Checking coverage",
    "check_duplicate": "Comparing pictures",
}
GALLERY = 240
"""Sample pictures on the page; the more synsets, the fewer of each."""
NAMED = 4
"""Synsets named in the chart of hard words."""


def write_page(path: Path, report: Report) -> None:
    """Render the page; pictures are linked relative to it, so a copy of the page alone lacks them."""
    page = written(
        "report.html",
        report=report,
        run=report.figures,
        tally=report.tally,
        words={synset.wnid: synset for synset in report.synsets},
        charts=_charts(report),
        concluded=conclusions(report),
        samples=samples(report),
        kind_names=KIND_NAMES,
        published=PUBLISHED_SECONDS,
        estimate=estimate,
        cents_of=cents_of,
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def samples(report: Report) -> dict[str, list[ReleaseImage]]:
    """The sample pictures of each synset that has any."""
    each = max(1, GALLERY // max(len(report.tally.synsets), 1))
    return {wnid: synset.samples[:each] for wnid, synset in sorted(report.tally.synsets.items())}


def _charts(report: Report) -> dict[str, Markup | None]:
    run, tally = report.figures, report.tally
    votes = merged(synset.votes_per_image for synset in run.synsets)
    tries = merged(synset.tries for synset in run.synsets)
    instances = merged(synset.instances for synset in tally.synsets.values())
    sizes = Counter(run.duplicates.sizes)
    return {
        "hardness": _hardness(report),
        "frequencies": _shares(
            tally.frequencies, "Pictures by selection frequency", "workers who said yes, %"
        ),
        "votes": _counted(votes, "Images by votes they took", "votes", 12),
        "truth": _truth(report),
        "acceptance": _acceptance(report),
        "tries": _counted(tries, "Accepted boxes by drawings they took", "drawings", 8),
        "instances": _counted(instances, "Fully boxed pictures by number of objects", "objects", 10),
        "scales": _shares(tally.scales, "Boxes by share of the picture", "share of the picture, %")
        if tally.boxes
        else None,
        "sizes": _counted(sizes, "Groups of copies by size", "pictures in a group", 10),
        "wages": _wages(report),
    }


def _hardness(report: Report) -> Markup | None:
    judged = [(mean, synset) for synset in report.figures.synsets if (mean := mean_votes(synset))]
    if len(judged) < 2:
        return None
    words = {synset.wnid: synset.words[0] for synset in report.synsets}
    hardest = {synset.wnid for _, synset in sorted(judged, key=lambda pair: -pair[0])[:NAMED]}
    most = max(sum(synset.votes_per_image.values()) for _, synset in judged)
    points = [
        plots.Point(
            label=words.get(synset.wnid, synset.wnid),
            x=accepted_share(synset),
            y=mean,
            weight=sum(synset.votes_per_image.values()) / most,
            named=synset.wnid in hardest,
        )
        for mean, synset in judged
    ]
    title = "Votes per image against share accepted"
    return plots.scatter(points, title, "candidates accepted", "votes per image")


def _shares(counts: list[int], title: str, unit: str) -> Markup:
    edges = [round(100 * edge) for edge in FREQUENCY_EDGES]
    labels = [f"{low}–{high}" for low, high in pairwise(edges)]
    return plots.columns(list(zip(labels, counts, strict=True)), title, unit)


def _counted(counts: Counter[int], title: str, unit: str, most: int) -> Markup | None:
    """A histogram from the smallest number up, everything from ``most`` on in one column."""
    if not counts:
        return None
    first, last = min(counts), max(counts)
    bars = [(str(number), counts[number]) for number in range(first, min(last, most - 1) + 1)]
    if last >= most:
        bars.append((f"{most}+", sum(count for number, count in counts.items() if number >= most)))
    return plots.columns(bars, title, unit)


def _truth(report: Report) -> Markup | None:
    known = [("Precision", report.precision), ("Recall", report.recall)]
    rows = [plots.Dot(label, value) for label, value in known if value]
    return plots.intervals(rows, "Precision and recall of labels", floor=0.8) if rows else None


def _acceptance(report: Report) -> Markup | None:
    if not report.drawn:
        return None
    row = plots.Dot("Drawn boxes that passed", report.drawn, PUBLISHED_DRAWN)
    return plots.intervals([row], "Share of drawings accepted", floor=0.5)


def _wages(report: Report) -> Markup | None:
    crowd = report.figures.crowd
    if not crowd.hourly_cents:
        return None
    return plots.wages(crowd.hourly_cents, crowd.target_hourly_cents, "Hourly wages")
