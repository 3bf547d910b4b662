"""What people tell each other: messages, appeals, reports, notifications to requesters' programs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crowd_server.store.models.accounts import Requester, Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.table import EntityId, Table


class Message(Table):
    """A requester's (or, without requester, the operator's) message to a worker, or the worker's reply."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id))
    requester_id: Mapped[str | None] = mapped_column(ForeignKey(Requester.requester_id))
    from_worker: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "worker_id", "id"),)


class Appeal(Table):
    """A worker's objection to a rejection: open until the operator upholds or dismisses it."""

    __tablename__ = "appeals"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment: Mapped[int] = mapped_column(ForeignKey(Assignment.id), unique=True)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), default="open")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)


class Report(Table):
    """A worker says that a HIT is broken, offensive or unfair."""

    __tablename__ = "reports"
    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[str] = mapped_column(ForeignKey(Hit.hit_id), index=True)
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class NotificationSetting(Table):
    """Where the events of a HIT type go."""

    __tablename__ = "notification_settings"
    hit_type_id: Mapped[str] = mapped_column(ForeignKey(HitType.hit_type_id), primary_key=True)
    destination: Mapped[str] = mapped_column(String(2000))
    transport: Mapped[str] = mapped_column(String(10))
    event_types: Mapped[list[Any]]
    active: Mapped[bool]


class Notification(Table):
    """An event on its way: sent until the destination says 2xx, with back-off, then given up."""

    __tablename__ = "notifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id))
    document_id: Mapped[str] = mapped_column(EntityId, unique=True)
    destination: Mapped[str] = mapped_column(String(2000))
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    delivered_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))
