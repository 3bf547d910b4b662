"""Every question that the sites ask of the database about work, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, select
from sqlalchemy.orm import Session

from crowd_server.store.models.accounts import Requester
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.qualifications import WorkerBlock


@dataclass(frozen=True)
class Group:
    """A HIT type as a worker meets it in the list."""

    hit_type: HitType
    requester: str
    available: int


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
OPEN = (Hit.status == "Assignable", Hit.expires_at > _given("now"))
OPEN_HITS = (
    select(Hit.hit_type_id, func.count().label("available")).where(*OPEN, ~MINE).group_by(Hit.hit_type_id)
).subquery()
GROUPS = (
    select(HitType, Requester.name, OPEN_HITS.c.available)
    .join(OPEN_HITS, OPEN_HITS.c.hit_type_id == HitType.hit_type_id)
    .join(Requester, Requester.requester_id == HitType.requester_id)
    .where(~BLOCK)
    .order_by(HitType.id.desc())
)
GROUP = select(HitType).where(HitType.group_id == _given("group_id"))
BLOCKS = select(WorkerBlock.id).where(
    WorkerBlock.requester_id == _given("requester_id"), WorkerBlock.worker_id == _given("worker_id")
)
NEXT_HIT = select(Hit).where(*OPEN, ~MINE, Hit.hit_type_id == _given("hit_type_id")).order_by(Hit.id).limit(1)
NEXT_HIT_LOCKED = NEXT_HIT.with_for_update(skip_locked=True)
NEXT_HIT_AWAITED = NEXT_HIT.with_for_update()
LIVE_ASSIGNMENT = select(Assignment).where(
    Assignment.assignment_id == _given("assignment_id"), Assignment.LIVE
)
TASK = (
    select(Hit.question, HitType.auto_approval_seconds)
    .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
    .where(Hit.hit_id == _given("hit_id"))
)
HELD = select(func.count()).where(Assignment.worker_id == _given("worker_id"), Assignment.state == "accepted")
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


def groups(session: Session, worker_id: str | None, now: datetime) -> list[Group]:
    """The HIT types with HITs that the worker may still do, newest first; qualifications not looked at."""
    rows = session.execute(GROUPS, {"worker_id": worker_id or "", "now": now})
    return [Group(row[0], row[1], row[2]) for row in rows]


def group(session: Session, group_id: str) -> HitType | None:
    """The HIT type behind a group id."""
    return session.scalars(GROUP, {"group_id": group_id}).first()


def is_blocked(session: Session, requester_id: str, worker_id: str) -> bool:
    """Whether the requester wants no work of this worker."""
    return session.scalar(BLOCKS, {"requester_id": requester_id, "worker_id": worker_id}) is not None


def next_hit(
    session: Session, hit_type_id: str, worker_id: str | None, now: datetime, *, lock: bool = False
) -> Hit | None:
    """The oldest HIT of a type that the worker may do; with `lock`, one that nobody else is taking."""
    given = {"hit_type_id": hit_type_id, "worker_id": worker_id or "", "now": now}
    if not lock:
        return session.scalars(NEXT_HIT, given).first()
    # Who finds every HIT in somebody's hands waits for one: it may have places left afterwards.
    turns = (NEXT_HIT_LOCKED, NEXT_HIT_AWAITED, NEXT_HIT_AWAITED)
    return next(filter(None, (session.scalars(turn, given).first() for turn in turns)), None)


def live_assignment(session: Session, assignment_id: str) -> Assignment | None:
    """The assignment that bears a public id now."""
    return session.scalars(LIVE_ASSIGNMENT, {"assignment_id": assignment_id}).first()


def task(session: Session, hit_id: str) -> tuple[str, int]:
    """A HIT's question, and the seconds after which its work is approved by itself."""
    row = session.execute(TASK, {"hit_id": hit_id}).one()
    return row[0], row[1]


def held(session: Session, worker_id: str) -> int:
    """How many HITs a worker has accepted and not finished."""
    return session.scalar(HELD, {"worker_id": worker_id}) or 0


def assignment_of(
    session: Session, assignment_id: str, worker_id: str
) -> tuple[Assignment, Hit, HitType] | None:
    """A worker's latest go under a public id, with its HIT and type; None when it is not theirs."""
    row = session.execute(GO, {"assignment_id": assignment_id, "worker_id": worker_id}).first()
    return (row[0], row[1], row[2]) if row else None


def queue(session: Session, worker_id: str) -> Sequence[Row[Assignment, HitType]]:
    """What a worker has accepted and not finished, the most urgent first."""
    return session.execute(QUEUE, {"worker_id": worker_id}).all()
