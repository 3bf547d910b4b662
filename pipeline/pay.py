"""Fair pay: rewards from how long the work takes, and a bonus where it turned out to take longer.

What an item takes is the page's own figure at first, and the median active time of a pilot's assignments once
there are enough of them. It is then fixed for the run, so that HITs of a kind stay of one type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.hits.kind import Kind
from pipeline.hits.kinds import KINDS
from pipeline.outbox import dispose, plan
from pipeline.store.insertion import insert_new
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment, Fact, Hit

PILOT = 20
"""Assignments of a kind whose median time is believed."""

REASON = "This work took longer than its reward allowed for. The bonus makes up for it."
HOUR = 3600


def reward_cents(kind: Kind[Any], items: int, seconds: float, hourly_cents: int) -> int:
    """Price a page: never below its part of the kind's own reward, nor below the hourly target."""
    own = kind.reward_cents * items / kind.items_per_hit
    return max(1, math.ceil(max(own, fair_cents(items, seconds, hourly_cents))))


def fair_cents(items: int, seconds: float, hourly_cents: int) -> float:
    """Give what items that take so many seconds each are worth at an hourly wage."""
    return items * seconds * hourly_cents / HOUR


def paces(session: Session) -> dict[str, float]:
    """Give the seconds that an item takes, by kind: as piloted, or as the page says."""
    return {name: kind.seconds_per_item for name, kind in KINDS.items()} | _piloted(session)


def _piloted(session: Session) -> dict[str, float]:
    facts = session.scalars(select(Fact).where(Fact.name.in_([_fact(kind) for kind in KINDS])))
    return {fact.name.removeprefix(_fact("")): float(fact.value) for fact in facts}


def _fact(kind: str) -> str:
    return f"pace:{kind}"


def settle_paces(session: Session, now: datetime, pilot: int = PILOT) -> int:
    """Fix the pace of kinds of which so many assignments are done; give the number of kinds."""
    known = _piloted(session)
    fixed = {kind: pace for kind in KINDS if kind not in known and (pace := _measured(session, kind, pilot))}
    insert_new(
        session, Fact, [{"name": _fact(kind), "value": repr(pace)} for kind, pace in fixed.items()], ("name",)
    )
    told = [event("pay", kind, "piloted", {"seconds_per_item": pace}, now) for kind, pace in fixed.items()]
    record(session, told)
    return len(fixed)


def _measured(session: Session, kind: str, pilot: int) -> float | None:
    worked = (Assignment.kind == kind, Assignment.items > 0, Assignment.active_seconds.is_not(None))
    first = select(Assignment.active_seconds, Assignment.items).where(*worked)
    rows = session.execute(
        first.order_by(Assignment.submitted_at, Assignment.assignment_id).limit(PILOT)
    ).all()
    if len(rows) < pilot:
        return None
    return round(float(np.median([(seconds or 0.0) / items for seconds, items in rows])), 2)


def plan_top_ups(session: Session, hourly_cents: int, cents_left: int, now: datetime, limit: int) -> int:
    """Plan bonuses for paid assignments priced below the pace, and dispose of what is paid in full.

    Gives the number of assignments; none is settled that the money does not reach for.
    """
    piloted = _piloted(session)
    paid = (
        select(
            Assignment.assignment_id,
            Assignment.worker_id,
            Assignment.kind,
            Assignment.items,
            Hit.reward_cents,
        )
        .join(Hit, Hit.id == Assignment.hit)
        .where(Assignment.state == "paid", Assignment.bonus_cents.is_(None), Assignment.kind.in_(piloted))
        .order_by(Assignment.submitted_at, Assignment.assignment_id)
        .limit(limit)
    )
    owed = {row.assignment_id: (row, _short(row, piloted, hourly_cents)) for row in session.execute(paid)}
    if sum(cents for _, cents in owed.values()) > cents_left:
        return 0
    changes = [{"row": name, "cents": cents} for name, (_, cents) in owed.items()]
    _note(session, changes)
    bonuses = [(name, _payload(row, cents)) for name, (row, cents) in owed.items() if cents]
    plan(session, "bonus", bonuses, now)
    dispose(session, [name for name, (_, cents) in owed.items() if not cents], now)
    return len(owed)


def _short(row: Any, piloted: Mapping[str, float], hourly_cents: int) -> int:
    reward: int = row.reward_cents
    return max(0, math.ceil(fair_cents(row.items, piloted[row.kind], hourly_cents)) - reward)


def _payload(row: Any, cents: int) -> dict[str, Any]:
    return {"worker_id": row.worker_id, "cents": cents, "reason": REASON}


def _note(session: Session, changes: list[dict[str, Any]]) -> None:
    if changes:
        statement = update(Assignment).where(Assignment.assignment_id == bindparam("row"))
        session.connection().execute(statement.values(bonus_cents=bindparam("cents")), changes)
