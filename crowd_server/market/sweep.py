"""What the passing of time does: deadlines, expirations, automatic approvals, disposal, old tokens.

Evaluated lazily: each request calls `Sweeper.sweep`, which looks at the database only when the clock has
moved on enough for anything to be due.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from crowd_server.market import assignments, hits, judgement
from crowd_server.market.rules import DISPOSAL_DAYS, REVIEWABLE, TOKEN_HOURS
from crowd_server.store.engine import Database
from crowd_server.store.models.hits import Assignment, Hit, RequestToken

INTERVAL = timedelta(seconds=0.5)
BATCH = 200
Row = TypeVar("Row", Assignment, Hit)


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
                    with self.database.writing() as session:
                        sweep_batch(session, now)
            finally:  # a sweep that fails is one request's misfortune, not everybody's
                self.last = now

    def _is_done(self, now: datetime) -> bool:
        return self.last is not None and self.last <= now < self.last + INTERVAL

    def _anything_due(self, now: datetime) -> bool:
        with self.database.reading() as session:
            return anything_due(session, now)


def _late(now: datetime) -> Select[int]:
    return select(Assignment.id).where(Assignment.state == "accepted", Assignment.deadline < now)


def _expired(now: datetime) -> Select[int]:
    return select(Hit.id).where(Hit.status == "Assignable", Hit.expires_at <= now)


def _unreviewed(now: datetime) -> Select[int]:
    return select(Assignment.id).where(Assignment.state == "submitted", Assignment.auto_approval_at <= now)


def _forgotten(now: datetime) -> Select[int]:
    old = now - timedelta(days=DISPOSAL_DAYS)
    return select(Hit.id).where(Hit.status.in_(REVIEWABLE), Hit.submitted == 0, Hit.reviewable_at < old)


def _used_up(now: datetime) -> ColumnElement[bool]:
    return RequestToken.used_at < now - timedelta(hours=TOKEN_HOURS)


def anything_due(session: Session, now: datetime) -> bool:
    """Whether the time that has passed has any effect left to carry out."""
    queries = (_late(now), _expired(now), _unreviewed(now), _forgotten(now))
    if any(session.scalar(query.limit(1)) is not None for query in queries):
        return True
    return session.scalar(select(RequestToken.token).where(_used_up(now)).limit(1)) is not None


def sweep_batch(session: Session, now: datetime) -> None:
    """One transaction's worth of what is due. Rows that another process is at are left to it."""
    for assignment in _take(session, Assignment, _late(now)):
        assignments.give_back(session, assignment, "abandoned", now)
    for hit in _take(session, Hit, _expired(now)):
        hits.expire(session, hit, now)
    for assignment in _take(session, Assignment, _unreviewed(now)):
        judgement.approve(session, assignment, now, None, override=False)
    for hit in _take(session, Hit, _forgotten(now)):
        hits.dispose(session, hit, now)
    session.execute(delete(RequestToken).where(_used_up(now)))


def _take(session: Session, table: type[Row], due: Select[int]) -> Sequence[Row]:
    ids = session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all()
    return session.scalars(select(table).where(table.id.in_(ids))).all()
