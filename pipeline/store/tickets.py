"""Reads about tickets on the market and what came back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.models import Assignment, Hit, Lease

SPENT = func.sum(
    Assignment.paid_cents + func.coalesce(Assignment.bonus_cents, 0) + Assignment.bonus_fee_cents
)
"""What assignments cost: rewards, bonuses, and the crowd's fees on both. Cents; NULL for no assignment."""


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of one kind of work on one synset: how many in each state, and what was paid for them."""

    kind: str
    wnid: str
    states: dict[str, int]
    with_workers: int
    paid_cents: int


@dataclass(frozen=True, slots=True)
class Held:
    """A submission that waits for a person."""

    assignment_id: str
    worker_id: str
    kind: str
    wnid: str
    cents: int
    submitted_at: datetime
    reason: str
    answer: str


def tickets(session: Session) -> list[Tickets]:
    """Count all tickets by kind and synset."""
    states: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for kind, wnid, state, count in session.execute(
        select(Hit.kind, Hit.wnid, Hit.state, func.count()).group_by(Hit.kind, Hit.wnid, Hit.state)
    ):
        states[kind, wnid][state] = count
    leased = select(Lease.kind, Lease.wnid, func.count()).where(Lease.state == "open")
    out = {(kind, wnid): n for kind, wnid, n in session.execute(leased.group_by(Lease.kind, Lease.wnid))}
    paid = select(Hit.kind, Hit.wnid, SPENT).join(Assignment, Assignment.hit == Hit.id)
    cents = {
        (kind, wnid): int(sum_) for kind, wnid, sum_ in session.execute(paid.group_by(Hit.kind, Hit.wnid))
    }
    return [
        Tickets(*key, states[key], out.get(key, 0), cents.get(key, 0))
        for key in sorted(states, key=lambda key: (key[1], key[0]))
    ]


def held(session: Session) -> list[Held]:
    """List the submissions that are held, oldest first."""
    rows = session.execute(
        select(Assignment, Hit.wnid, Hit.reward_cents)
        .join(Hit, Hit.id == Assignment.hit)
        .where(Assignment.state == "held")
        .order_by(Assignment.submitted_at, Assignment.assignment_id)
    )
    return [
        Held(
            one.assignment_id,
            one.worker_id,
            one.kind,
            wnid,
            cents,
            one.submitted_at,
            one.reason or "",
            one.answer,
        )
        for one, wnid, cents in rows
    ]
