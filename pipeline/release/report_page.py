"""report.html: the report as one page that needs nothing but the pictures beside it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.release import plots
from pipeline.release.images import ReleaseImage
from pipeline.release.report import Report, cents_of, estimate
from quality.summary import FREQUENCY_EDGES

PUBLISHED = {"draw_box": 0.622, "check_box": 0.899, "check_coverage": 0.950}
"""Shares of work accepted by Su, Deng and Fei-Fei 2012, Table 2."""
PUBLISHED_SECONDS = {"draw_box": 25.5, "check_box": 9.0, "check_coverage": 7.8}
"""Their median seconds a task, Table 1; with redraws 63.3 s an accepted box."""
KIND_NAMES = {
    "label_images": "Judging pictures",
    "draw_box": "Drawing boxes",
    "check_box": "Checking boxes",
    "check_coverage": "Checking coverage",
    "check_duplicate": "Comparing pictures",
}
GALLERY = 240
"""Sample pictures on the page; many synsets show fewer each."""


def write_page(path: Path, report: Report) -> None:
    """Render the page; pictures are linked relative to it."""
    environment = Environment(
        loader=PackageLoader("pipeline.release"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": plots.percent, "dollars": plots.dollars, "kind": KIND_NAMES.get}
    environment.globals |= {
        "estimate": estimate,
        "cents_of": cents_of,
        "published": PUBLISHED_SECONDS,
    }
    page = environment.get_template("report.html").render(
        report=report,
        run=report.figures,
        tally=report.tally,
        words={synset.wnid: synset for synset in report.synsets},
        charts=_charts(report),
        samples=samples(report),
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def samples(report: Report) -> dict[str, list[ReleaseImage]]:
    """The sample pictures of each synset that has any."""
    each = max(1, GALLERY // max(len(report.tally.synsets), 1))
    return {wnid: synset.samples[:each] for wnid, synset in sorted(report.tally.synsets.items())}


def _charts(report: Report) -> dict[str, Markup | None]:
    return {
        "hardness": _hardness(report),
        "frequencies": _frequencies(report),
        "votes": _votes(report),
        "truth": _truth(report),
        "calibration": _calibration(report),
        "acceptance": _acceptance(report),
        "tries": _tries(report),
        "instances": _instances(report),
        "scales": _shares(report.tally.scales, "Boxes by share of the picture", "share of the picture, %"),
        "sizes": _sizes(report),
        "wages": _wages(report),
    }


def _hardness(report: Report) -> Markup | None:
    points = []
    for synset in report.figures.synsets:
        decided, votes = synset.votes_per_image.values(), synset.votes_per_image.items()
        if judged := sum(decided):
            mean = sum(number * count for number, count in votes) / judged
            share = synset.accepted / max(synset.accepted + synset.rejected + synset.unsure, 1)
            points.append((mean, share, judged, synset.wnid))
    if not points:
        return None
    words = {synset.wnid: synset.words[0] for synset in report.synsets}
    named = {point[-1] for point in sorted(points, reverse=True)[:4]}
    most = max(judged for _, _, judged, _ in points)
    marks = [
        plots.Point(words.get(wnid, wnid), share, mean, judged / most, wnid in named)
        for mean, share, judged, wnid in points
    ]
    return plots.scatter(
        marks, "Votes per image against share accepted", "candidates accepted", "votes per image"
    )


def _frequencies(report: Report) -> Markup:
    total = [
        sum(column) for column in zip(*(s.frequencies for s in report.tally.synsets.values()), strict=True)
    ]
    return _shares(total, "Pictures by selection frequency", "workers who said yes, %")


def _shares(counts: list[int], title: str, unit: str) -> Markup:
    edges = [round(100 * edge) for edge in FREQUENCY_EDGES]
    labels = [f"{low}–{high}" for low, high in pairwise(edges)]
    return plots.columns(list(zip(labels, counts, strict=True)), title, unit)


def _votes(report: Report) -> Markup | None:
    counts: Counter[int] = Counter()
    for synset in report.figures.synsets:
        counts.update(synset.votes_per_image)
    return _counted(counts, "Images by votes they took", "votes", 12)


def _tries(report: Report) -> Markup | None:
    counts: Counter[int] = Counter()
    for synset in report.figures.synsets:
        counts.update(synset.tries)
    return _counted(counts, "Accepted boxes by drawings they took", "drawings", 8)


def _instances(report: Report) -> Markup | None:
    counts: Counter[int] = Counter()
    for synset in report.tally.synsets.values():
        counts.update(synset.instances)
    return _counted(counts, "Fully boxed pictures by number of objects", "objects", 10)


def _sizes(report: Report) -> Markup | None:
    return _counted(
        Counter(report.figures.duplicates.sizes), "Groups of copies by size", "pictures in a group", 10
    )


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


def _calibration(report: Report) -> Markup | None:
    bins = [(bin_.claimed, value) for bin_ in report.figures.calibration if (value := estimate(bin_.good))]
    return plots.calibration(bins, "Claimed confidence against truth") if bins else None


def _acceptance(report: Report) -> Markup | None:
    rows = []
    if report.drawn:
        rows.append(plots.Dot("Drawn boxes that passed", report.drawn, PUBLISHED["draw_box"]))
    for name, label in (("check_box", "Box checks kept"), ("check_coverage", "Coverage checks kept")):
        kind = report.kind(name)
        if kind and (kept := estimate(kind.batches)):
            rows.append(plots.Dot(label, kept, PUBLISHED[name]))
    return plots.intervals(rows, "Share of box work accepted", floor=0.5) if rows else None


def _wages(report: Report) -> Markup | None:
    crowd = report.figures.crowd
    return (
        plots.wages(crowd.hourly_cents, crowd.target_hourly_cents, "Hourly wages")
        if crowd.hourly_cents
        else None
    )
