"""What lease items are about: the pictures and boxes that their pages show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from pipeline.hits.submission import Box as BoxPixels
from pipeline.store.leases import Leased
from pipeline.store.models import Box, Candidate, Pair, Picture

_facts = (Picture.sha256, Picture.width, Picture.height)
PICTURES = (
    select(Candidate.id, *_facts)
    .select_from(Candidate)
    .join(Picture, Candidate.picture == Picture.sha256)
    .where(Candidate.id.in_(bindparam("subjects", expanding=True)))
)
PICTURES_OF_PAIRS = [
    select(Pair.id, *_facts)
    .select_from(Pair)
    .join(Candidate, Candidate.id == side)
    .join(Picture, Candidate.picture == Picture.sha256)
    .where(Pair.id.in_(bindparam("subjects", expanding=True)))
    for side in (Pair.left, Pair.right)
]
BOXES = (
    select(Box.id, Box.candidate_id, Box.state, Box.xmin, Box.ymin, Box.xmax, Box.ymax)
    .where(
        or_(
            Box.candidate_id.in_(bindparam("subjects", expanding=True)),
            Box.id.in_(bindparam("boxes", expanding=True)),
        )
    )
    .order_by(Box.id)
)


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
    for side in PICTURES_OF_PAIRS if kind == "check_duplicate" else [PICTURES]:
        for row in session.execute(side, {"subjects": list(subjects)}):
            found[row.id].append(row)
    return found


def boxes_shown(session: Session, items: Sequence[Leased]) -> BoxesShown:
    """Give the boxes of the items' candidates."""
    which = {"subjects": [item.subject for item in items], "boxes": [item.box_id for item in items]}
    accepted: dict[int, tuple[BoxPixels, ...]] = defaultdict(tuple)
    by_id: dict[int, BoxPixels] = {}
    for row in session.execute(BOXES, which):
        box = (row.xmin, row.ymin, row.xmax, row.ymax)
        by_id[row.id] = box
        if row.state == "accepted":
            accepted[row.candidate_id] += (box,)
    return BoxesShown(accepted, by_id)
