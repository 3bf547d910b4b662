"""What the run remembers: facts, effects on the crowd, events, releases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models.table import Row


class Fact(Row):
    """One value that the run must remember about itself: its seed, the key that signs leases."""

    __tablename__ = "facts"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Outbox(Row):
    """One effect on the crowd's server: planned in the database first, sent next, confirmed last."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    reply: Mapped[dict[str, Any] | None]
    __table_args__ = (UniqueConstraint("action", "subject"), Index("ix_outbox_state", "state"))


class Event(Row):
    """Something that happened, with the numbers that decided it. Triggers forbid changes and deletions."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str | None] = mapped_column(String(16))
    data: Mapped[dict[str, Any]]
    __table_args__ = (Index("ix_events_kind_subject", "kind", "subject"),)


class ReleaseVersion(Row):
    """A release that was written, and where."""

    __tablename__ = "releases"
    version: Mapped[str] = mapped_column(primary_key=True)
    folder: Mapped[str] = mapped_column(Text)
    digest: Mapped[str]
    images: Mapped[int]
    boxes: Mapped[int]
    released_at: Mapped[datetime]


class SplitMember(Row):
    """The split that a duplicate group got in its first release, for ever."""

    __tablename__ = "split_members"
    content_group: Mapped[str] = mapped_column(primary_key=True)
    split: Mapped[str]
