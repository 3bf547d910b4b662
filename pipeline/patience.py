"""Giving up what nobody may do: in a small crowd, all may have judged an image or had a hand in its boxes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from pipeline.leases import subject_table
from pipeline.settings import Settings
from pipeline.states import WORK, State
from pipeline.store import duplicate_groups
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Candidate, Lease, Pair, TurnedAway


def give_up(session: Session, settings: Settings, now: datetime) -> int:
    """Settle what waited too long: votes end as unsure, boxes as unboxed, doubtful pairs as different.

    Workers come for such work, so the market is alive, but none of them may take it.
    """
    patience = timedelta(hours=settings.crowd.patience_hours)
    last_lease = (
        select(func.max(Lease.opened_at))
        .where(Lease.kind == TurnedAway.kind, Lease.wnid == TurnedAway.wnid)
        .scalar_subquery()
    )
    moved = 0
    for kind, wnid, at, leased in session.execute(
        select(TurnedAway.kind, TurnedAway.wnid, TurnedAway.at, last_lease.label("leased"))
    ).all():
        if leased and at - leased >= patience:
            moved += _settle(session, kind, wnid, now)
    return moved


def _settle(session: Session, kind: str, wnid: str, now: datetime) -> int:
    table = subject_table(kind)
    waiting = table.wanted > table.pending
    if kind == "check_duplicate":
        pairs = session.scalars(select(Pair.id).where(Pair.verdict == "doubtful", waiting)).all()
        given_up = {"verdict": "different", "decided_by": "nobody", "wanted": 0}
        session.execute(update(Pair).where(Pair.id.in_(pairs)).values(**given_up))
        record(session, [event("pair", pair, "given up", {}, now) for pair in pairs])
        duplicate_groups.refresh(session)
        return len(pairs)
    rows = session.execute(
        select(Candidate.id, Candidate.settled_as).where(
            Candidate.state == WORK[kind], Candidate.wnid == wnid, waiting
        )
    )
    return advance(session, [_move(kind, row) for row in rows], now)


def _move(kind: str, row: Any) -> Move:
    before = WORK[kind]
    after = State(row.settled_as or State.UNSURE) if before is State.COLLECTED else State.UNBOXED
    return Move(row.id, before, after, "given up", {"kind": kind}, {"wanted": 0})
