"""What the passing of time does: deadlines, expirations, automatic approvals, disposal, old tokens.

Evaluated lazily: each request calls `Sweeper.sweep`, which looks at the database only when the clock has
moved on enough for anything to be due.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crowd_server import assignments, hits, judgement
from crowd_server.engine import Database
from crowd_server.models.hits import Assignment, Hit, RequestToken
from crowd_server.rules import DISPOSAL_DAYS, REVIEWABLE, TOKEN_HOURS

INTERVAL = timedelta(seconds=0.5)
BATCH = 200


class Sweeper:
    """Carries out what is due, at most twice a second of the server's clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.last: datetime | None = None

    def sweep(self, now: datetime) -> None:
        """Bring the database up to `now`, in small transactions."""
        if self.last is not None and self.last <= now < self.last + INTERVAL:
            return
        self.last = now
        while self._anything_due(now):
            with self.database.writing() as session:
                sweep_batch(session, now)

    def _anything_due(self, now: datetime) -> bool:
        with self.database.reading() as session:
            return any(session.scalar(query.limit(1)) is not None for query in _due(now))


def _due(now: datetime) -> list:  # type: ignore[type-arg]
    old = now - timedelta(days=DISPOSAL_DAYS)
    return [
        select(Assignment.id).where(Assignment.state == "accepted", Assignment.deadline < now),
        select(Hit.id).where(Hit.status == "Assignable", Hit.expires_at <= now),
        select(Assignment.id).where(Assignment.state == "submitted", Assignment.auto_approval_at <= now),
        select(Hit.id).where(Hit.status.in_(REVIEWABLE), Hit.submitted == 0, Hit.reviewable_at < old),
        select(RequestToken.token).where(RequestToken.used_at < now - timedelta(hours=TOKEN_HOURS)),
    ]


def sweep_batch(session: Session, now: datetime) -> None:
    """One transaction's worth of what is due. Rows that another process is at are left to it."""
    late, expired, unreviewed, forgotten, _ = _due(now)
    for assignment in _take(session, Assignment, late):
        assignments.give_back(session, assignment, "abandoned", now)
    for hit in _take(session, Hit, expired):
        hits.expire(session, hit, now)
    for assignment in _take(session, Assignment, unreviewed):
        judgement.approve(session, assignment, now, None, override=False)
    for hit in _take(session, Hit, forgotten):
        hits.dispose(session, hit, now)
    session.execute(delete(RequestToken).where(RequestToken.used_at < now - timedelta(hours=TOKEN_HOURS)))


def _take(session: Session, model, due):  # type: ignore[no-untyped-def]
    ids = session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all()
    return session.scalars(select(model).where(model.id.in_(ids))).all()
