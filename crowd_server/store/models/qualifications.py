"""What workers have shown they can do: qualification types, requests with tests, grants, blocks."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd_server.store.models.accounts import Requester, Worker
from crowd_server.store.models.table import EntityId, Table


class QualificationType(Table):
    """A qualification that a requester defined."""

    __tablename__ = "qualification_types"
    id: Mapped[int] = mapped_column(primary_key=True)
    qualification_type_id: Mapped[str] = mapped_column(EntityId, unique=True)
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(2000))
    keywords: Mapped[str | None] = mapped_column(String(1000))
    active: Mapped[bool]
    test: Mapped[str | None] = mapped_column(Text)
    test_seconds: Mapped[int | None]
    answer_key: Mapped[str | None] = mapped_column(Text)
    retry_seconds: Mapped[int | None]
    auto_granted: Mapped[bool] = mapped_column(default=False)
    auto_granted_value: Mapped[int | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    KEPT = text("deleted_at IS NULL")
    __table_args__ = (
        Index(
            "uq_qualification_types_live_name",
            "requester_id",
            "name",
            unique=True,
            sqlite_where=KEPT,
            postgresql_where=KEPT,
        ),
    )


class QualificationRequest(Table):
    """A worker asked for a qualification; `started`, `pending`, `granted` or `rejected`."""

    __tablename__ = "qualification_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(EntityId, unique=True)
    qualification_type_id: Mapped[str] = mapped_column(ForeignKey(QualificationType.qualification_type_id))
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id))
    state: Mapped[str] = mapped_column(String(12))
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index(None, "qualification_type_id", "state", "id"), Index(None, "worker_id", "id"))


class Qualification(Table):
    """A worker's value on a qualification; a revoked one stays as a row."""

    __tablename__ = "qualifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    qualification_type_id: Mapped[str] = mapped_column(ForeignKey(QualificationType.qualification_type_id))
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id))
    value: Mapped[int]
    granted: Mapped[bool]
    granted_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("worker_id", "qualification_type_id"),
        Index(None, "qualification_type_id", "id"),
    )


class WorkerBlock(Table):
    """A requester who wants no more work of a worker."""

    __tablename__ = "worker_blocks"
    id: Mapped[int] = mapped_column(primary_key=True)
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id))
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id), index=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("requester_id", "worker_id"),)
