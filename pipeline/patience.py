"""Giving up what nobody may do: in a small crowd, all may have judged an image or had a hand in its boxes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from pipeline.failed_drawings import doubters_of
from pipeline.settings import Settings
from pipeline.states import WORK, State
from pipeline.store import duplicate_groups
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.leases import subject_table
from pipeline.store.models import Box, Candidate, Lease, Pair, TurnedAway

_last_lease = (
    select(func.max(Lease.opened_at))
    .where(Lease.kind == TurnedAway.kind, Lease.wnid == TurnedAway.wnid)
    .scalar_subquery()
)
REFUSED = select(TurnedAway.kind, TurnedAway.wnid, TurnedAway.at, _last_lease.label("leased"))


def give_up(session: Session, settings: Settings, now: datetime) -> int:
    """Settle what waited too long: votes end as unsure, boxes as unboxed, doubtful pairs as different.

    An image of which drawers agree that it shows nothing ends as unsure too.

    Workers come for such work, so the market is alive, but none of them may take it.
    """
    patience = timedelta(hours=settings.crowd.patience_hours)
    moved = 0
    for kind, wnid, at, leased in session.execute(REFUSED).all():
        if leased and at - leased >= patience:
            moved += _settle(session, kind, wnid, settings, now)
    return moved


def _settle(session: Session, kind: str, wnid: str, settings: Settings, now: datetime) -> int:
    table = subject_table(kind)
    waiting = table.wanted > table.pending
    if kind == "check_duplicate":
        pairs = session.scalars(select(Pair.id).where(Pair.verdict == "doubtful", waiting)).all()
        given_up = {"verdict": "different", "decided_by": "nobody", "wanted": 0}
        session.execute(update(Pair).where(Pair.id.in_(pairs)).values(**given_up))
        record(session, [event("pair", pair, "given up", {}, now) for pair in pairs])
        duplicate_groups.refresh(session)
        return len(pairs)
    boxed = exists().where(Box.candidate_id == Candidate.id, Box.state == "accepted")
    rows = session.execute(
        select(Candidate.id, Candidate.settled_as, boxed.label("boxed")).where(
            Candidate.state == WORK[kind], Candidate.wnid == wnid, waiting
        )
    ).all()
    doubters = doubters_of(session, [row.id for row in rows if not row.boxed])
    empty = {candidate for candidate, mine in doubters.items() if mine.agree(1, settings)}
    return advance(session, [_move(kind, row, row.id in empty) for row in rows], now)


def _move(kind: str, row: Any, empty: bool) -> Move:
    before = WORK[kind]
    boxing = State.UNSURE if empty else State.UNBOXED
    after = State(row.settled_as or State.UNSURE) if before is State.COLLECTED else boxing
    return Move(row.id, before, after, "given up", {"kind": kind}, {"wanted": 0})
