"""Workers: who is excluded, screened, qualified."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models.table import Row


class Worker(Row):
    """Somebody about whom a person has decided; other workers have no row."""

    __tablename__ = "workers"
    worker_id: Mapped[str] = mapped_column(primary_key=True)
    excluded_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)


class Screened(Row):
    """Somebody to whom a rule of the settings applies, for as long as it does."""

    __tablename__ = "screened"
    worker_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Qualification(Row):
    """What the crowd shall know of a worker under one of our names: a score, or (None) nothing.

    `changes` counts how often that was decided anew; the outbox takes each to the crowd.
    """

    __tablename__ = "qualifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    worker_id: Mapped[str]
    value: Mapped[int | None]
    changes: Mapped[int]
    changed_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("name", "worker_id"),)
