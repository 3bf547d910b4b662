"""A worker's earnings: by day, by state, and per hour of work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from crowd_server.market import ledger
from crowd_server.market.rules import SUBMITTED
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.money import Bonus, Payout, Transfer
from crowd_server.store.models.post import Appeal


@dataclass
class Day:
    """What was handed in on one day (UTC), in cents by what became of it, and the bonuses of that day."""

    day: date
    handed_in: int = 0
    pending: int = 0
    approved: int = 0
    rejected: int = 0
    bonuses: int = 0
    intervals: list[tuple[datetime, datetime]] = field(default_factory=list)

    def add(self, state: str, cents: int, interval: tuple[datetime, datetime]) -> None:
        """Count one assignment that was handed in."""
        self.handed_in += 1
        self.pending += cents if state == "submitted" else 0
        self.approved += cents if state == "approved" else 0
        self.rejected += cents if state == "rejected" else 0
        self.intervals.append(interval)

    @property
    def seconds(self) -> float:
        """How long the worker was at it."""
        return worked_seconds(self.intervals)

    @property
    def earned(self) -> int:
        """All but what was rejected."""
        return self.pending + self.approved + self.bonuses

    @property
    def hourly(self) -> int | None:
        """Earned cents per hour; None before there is a minute to go by."""
        return hourly_cents(self.earned, self.seconds)


def worked_seconds(intervals: Iterable[tuple[datetime, datetime]]) -> float:
    """The length of the union of intervals: HITs held at the same time are the same working time.

    >>> at = datetime(2026, 1, 1)
    >>> minute = timedelta(minutes=1)
    >>> nested, apart = (at + minute, at + 2 * minute), (at + 5 * minute, at + 6 * minute)
    >>> worked_seconds([(at, at + 3 * minute), nested, apart])
    240.0
    """
    total, reached = timedelta(), None
    for start, end in sorted(intervals):
        begin = start if reached is None or start > reached else reached
        total += max(end - begin, timedelta())
        reached = end if reached is None else max(reached, end)
    return total.total_seconds()


def hourly_cents(cents: int, seconds: float) -> int | None:
    """Cents per hour; None before there is a minute to go by."""
    return round(cents * 3600 / seconds) if seconds >= 60 else None


def by_day(session: Session, worker_id: str, since: datetime) -> list[Day]:
    """The days since `since` on which something happened, the latest first."""
    days: dict[date, Day] = {}

    def on(moment: datetime) -> Day:
        return days.setdefault(moment.date(), Day(moment.date()))

    for state, accepted_at, submitted_at, cents in session.execute(_work(worker_id, since)):
        assert submitted_at is not None, "the query asks for what was handed in"
        on(submitted_at).add(state, cents, (accepted_at, submitted_at))
    extra = select(Transfer.at, Transfer.cents).where(
        Transfer.target == ledger.worker_account(worker_id),
        Transfer.kind.in_(("bonus", "compensation")),
        Transfer.at >= since,
    )
    for at, cents in session.execute(extra):
        on(at).bonuses += cents
    return sorted(days.values(), key=lambda day: day.day, reverse=True)


def sum_of(days: Iterable[Day], day: date) -> Day:
    """Several days as one."""
    total = Day(day)
    for one in days:
        total.handed_in += one.handed_in
        total.pending += one.pending
        total.approved += one.approved
        total.rejected += one.rejected
        total.bonuses += one.bonuses
        total.intervals += one.intervals
    return total


def _work(worker_id: str, since: datetime) -> Select[str, datetime, datetime | None, int]:
    return (
        select(Assignment.state, Assignment.accepted_at, Assignment.submitted_at, HitType.reward_cents)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .where(
            Assignment.worker_id == worker_id,
            Assignment.state.in_(SUBMITTED),
            Assignment.submitted_at >= since,
        )
    )


def work_between(
    session: Session, worker_id: str, start: datetime, end: datetime, limit: int
) -> Sequence[Row[Assignment, HitType, Appeal]]:
    """A worker's handed-in assignments of a span of time, with their appeals, the latest first."""
    query = (
        select(Assignment, HitType, Appeal)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .outerjoin(Appeal, Appeal.assignment == Assignment.id)
        .where(
            Assignment.worker_id == worker_id,
            Assignment.state.in_(SUBMITTED),
            Assignment.submitted_at >= start,
            Assignment.submitted_at < end,
        )
        .order_by(Assignment.id.desc())
    )
    return session.execute(query.limit(limit)).all()


def bonuses_between(
    session: Session, worker_id: str, start: datetime, end: datetime, limit: int
) -> Sequence[Bonus]:
    """A worker's bonuses of a span of time, the latest first."""
    query = select(Bonus).where(Bonus.worker_id == worker_id, Bonus.at >= start, Bonus.at < end)
    return session.scalars(query.order_by(Bonus.id.desc()).limit(limit)).all()


def payouts_of(session: Session, worker_id: str) -> Sequence[Payout]:
    """What was paid out to a worker, the latest first."""
    return session.scalars(
        select(Payout).where(Payout.worker_id == worker_id).order_by(Payout.id.desc())
    ).all()
