"""Reads for a release: images that may go out, their groups and boxes, in the order of the manifest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from pipeline.states import RELEASABLE
from pipeline.store.chunks import chunks
from pipeline.store.models import Box, Candidate, Picture, SplitMember, Synset

BoxPixels = tuple[int, int, int, int]
READ = 5000

GROUP = func.coalesce(Candidate.duplicate_group, Candidate.picture)
"""What must not straddle splits: a group of copies, or one picture, under however many synsets."""

FACTS = (
    Candidate.id, Candidate.wnid, Candidate.state, Candidate.url, Candidate.source, Candidate.query,
    Candidate.language, Candidate.license, Candidate.creator, Candidate.source_page, Candidate.fetched_at,
    Candidate.yes, Candidate.no, Candidate.unsure, Candidate.confidence, Candidate.duplicate_group,
)  # fmt: skip


def wnids(session: Session) -> list[str]:
    """List the run's synsets."""
    return list(session.scalars(select(Synset.wnid).order_by(Synset.wnid)))


def groups(session: Session) -> Iterator[tuple[str, Counter[str], str | None]]:
    """Walk the groups of images that may go out, by name: how many of each synset, and their split, if any.

    A picture that is no copy is a group of its own, named by its SHA-256.
    """
    rows = session.execute(
        select(GROUP.label("name"), Candidate.wnid, SplitMember.split)
        .outerjoin(SplitMember, SplitMember.content_group == GROUP)
        .where(Candidate.state.in_(RELEASABLE))
        .order_by(GROUP, Candidate.wnid)
        .execution_options(yield_per=READ)
    )
    for name, members in groupby(rows, key=lambda row: str(row.name)):
        listed = list(members)
        yield name, Counter(row.wnid for row in listed), listed[0].split


def batches(session: Session, size: int) -> Iterator[tuple[Sequence[Any], Mapping[int, list[BoxPixels]]]]:
    """Walk the images that may go out by (wnid, picture), a batch and its accepted boxes at a time."""
    after = ("", "")
    while True:
        rows = session.execute(
            select(*FACTS, Picture.sha256, Picture.phash, Picture.width, Picture.height, SplitMember.split)
            .join(Picture, Candidate.picture == Picture.sha256)
            .outerjoin(SplitMember, SplitMember.content_group == GROUP)
            .where(Candidate.state.in_(RELEASABLE), tuple_(Candidate.wnid, Candidate.picture) > after)
            .order_by(Candidate.wnid, Candidate.picture)
            .limit(size)
        ).all()
        if not rows:
            return
        after = (rows[-1].wnid, rows[-1].sha256)
        yield rows, boxes_by_candidate(session, [row.id for row in rows])


def boxes_by_candidate(session: Session, candidates: Sequence[int]) -> dict[int, list[BoxPixels]]:
    """Give accepted boxes by candidate, in an order that depends on nothing but the boxes."""
    pixels = (Box.xmin, Box.ymin, Box.xmax, Box.ymax)
    found: dict[int, list[BoxPixels]] = defaultdict(list)
    query = select(Box.candidate_id, *pixels).where(Box.state == "accepted").order_by(*pixels)
    for part in chunks(candidates):
        for candidate, xmin, ymin, xmax, ymax in session.execute(query.where(Box.candidate_id.in_(part))):
            found[candidate].append((xmin, ymin, xmax, ymax))
    return found
