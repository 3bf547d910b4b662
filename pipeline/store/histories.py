"""Everything that is known of an image: where it came from, what happened to it, who said what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from pipeline.store.ballots import counts
from pipeline.store.models import Box, Candidate, Event, Pair, Picture, Vote

PROVENANCE = (
    "wnid", "url", "source", "query", "language", "license", "creator", "source_page", "fetched_at",
    "http_status", "source_sha256", "picture",
)  # fmt: skip
STANDING = (
    "state", "reason", "gold", "borrowed_from", "prior", "seed", "yes", "no", "unsure", "confidence",
    "duplicate_of", "duplicate_group",
)  # fmt: skip

NAMING = ("by", "worker", "workers", "absent", "wrong_object")
"""Entries of an event's data that name a worker, or list some; `by` may also say `pixels` or `people`."""


@dataclass(frozen=True, slots=True)
class History:
    """One candidate's. Events come oldest first, each with the numbers that decided."""

    candidate: int
    provenance: dict[str, Any]
    picture: dict[str, Any]
    standing: dict[str, Any]
    events: list[dict[str, Any]]
    votes: list[dict[str, Any]]
    boxes: list[dict[str, Any]]
    pairs: list[dict[str, Any]]


def find(session: Session, name: str) -> list[History]:
    """Find candidates by number, URL, name in a release, or SHA-256 (as stored or as fetched)."""
    rows = session.scalars(select(Candidate).where(_named(name)).order_by(Candidate.id)).all()
    return [_history(session, row) for row in rows]


def _named(name: str) -> ColumnElement[bool]:
    if name.isascii() and name.isdigit() and len(name) < 19:
        return Candidate.id == int(name)
    if released := re.fullmatch(r"(?:.*/)?(n\d{8})_([0-9a-f]{6,64})(?:\.\w+)?", name):
        return (Candidate.wnid == released[1]) & Candidate.picture.startswith(released[2])
    return or_(
        Candidate.url == name, Candidate.picture == name.lower(), Candidate.source_sha256 == name.lower()
    )


def _history(session: Session, row: Candidate) -> History:
    picture = session.get(Picture, row.picture) if row.picture else None
    shown = ("width", "height", "size", "changes")
    return History(
        candidate=row.id,
        provenance={name: _plain(getattr(row, name)) for name in PROVENANCE} | {"extra": row.extra},
        picture={name: getattr(picture, name) for name in shown} if picture else {},
        standing={name: getattr(row, name) for name in STANDING},
        events=_events(session, row.id),
        votes=_votes(session, row.id),
        boxes=_boxes(session, row.id),
        pairs=_pairs(session, row.id),
    )


def _events(session: Session, candidate: int) -> list[dict[str, Any]]:
    mine = (Event.kind == "candidate", Event.subject == str(candidate))
    return [
        {
            "at": _plain(one.at),
            "name": one.name,
            "before": one.before,
            "after": one.after,
            "data": one.data | {who: _short(one.data[who]) for who in NAMING if one.data.get(who)},
        }
        for one in session.scalars(select(Event).where(*mine).order_by(Event.id))
    ]


def _votes(session: Session, candidate: int) -> list[dict[str, Any]]:
    mine = (Vote.subject == candidate, Vote.kind != "check_duplicate")
    return [
        {
            "at": _plain(vote.voted_at),
            "kind": vote.kind,
            "box": vote.box_id or None,
            "answer": vote.answer,
            "seconds": vote.seconds,
            "worker": short(vote.worker_id),
            "counts": bool(counted),
        }
        for vote, counted in session.execute(select(Vote, counts()).where(*mine).order_by(Vote.id))
    ]


def _boxes(session: Session, candidate: int) -> list[dict[str, Any]]:
    return [
        {
            "box": box.id,
            "pixels": [box.xmin, box.ymin, box.xmax, box.ymax],
            "state": box.state,
            "reason": box.reason,
            "drawer": short(box.drawer),
            "checker": short(box.checker) if box.checker else None,
        }
        for box in session.scalars(select(Box).where(Box.candidate_id == candidate).order_by(Box.id))
    ]


def _pairs(session: Session, candidate: int) -> list[dict[str, Any]]:
    mine = or_(Pair.left == candidate, Pair.right == candidate)
    return [
        {
            "pair": pair.id,
            "other": pair.right if pair.left == candidate else pair.left,
            "probability": pair.probability,
            "distance": pair.distance,
            "verdict": pair.verdict,
            "decided_by": pair.decided_by,
        }
        for pair in session.scalars(select(Pair).where(mine).order_by(Pair.id))
    ]


def _short(named: str | list[str]) -> str | list[str]:
    return short(named) if isinstance(named, str) else [short(one) for one in named]


def short(worker_id: str) -> str:
    """Shorten a worker's id, so that a page can be shown without naming anybody in full."""
    return f"{worker_id[:4]}…{worker_id[-3:]}" if len(worker_id) > 8 else worker_id


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value
