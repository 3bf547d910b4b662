"""What people said: boxes, votes, and the models learnt from votes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models.table import Row


class Box(Row):
    """One drawing, by one worker, of one instance."""

    __tablename__ = "boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidates.id"), index=True)
    # PostgreSQL has columns of its own called xmin and xmax in every table.
    xmin: Mapped[int] = mapped_column("left_edge")
    ymin: Mapped[int] = mapped_column("top_edge")
    xmax: Mapped[int] = mapped_column("right_edge")
    ymax: Mapped[int] = mapped_column("bottom_edge")
    drawer: Mapped[str]
    checker: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    drawn_at: Mapped[datetime]


class Vote(Row):
    """One judgement by one worker: of an image, a box, a coverage or a pair. Never changed, never deleted."""

    __tablename__ = "votes"
    key = ("kind", "subject", "box_id", "worker_id")
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[int]
    box_id: Mapped[int] = mapped_column(default=0)
    worker_id: Mapped[str]
    assignment_id: Mapped[str]
    answer: Mapped[str]
    seconds: Mapped[float | None]
    voted_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint(*key),)


class VoteModel(Row):
    """What a voting policy had learnt when it decided: confidence tables, worker rates and the like."""

    __tablename__ = "vote_models"
    id: Mapped[int] = mapped_column(primary_key=True)
    policy: Mapped[str]
    votes: Mapped[int]
    document: Mapped[dict[str, Any]]
    fitted_at: Mapped[datetime]
