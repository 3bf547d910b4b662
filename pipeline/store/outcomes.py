"""What became of every candidate, and what each kind of HIT took: the facts behind a forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.states import VOTED_GOOD, State
from pipeline.store.models import Assignment, Candidate
from pipeline.store.released import boxes_by_candidate
from pipeline.store.tickets import SPENT


def verdict(state: str, voted: bool) -> str:
    """Say what the votes came to: accepted, rejected, unsure or, where nobody was asked, unjudged."""
    if state in VOTED_GOOD or (state == State.DUPLICATE and voted):
        return "accepted"
    return state if state in (State.REJECTED, State.UNSURE) else "unjudged"


def candidates(session: Session) -> list[dict[str, Any]]:
    """List every candidate: wnid, url, verdict, boxes, and the URL of the copy that is kept instead."""
    rows = session.execute(
        select(
            Candidate.id,
            Candidate.wnid,
            Candidate.url,
            Candidate.state,
            Candidate.duplicate_of,
            Candidate.yes,
        )
        .where(Candidate.state != State.BORROWED)
        .order_by(Candidate.id)
    ).all()
    urls: Mapping[int | None, str] = {row.id: row.url for row in rows}
    boxes = boxes_by_candidate(session, [row.id for row in rows if row.state in VOTED_GOOD])
    return [
        {
            "wnid": row.wnid,
            "url": row.url,
            "verdict": verdict(row.state, row.yes > 0),
            "boxes": tuple(boxes.get(row.id, ())),
            "duplicate_of": urls.get(row.duplicate_of),
        }
        for row in rows
    ]


def spent(session: Session) -> list[dict[str, Any]]:
    """Add up assignments, items, cents and active seconds by kind of HIT."""
    seconds = func.sum(case((Assignment.active_seconds.is_(None), 0.0), else_=Assignment.active_seconds))
    rows = session.execute(
        select(
            Assignment.kind,
            func.count().label("assignments"),
            func.sum(Assignment.items).label("items"),
            SPENT.label("cents"),
            seconds.label("active_seconds"),
        )
        .group_by(Assignment.kind)
        .order_by(Assignment.kind)
    )
    return [
        {
            "kind": row.kind,
            "assignments": row.assignments,
            "items": int(row.items),
            "cents": int(row.cents),
            "active_seconds": float(row.active_seconds),
        }
        for row in rows
    ]
