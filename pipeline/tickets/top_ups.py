"""Bonuses that make good what a page was priced too low for, worker by worker.

A price is made from a median, and people, photos and synsets differ: a fair price for the average page pays a
careful worker, or one whose synset is hard, too little. So a worker's assignments are settled some at a time:
what they earned is held against the time they took, and one bonus makes up the difference. Nothing is ever
clawed back from who was quicker.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Integer, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from pipeline.store.models import Assignment, Hit, Worker
from pipeline.tickets.outbox import dispose, plan
from pipeline.tickets.pay import fair_cents, fee_cents, measured, piloted

TOGETHER = 10
"""Assignments of a worker that are settled at once: a bonus is then worth its message."""

LATEST = timedelta(days=1)
"""Fewer are settled when the oldest of them has waited so long."""

CREDITED = 2.0
"""Time counts up to so many times the median of its kind: a page left open earns nothing more."""

_waiting = (
    Assignment.state == "paid",
    Assignment.bonus_cents.is_(None),
    Assignment.kind.in_(bindparam("kinds", expanding=True)),
)
_since = func.min(Assignment.submitted_at)
_ripe = (
    select(Assignment.worker_id, _since.label("since"))
    .where(*_waiting)
    .group_by(Assignment.worker_id)
    .having(or_(bindparam("last", type_=Boolean), func.count() >= TOGETHER, _since <= bindparam("long_ago")))
    .subquery()
)
UNSETTLED = (
    select(
        Assignment.assignment_id,
        Assignment.worker_id,
        Assignment.kind,
        Assignment.items,
        Assignment.active_seconds,
        Hit.reward_cents,
        Worker.excluded_at,
    )
    .join(_ripe, _ripe.c.worker_id == Assignment.worker_id)
    .join(Hit, Hit.id == Assignment.hit)
    .outerjoin(Worker, Worker.worker_id == Assignment.worker_id)
    .where(*_waiting)
    .order_by(_ripe.c.since, Assignment.worker_id, Assignment.submitted_at, Assignment.assignment_id)
    .limit(bindparam("most", type_=Integer))
)

REASON = "Your work took longer than its rewards allowed for. The bonus makes up for it."


@dataclass(frozen=True, slots=True)
class TopUps:
    """Assignments settled, and the cents of bonuses and their fees that the budget did not reach for."""

    settled: int
    short_cents: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The hourly wage to reach, what bonuses may cost in all, the crowd's share on top of them.

    `underpaid`: kinds that are paid less on purpose.
    """

    hourly_cents: int
    cents_left: int
    fee_rate: float
    underpaid: frozenset[str] = frozenset()


def plan_top_ups(session: Session, terms: Terms, now: datetime, limit: int, last: bool = False) -> TopUps:
    """Plan bonuses for up to `limit` paid assignments, and dispose of what is paid in full.

    At the `last`, everybody's work is settled, by what has been measured where a pilot was never finished.
    Workers are paid in the order in which they began to wait. Whom the money does not reach for goes on
    waiting, and their HITs with them.
    """
    paces = measured(session) | piloted(session) if last else piloted(session)
    if not paces:
        return TopUps(0, 0)
    by_worker: dict[str, list[Any]] = defaultdict(list)
    which = {"kinds": list(paces), "last": last, "long_ago": now - LATEST, "most": limit}
    for row in session.execute(UNSETTLED, which).all():
        by_worker[row.worker_id].append(row)
    left, short, settled = terms.cents_left, 0, 0
    for rows in by_worker.values():
        cents = _owed(rows, paces, terms)
        fee = fee_cents(cents, terms.fee_rate)
        if cents + fee > left:
            short += cents + fee
            continue
        left -= cents + fee
        settled += len(rows)
        _settle(session, rows, cents, fee, now)
    return TopUps(settled, short)


def _owed(rows: Sequence[Any], paces: Mapping[str, float], terms: Terms) -> int:
    """Give the cents by which rewards fall short of the time they were for; nothing for the excluded.

    A reward for work of which nobody knows how long it took makes up for no other.
    """
    timed = [row for row in rows if row.active_seconds is not None]
    counted = [row for row in timed if row.kind not in terms.underpaid and row.excluded_at is None]
    fair = sum(fair_cents(1, _credited(row, paces), terms.hourly_cents) for row in counted)
    rewards: int = sum(row.reward_cents for row in counted)
    return max(0, math.ceil(round(fair - rewards, 6)))


def _credited(row: Any, paces: Mapping[str, float]) -> float:
    seconds, items = float(row.active_seconds), int(row.items)
    return min(seconds, CREDITED * paces[row.kind] * items)


def _settle(session: Session, rows: Sequence[Any], cents: int, fee: int, now: datetime) -> None:
    # A bonus belongs to an assignment: the newest, whose HIT stays until the bonus is confirmed.
    names = [row.assignment_id for row in rows]
    changes = [{"row": name, "cents": 0, "fee": 0} for name in names[:-1]]
    changes.append({"row": names[-1], "cents": cents, "fee": fee})
    statement = update(Assignment).where(Assignment.assignment_id == bindparam("row"))
    paid = statement.values(bonus_cents=bindparam("cents"), bonus_fee_cents=bindparam("fee"))
    session.connection().execute(paid, changes)
    if cents:
        payload = {"worker_id": rows[-1].worker_id, "cents": cents, "reason": REASON}
        plan(session, "bonus", [(names[-1], payload)], now)
    dispose(session, names[:-1] if cents else names, now)
