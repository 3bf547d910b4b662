"""What the crowd shall know of workers: scores of entry tests, and who gets no more work.

Each change is a row, and an effect in the outbox that takes it to the crowd; who is barred follows from
exclusions and screening alone, so that whoever is let back in finds the HITs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.ballots import EXCLUDED
from pipeline.store.journal import event, record
from pipeline.store.models import Qualification, Screened
from pipeline.tickets.outbox import plan
from pipeline.tickets.skills import excluded_from

BARRED = 1
"""The score of those who are barred: what counts is that there is one."""

TURNED_AWAY = select(Screened.kind, Screened.worker_id).where(Screened.action == "turn_away")
HELD = select(Qualification.name, Qualification.worker_id).where(
    Qualification.name.startswith(excluded_from()), Qualification.value.is_not(None)
)


def plan_bars(session: Session, now: datetime) -> int:
    """Plan to hide our HITs from whoever is excluded or turned away, and to show them again; count both."""
    wanted = {(excluded_from(), worker) for worker in session.scalars(EXCLUDED)}
    wanted |= {(excluded_from(scope), worker) for scope, worker in session.execute(TURNED_AWAY)}
    held = {(name, worker) for name, worker in session.execute(HELD)}
    changes: dict[tuple[str, str], int | None] = dict.fromkeys(sorted(wanted - held), BARRED)
    changes |= dict.fromkeys(sorted(held - wanted))
    return set_scores(session, changes, now)


def set_scores(session: Session, scores: Mapping[tuple[str, str], int | None], now: datetime) -> int:
    """Decide scores anew, by (name, worker), and plan to tell the crowd; give their number."""
    rows = [_row(session, *key) for key in scores]
    for row, value in zip(rows, scores.values(), strict=True):
        row.value, row.changed_at = value, now
        row.changes += 1
    session.flush()
    plan(session, "qualify", [(f"{row.id}.{row.changes}", {"qualification": row.id}) for row in rows], now)
    told = [
        event("worker", row.worker_id, "qualified", {"name": row.name, "score": row.value}, now)
        for row in rows
    ]
    record(session, told)
    return len(rows)


def _row(session: Session, name: str, worker_id: str) -> Qualification:
    mine = select(Qualification).where(Qualification.name == name, Qualification.worker_id == worker_id)
    row = session.scalar(mine)
    if row is None:
        row = Qualification(name=name, worker_id=worker_id, changes=0)
        session.add(row)
    return row
