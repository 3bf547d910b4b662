"""What lease items are about: the pictures and boxes that their pages show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.hits.submission import Box as BoxPixels
from pipeline.store.leases import Leased
from pipeline.store.models import Box, Candidate, Pair, Picture


@dataclass(frozen=True, slots=True)
class BoxesShown:
    """Accepted boxes by candidate, and any box by its id."""

    accepted: Mapping[int, tuple[BoxPixels, ...]]
    by_id: Mapping[int, BoxPixels]


def item_sizes(session: Session, kind: str, items: Sequence[Leased]) -> dict[int, tuple[int, int]]:
    """Give width and height, in pixels, of each item's (first) picture, by subject."""
    sides = pictures_shown(session, kind, [item.subject for item in items])
    return {subject: (rows[0].width, rows[0].height) for subject, rows in sides.items()}


def pictures_shown(session: Session, kind: str, subjects: Sequence[int]) -> dict[int, list[Any]]:
    """Give size and name of each item's picture, or of both pictures of a pair, by subject."""
    found: dict[int, list[Any]] = defaultdict(list)
    facts = (Picture.sha256, Picture.width, Picture.height)
    if kind == "check_duplicate":
        sides = [
            select(Pair.id, *facts)
            .select_from(Pair)
            .join(Candidate, Candidate.id == side)
            .where(Pair.id.in_(subjects))
            for side in (Pair.left, Pair.right)
        ]
    else:
        sides = [select(Candidate.id, *facts).select_from(Candidate).where(Candidate.id.in_(subjects))]
    for side in sides:
        for row in session.execute(side.join(Picture, Candidate.picture == Picture.sha256)):
            found[row.id].append(row)
    return found


def boxes_shown(session: Session, items: Sequence[Leased]) -> BoxesShown:
    """Give the boxes of the items' candidates."""
    pixels = (Box.xmin, Box.ymin, Box.xmax, Box.ymax)
    mine = or_(
        Box.candidate_id.in_([item.subject for item in items]), Box.id.in_([item.box_id for item in items])
    )
    accepted: dict[int, tuple[BoxPixels, ...]] = defaultdict(tuple)
    by_id: dict[int, BoxPixels] = {}
    for row in session.execute(
        select(Box.id, Box.candidate_id, Box.state, *pixels).where(mine).order_by(Box.id)
    ):
        box = (row.xmin, row.ymin, row.xmax, row.ymax)
        by_id[row.id] = box
        if row.state == "accepted":
            accepted[row.candidate_id] += (box,)
    return BoxesShown(accepted, by_id)
