"""The work: HIT types, HITs, assignments, and the tokens that keep a request from being done twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd_server.store.models.accounts import Requester, Worker
from crowd_server.store.models.table import EntityId, Table


class HitType(Table):
    """What HITs of one group have in common; equal properties are one row (the fingerprint)."""

    __tablename__ = "hit_types"
    id: Mapped[int] = mapped_column(primary_key=True)
    hit_type_id: Mapped[str] = mapped_column(EntityId, unique=True)
    group_id: Mapped[str] = mapped_column(EntityId, unique=True)
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id))
    fingerprint: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(String(2000))
    keywords: Mapped[str] = mapped_column(String(1000))
    reward_cents: Mapped[int]
    duration_seconds: Mapped[int]
    auto_approval_seconds: Mapped[int]
    requirements: Mapped[list[Any]]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("requester_id", "fingerprint"),
        Index(None, "reward_cents", "id"),
        Index(None, "duration_seconds", "id"),
    )


class Hit(Table):
    """One HIT. Its counters always add up to `max_assignments`; the database itself refuses to oversell."""

    __tablename__ = "hits"
    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[str] = mapped_column(EntityId, unique=True)
    hit_type_id: Mapped[str] = mapped_column(ForeignKey(HitType.hit_type_id))
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id))
    question: Mapped[str] = mapped_column(Text)
    annotation: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(20))
    review_status: Mapped[str] = mapped_column(String(24), default="NotReviewed")
    max_assignments: Mapped[int]
    created_with: Mapped[int]
    available: Mapped[int]
    pending: Mapped[int] = mapped_column(default=0)
    submitted: Mapped[int] = mapped_column(default=0)
    completed: Mapped[int] = mapped_column(default=0)
    fee_cents: Mapped[int] = mapped_column(default=0)
    held_assignments: Mapped[int] = mapped_column(default=0)
    policies: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reviewable_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("available >= 0 AND pending >= 0 AND submitted >= 0 AND completed >= 0", "counters"),
        CheckConstraint("available + pending + submitted + completed = max_assignments", "nothing_oversold"),
        Index(None, "hit_type_id", "status", "id", "expires_at"),
        Index(None, "requester_id", "status", "id"),
        Index(None, "status", "expires_at"),
        Index(None, "status", "reviewable_at"),
    )


class Assignment(Table):
    """One worker's go at one HIT. A returned one may leave its public id to another worker."""

    __tablename__ = "assignments"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[str] = mapped_column(EntityId)
    hit_id: Mapped[str] = mapped_column(ForeignKey(Hit.hit_id))
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id))
    state: Mapped[str] = mapped_column(String(12))
    accepted_at: Mapped[datetime]
    deadline: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    auto_approval_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
    feedback: Mapped[str | None] = mapped_column(Text)

    LIVE = text("state NOT IN ('returned', 'abandoned')")
    __table_args__ = (
        Index(
            "uq_assignments_live_id", "assignment_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE
        ),
        Index(
            "uq_assignments_one_a_worker",
            "hit_id",
            "worker_id",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index(None, "worker_id", "state", "id"),
        Index(None, "state", "deadline"),
        Index(None, "state", "auto_approval_at"),
    )


class RequestToken(Table):
    """A UniqueRequestToken that was used, and what its request made."""

    __tablename__ = "request_tokens"
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    made: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime] = mapped_column(index=True)


class ReviewEntry(Table):
    """A line of a review report: a result that a policy found, or an action that it took."""

    __tablename__ = "review_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[str] = mapped_column(ForeignKey(Hit.hit_id), index=True)
    level: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(6))
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
