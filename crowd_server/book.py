"""Every question that the sites ask of the database about work, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session

from crowd_server.models.accounts import Requester
from crowd_server.models.hits import Assignment, Hit, HitType
from crowd_server.models.money import Bonus
from crowd_server.models.qualifications import WorkerBlock
from crowd_server.rules import LIVE


@dataclass(frozen=True)
class Group:
    """A HIT type as a worker meets it in the list."""

    hit_type: HitType
    requester: str
    available: int


def _open_to(worker_id: str | None, now: datetime) -> Select[int]:
    query = select(Hit.id).where(Hit.status == "Assignable", Hit.expires_at > now)
    if worker_id is None:
        return query
    mine = exists().where(
        Assignment.hit_id == Hit.hit_id, Assignment.worker_id == worker_id, Assignment.state.in_(LIVE)
    )
    return query.where(~mine)


def groups(session: Session, worker_id: str | None, now: datetime) -> list[Group]:
    """The HIT types with HITs that the worker may still do, newest first; qualifications not looked at."""
    open_hits = (
        _open_to(worker_id, now).with_only_columns(Hit.hit_type_id, func.count().label("available"))
        .group_by(Hit.hit_type_id).subquery()
    )  # fmt: skip
    query = (
        select(HitType, Requester.name, open_hits.c.available)
        .join(open_hits, open_hits.c.hit_type_id == HitType.hit_type_id)
        .join(Requester, Requester.requester_id == HitType.requester_id)
        .order_by(HitType.id.desc())
    )
    if worker_id is not None:
        blocked = exists().where(
            WorkerBlock.requester_id == HitType.requester_id, WorkerBlock.worker_id == worker_id
        )
        query = query.where(~blocked)
    return [Group(*row) for row in session.execute(query)]


def group(session: Session, group_id: str) -> HitType | None:
    """The HIT type behind a group id."""
    return session.scalars(select(HitType).where(HitType.group_id == group_id)).first()


def is_blocked(session: Session, requester_id: str, worker_id: str) -> bool:
    """Whether the requester wants no work of this worker."""
    block = select(WorkerBlock.id).where(
        WorkerBlock.requester_id == requester_id, WorkerBlock.worker_id == worker_id
    )
    return session.scalar(block) is not None


def next_hit(
    session: Session, hit_type_id: str, worker_id: str | None, now: datetime, *, lock: bool = False
) -> Hit | None:
    """The oldest HIT of a type that the worker may do; with `lock`, one that nobody else is taking."""
    ids = _open_to(worker_id, now).where(Hit.hit_type_id == hit_type_id)
    query = ids.with_only_columns(Hit).order_by(Hit.id).limit(1)
    return session.scalars(query.with_for_update(skip_locked=True) if lock else query).first()


def live_assignment(session: Session, assignment_id: str) -> Assignment | None:
    """The assignment that bears a public id now."""
    query = select(Assignment).where(Assignment.assignment_id == assignment_id, Assignment.state.in_(LIVE))
    return session.scalars(query).first()


def assignment_of(
    session: Session, assignment_id: str, worker_id: str
) -> tuple[Assignment, Hit, HitType] | None:
    """A worker's latest go under a public id, with its HIT and type; None when it is not theirs."""
    query = (
        select(Assignment, Hit, HitType)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .where(Assignment.assignment_id == assignment_id, Assignment.worker_id == worker_id)
        .order_by(Assignment.id.desc())
    )
    row = session.execute(query.limit(1)).first()
    return (row[0], row[1], row[2]) if row else None


def queue(session: Session, worker_id: str) -> Sequence[Row[Assignment, HitType]]:
    """What a worker has accepted and not finished, the most urgent first."""
    query = (
        select(Assignment, HitType)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .where(Assignment.worker_id == worker_id, Assignment.state == "accepted")
        .order_by(Assignment.deadline)
    )
    return session.execute(query).all()


def work_done(session: Session, worker_id: str, limit: int) -> Sequence[Row[Assignment, HitType]]:
    """A worker's submitted, approved and rejected assignments, the latest first."""
    query = (
        select(Assignment, HitType)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .where(Assignment.worker_id == worker_id, Assignment.state.in_(LIVE[1:]))
        .order_by(Assignment.id.desc())
    )
    return session.execute(query.limit(limit)).all()


def bonuses(session: Session, worker_id: str, limit: int) -> Sequence[Bonus]:
    """A worker's bonuses, the latest first."""
    return session.scalars(
        select(Bonus).where(Bonus.worker_id == worker_id).order_by(Bonus.id.desc()).limit(limit)
    ).all()
