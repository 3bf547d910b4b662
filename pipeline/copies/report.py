"""The report on duplicates: contact sheets, leaks, pairs against t, what the search cost and saved."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy.orm import Session

from pipeline.copies.contact_sheet import thumbnail
from pipeline.ports import BlobStore
from pipeline.release import plots
from pipeline.release.amounts import count, dollars
from pipeline.release.documents import written
from pipeline.store import duplicate_findings as findings
from pipeline.store.duplicate_findings import Member, Savings
from quality.joins import join_within
from quality.near_pairs import collapse

FARTHEST = 12
"""Bits up to which pairs are counted; a search takes candidates up to 10."""
SHOWN = 120
"""Groups on the page, those under several synsets first."""
COPIES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """What is told of duplicates; `curve` has (t, pairs at most t bits apart, confirmed copies of those)."""

    pictures: int
    groups: list[list[Member]]
    between_synsets: int
    between_splits: int
    doubtful: int
    curve: list[tuple[int, int, int]]
    curve_seconds: float
    searches: list[dict[str, Any]]
    savings: Savings
    before_labelling: bool

    def document(self) -> dict[str, Any]:
        """Give the report as JSON can hold it."""
        return asdict(self)


def read(session: Session, before_labelling: bool) -> DuplicatesReport:
    """Count everything; the curve is searched for anew, exactly."""
    groups = findings.groups(session)
    between = {group[0].id for group in findings.leaks(groups, "wnid")}
    hashes = findings.hashes(session)
    began = time.perf_counter()
    apart = pairs_by_distance(hashes, FARTHEST)
    seconds = time.perf_counter() - began
    confirmed = findings.copies_by_distance(session)
    copies = np.cumsum([confirmed[t] for t in range(FARTHEST + 1)])
    curve = [(t, int(pairs), int(copies[t])) for t, pairs in enumerate(np.cumsum(apart))]
    return DuplicatesReport(
        pictures=len(hashes),
        groups=sorted(groups, key=lambda group: (group[0].id not in between, -len(group), group[0].id)),
        between_synsets=len(between),
        between_splits=len(findings.leaks(groups, "split")),
        doubtful=findings.doubtful(session),
        curve=curve,
        curve_seconds=seconds,
        searches=findings.searches(session),
        savings=findings.savings(session),
        before_labelling=before_labelling,
    )


def pairs_by_distance(hashes: NDArray[np.uint64], farthest: int) -> NDArray[np.int64]:
    """Count the pairs of (n,) hashes at each distance from 0 to `farthest` bits, without keeping them.

    >>> pairs_by_distance(np.array([0, 0, 1, 7], np.uint64), 3)
    array([1, 2, 1, 2])
    """
    distinct = collapse(hashes)
    sizes = distinct.sizes()
    counts = np.zeros(farthest + 1, np.int64)
    counts[0] = (sizes * (sizes - 1) // 2).sum()
    for hits in join_within(distinct.hashes, farthest):
        np.add.at(counts, hits.distance, sizes[hits.left] * sizes[hits.right])
    return counts


def page(report: DuplicatesReport, title: str, words: Mapping[str, str], blobs: BlobStore) -> str:
    """Render the report as one HTML page that needs nothing beside it; `words` names synsets."""
    bars = [(str(t), pairs) for t, pairs, _ in report.curve]
    return written(
        "duplicates_report.html",
        report=report,
        title=title,
        words=words,
        dropped=sum(one.state == "duplicate" for group in report.groups for one in group),
        shown=report.groups[:SHOWN],
        copies_shown=COPIES_SHOWN,
        picture=_pictures(blobs),
        chart=plots.columns(bars, "Pairs at most t bits apart", "t, bits"),
    )


def _pictures(blobs: BlobStore) -> Callable[[Member], str]:
    def data_url(one: Member) -> str:
        with Image.open(BytesIO(blobs.get(one.picture))) as image:
            return f"data:image/jpeg;base64,{b64encode(thumbnail(image)).decode()}"

    return data_url


def as_text(report: DuplicatesReport) -> Sequence[str]:
    """Tell the report in a few lines."""
    saved, dropped = report.savings, sum(len(group) - 1 for group in report.groups)
    lines = [
        f"{count(report.pictures, 'picture')}: {count(len(report.groups), 'group')} of copies.",
        f"Copies beside the first of each group: {dropped:,}.",
        f"Groups between synsets: {report.between_synsets:,}; between splits: {report.between_splits:,}.",
        f"{count(report.doubtful, 'pair')} wait for people.",
    ]
    if report.before_labelling:
        told = f"{count(saved.stand_back, 'copy', 'copies')} under a second synset stand back:"
        return [
            *lines,
            f"{told} about {saved.votes_not_bought:,} votes, {dollars(saved.cents_not_spent)} saved.",
        ]
    told = f"{count(saved.votes, 'vote')} on copies under a second synset, {dollars(saved.cents)}"
    return [*lines, f"dedup.before_labelling would have saved {told}."]
