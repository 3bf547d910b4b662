"""HITs, what was leased to whom under them, and the assignments that came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models.table import Row


class Hit(Row):
    """One ticket on the market: a HIT with one assignment, for one kind of work on one synset.

    `tested`: it was posted for those alone who have passed the entry test of the synset's family.
    """

    __tablename__ = "hits"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    wnid: Mapped[str]
    items: Mapped[int]
    reward_cents: Mapped[int]
    fee_cents: Mapped[int]
    tested: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16))
    hit_id: Mapped[str | None] = mapped_column(unique=True)
    planned_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    __table_args__ = (Index("ix_hits_state_kind_wnid", "state", "kind", "wnid"),)


class Lease(Row):
    """Items handed to one worker in one accepted assignment.

    `first_answers` are those of an entry test, by place, before its worker saw the truth.
    """

    __tablename__ = "leases"
    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[str] = mapped_column(index=True)
    assignment_id: Mapped[str]
    worker_id: Mapped[str]
    kind: Mapped[str]
    wnid: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    quiz: Mapped[list[Any] | None]
    missed: Mapped[str | None] = mapped_column(String(16))
    first_answers: Mapped[dict[str, Any] | None]
    __table_args__ = (
        Index(
            "uq_leases_open",
            "hit_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_leases_state_expires_at", "state", "expires_at"),
        Index("ix_leases_kind_wnid_opened_at", "kind", "wnid", "opened_at"),
    )


class LeaseItem(Row):
    """One question of a lease: a candidate, with the box under check if there is one, or a pair."""

    __tablename__ = "lease_items"
    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[int]
    box_id: Mapped[int] = mapped_column(default=0)
    gold: Mapped[bool] = mapped_column(default=False)
    worker_id: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    __table_args__ = (Index("ix_lease_items_kind_subject", "kind", "subject", "worker_id"),)


class TurnedAway(Row):
    """Workers who came for work of a kind on a synset and may do nothing of what waits.

    When the first and the last of them came since somebody was given such work, the longest time between two
    in seconds, and what waited when the last one came.
    """

    __tablename__ = "turned_away"
    kind: Mapped[str] = mapped_column(primary_key=True)
    wnid: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    at: Mapped[datetime]
    silence: Mapped[float]
    items: Mapped[list[Any]]


class Assignment(Row):
    """What the crowd's server says a worker submitted.

    `paid_cents` are the reward and the fee on it; `bonus_cents` have their fee beside them.
    """

    __tablename__ = "assignments"
    assignment_id: Mapped[str] = mapped_column(primary_key=True)
    hit: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    kind: Mapped[str]
    worker_id: Mapped[str] = mapped_column(index=True)
    answer: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    accepted_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    active_seconds: Mapped[float | None]
    items: Mapped[int] = mapped_column(default=0)
    paid_cents: Mapped[int] = mapped_column(default=0)
    bonus_cents: Mapped[int | None]
    bonus_fee_cents: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        Index("ix_assignments_state_kind", "state", "kind"),
        Index("ix_assignments_kind_submitted_at_assignment_id", "kind", "submitted_at", "assignment_id"),
        Index("ix_assignments_cents", "paid_cents", "bonus_cents", "bonus_fee_cents"),
    )
