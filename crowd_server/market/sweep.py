"""What the passing of time does: deadlines, expirations, automatic approvals, disposal, old tokens.

Evaluated lazily: each request calls `Sweeper.sweep`, which looks at the database only when the clock has
moved on enough for anything to be due.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, select
from sqlalchemy.orm import Session

from crowd_server.market import assignments, hits, judgement
from crowd_server.market.rules import DISPOSAL_DAYS, REVIEWABLE, TOKEN_HOURS
from crowd_server.store.engine import Database
from crowd_server.store.models.hits import Assignment, Hit, RequestToken

INTERVAL = timedelta(seconds=0.5)
BATCH = 200
# Whose rows, which of them are due, and what is done to each.
Errand = tuple[type[Assignment] | type[Hit], ColumnElement[bool], Callable[[Session, Any, datetime], object]]


class Sweeper:
    """Carries out what is due, at most twice a second of the server's clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.last: datetime | None = None
        self.turn = threading.Lock()

    def sweep(self, now: datetime) -> None:
        """Bring the database up to `now`, in small transactions; who comes meanwhile waits for the end."""
        if self._is_done(now):
            return
        with self.turn:
            if self._is_done(now):
                return
            try:
                while self._anything_due(now):
                    sweep_batch(self.database, now)
            finally:  # a sweep that fails is one request's misfortune, not everybody's
                self.last = now

    def _is_done(self, now: datetime) -> bool:
        return self.last is not None and self.last <= now < self.last + INTERVAL

    def _anything_due(self, now: datetime) -> bool:
        with self.database.reading() as session:
            return anything_due(session, now)


def _errands(now: datetime) -> tuple[Errand, ...]:
    accepted, submitted = Assignment.state == "accepted", Assignment.state == "submitted"
    reviewed = and_(Hit.status.in_(REVIEWABLE), Hit.submitted == 0)
    return (
        (Assignment, and_(accepted, Assignment.deadline < now), _abandon),
        (Hit, and_(Hit.status == "Assignable", Hit.expires_at <= now), hits.expire),
        (Assignment, and_(submitted, Assignment.auto_approval_at <= now), _approve),
        (Hit, and_(reviewed, Hit.reviewable_at < now - timedelta(days=DISPOSAL_DAYS)), hits.dispose),
    )


def _abandon(session: Session, assignment: Assignment, now: datetime) -> None:
    assignments.give_back(session, assignment, "abandoned", now)


def _approve(session: Session, assignment: Assignment, now: datetime) -> None:
    judgement.approve(session, assignment, now, None, override=False)


def _used_up(now: datetime) -> ColumnElement[bool]:
    return RequestToken.used_at < now - timedelta(hours=TOKEN_HOURS)


def anything_due(session: Session, now: datetime) -> bool:
    """Whether the time that has passed has any effect left to carry out."""
    queries = (select(table.id).where(due) for table, due, _ in _errands(now))
    if any(session.scalar(query.limit(1)) is not None for query in queries):
        return True
    return session.scalar(select(RequestToken.token).where(_used_up(now)).limit(1)) is not None


def sweep_batch(database: Database, now: datetime) -> None:
    """A part of what is due, each row in a transaction of its own.

    Several in one would lock HITs and accounts in any order, and wait in a circle with what else goes on.
    """
    for table, due, carry_out in _errands(now):
        with database.reading() as session:
            ids = session.scalars(select(table.id).where(due).limit(BATCH)).all()
        for row_id in ids:
            with database.writing() as session:
                row = _take(session, select(table).where(table.id == row_id, due))
                if row is not None:
                    carry_out(session, row, now)
    with database.writing() as session:
        session.execute(delete(RequestToken).where(_used_up(now)))


def _take(session: Session, query: Select[Any]) -> Any:
    """The row, unless another process is at it or has been."""
    return session.scalars(query.with_for_update(skip_locked=True)).first()
