"""Giving up what nobody may do: in a small crowd, all may have judged an image or had a hand in its boxes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from pipeline.desk.refusals import forget, waited
from pipeline.failed_drawings import doubters_of
from pipeline.settings import Settings
from pipeline.states import WORK, State
from pipeline.store import duplicate_groups
from pipeline.store.chunks import chunks
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.leases import subject_table
from pipeline.store.models import Box, Candidate, Pair, TurnedAway


def give_up(session: Session, settings: Settings, now: datetime) -> int:
    """Settle what waited too long: votes end as unsure, boxes as unboxed, doubtful pairs as different.

    An image of which drawers agree that it shows nothing ends as unsure too.

    Workers come for such work, so the market is alive, but none of them may take it.
    """
    patience = timedelta(hours=settings.crowd.patience_hours)
    moved = 0
    for refused in session.scalars(select(TurnedAway)).all():
        if waited(refused) >= patience:
            moved += _settle(session, refused, settings, now)
            forget(session, refused.kind, refused.wnid)
    return moved


def _settle(session: Session, refused: TurnedAway, settings: Settings, now: datetime) -> int:
    kind, items = refused.kind, set(refused.items)
    table = subject_table(kind)
    waiting = table.wanted > table.pending
    if kind == "check_duplicate":
        doubtful = session.scalars(select(Pair.id).where(Pair.verdict == "doubtful", waiting))
        pairs = sorted(items.intersection(doubtful))
        given_up = {"verdict": "different", "decided_by": "nobody", "wanted": 0}
        for part in chunks(pairs):
            session.execute(update(Pair).where(Pair.id.in_(part)).values(**given_up))
        record(session, [event("pair", pair, "given up", {}, now) for pair in pairs])
        duplicate_groups.refresh(session)
        return len(pairs)
    boxed = exists().where(Box.candidate_id == Candidate.id, Box.state == "accepted")
    agreed = (Candidate.yes > Candidate.no + Candidate.unsure).label("agreed")
    those = select(Candidate.id, Candidate.settled_as, agreed, boxed.label("boxed")).where(
        Candidate.state == WORK[kind], Candidate.wnid == refused.wnid, waiting
    )
    rows = [row for row in session.execute(those) if row.id in items]
    doubters = doubters_of(session, [row.id for row in rows if not row.boxed])
    empty = {candidate for candidate, mine in doubters.items() if mine.agree(1, settings)}
    return advance(session, [_move(kind, row, row.id in empty) for row in rows], now)


def _move(kind: str, row: Any, empty: bool) -> Move:
    before = WORK[kind]
    boxing = State.UNSURE if empty else State.UNBOXED
    # Where votes were taken out, what was accepted by them need not be any more.
    back = State(row.settled_as) if row.settled_as and row.agreed else State.UNSURE
    after = back if before is State.COLLECTED else boxing
    # Others would wait for the votes of a seed for ever.
    columns = {"wanted": 0, "seed": False} if before is State.COLLECTED else {"wanted": 0}
    return Move(row.id, before, after, "given up", {"kind": kind}, columns)
