"""Every question that the sites ask of the database about work, by name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, select
from sqlalchemy.orm import Session

from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.qualifications import WorkerBlock


def _given(name: str) -> Any:
    return bindparam(name)


# Statements are made once: building one costs as much as running it, and these run on every page.
MINE = exists().where(
    # Written as the unique index has it, so that both databases see that the index answers it.
    Assignment.hit_id == Hit.hit_id,
    Assignment.worker_id == _given("worker_id"),
    Assignment.LIVE,
)
BLOCK = exists().where(
    WorkerBlock.requester_id == HitType.requester_id, WorkerBlock.worker_id == _given("worker_id")
)
# Always asked of one HIT type. The coalesce, of a column that is never null, keeps SQLite from walking
# through the open HITs of all types by their expiration instead.
OPEN = (Hit.status == "Assignable", func.coalesce(Hit.expires_at, _given("now")) > _given("now"))
GROUP = select(HitType).where(HitType.group_id == _given("group_id"))
HELD = select(func.count()).where(Assignment.worker_id == _given("worker_id"), Assignment.state == "accepted")
DEALINGS = select(
    exists().where(
        WorkerBlock.requester_id == _given("requester_id"), WorkerBlock.worker_id == _given("worker_id")
    ),
    HELD.scalar_subquery(),
)
NEXT_HIT = select(Hit).where(*OPEN, ~MINE, Hit.hit_type_id == _given("hit_type_id")).order_by(Hit.id).limit(1)
NEXT_HIT_ID = NEXT_HIT.with_only_columns(Hit.hit_id)
NEXT_HIT_LOCKED = NEXT_HIT_ID.with_for_update(skip_locked=True)
NEXT_HIT_AWAITED = NEXT_HIT_ID.with_for_update()
LIVE_TASK = (
    select(Assignment, Hit.question, HitType.auto_approval_seconds)
    .join(Hit, Hit.hit_id == Assignment.hit_id)
    .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
    .where(Assignment.assignment_id == _given("assignment_id"), Assignment.LIVE)
)
GO = (
    select(Assignment, Hit, HitType)
    .join(Hit, Hit.hit_id == Assignment.hit_id)
    .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
    .where(Assignment.assignment_id == _given("assignment_id"), Assignment.worker_id == _given("worker_id"))
    .order_by(Assignment.id.desc())
    .limit(1)
)
QUEUE = (
    select(Assignment, HitType)
    .join(Hit, Hit.hit_id == Assignment.hit_id)
    .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
    .where(Assignment.worker_id == _given("worker_id"), Assignment.state == "accepted")
    .order_by(Assignment.deadline)
)


def group(session: Session, group_id: str) -> HitType | None:
    """The HIT type behind a group id."""
    return session.scalars(GROUP, {"group_id": group_id}).first()


def dealings(session: Session, worker_id: str, requester_id: str) -> tuple[bool, int]:
    """Whether the requester wants no work of this worker; how many HITs the worker holds, of anybody."""
    blocked, held = session.execute(DEALINGS, {"requester_id": requester_id, "worker_id": worker_id}).one()
    return bool(blocked), held


def next_hit(session: Session, hit_type_id: str, worker_id: str | None, now: datetime) -> Hit | None:
    """The oldest HIT of a type that the worker may do."""
    given = {"hit_type_id": hit_type_id, "worker_id": worker_id or "", "now": now}
    return session.scalars(NEXT_HIT, given).first()


def take_hit(session: Session, hit_type_id: str, worker_id: str, now: datetime) -> str | None:
    """The id of the oldest HIT of a type that the worker may do and nobody else is taking; locked."""
    given = {"hit_type_id": hit_type_id, "worker_id": worker_id, "now": now}
    # Who finds every HIT in somebody's hands waits for one: it may have places left afterwards.
    turns = (NEXT_HIT_LOCKED, NEXT_HIT_AWAITED, NEXT_HIT_AWAITED)
    return next(filter(None, (session.scalars(turn, given).first() for turn in turns)), None)


def live_task(session: Session, assignment_id: str) -> Row[Assignment, str, int] | None:
    """The assignment that bears a public id now, its question, and its type's seconds until approval."""
    return session.execute(LIVE_TASK, {"assignment_id": assignment_id}).first()


def assignment_of(
    session: Session, assignment_id: str, worker_id: str
) -> tuple[Assignment, Hit, HitType] | None:
    """A worker's latest go under a public id, with its HIT and type; None when it is not theirs."""
    row = session.execute(GO, {"assignment_id": assignment_id, "worker_id": worker_id}).first()
    return (row[0], row[1], row[2]) if row else None


def queue(session: Session, worker_id: str) -> Sequence[Row[Assignment, HitType]]:
    """What a worker has accepted and not finished, the most urgent first."""
    return session.execute(QUEUE, {"worker_id": worker_id}).all()
