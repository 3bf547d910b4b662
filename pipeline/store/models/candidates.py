"""Candidates, their pictures, and pairs of candidates that look alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models.table import Row


class Picture(Row):
    """Bytes in the blob store, under their SHA-256."""

    __tablename__ = "pictures"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    changes: Mapped[list[Any]]
    hash_name: Mapped[str]
    phash: Mapped[int] = mapped_column(BigInteger)
    signature_name: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    lost: Mapped[float | None]
    """Octaves of resolution (`quality.wear`), measured once the picture is known to have copies."""
    stored_at: Mapped[datetime]


FOUND = text("state = 'found'")
"""As the index of those that wait to be fetched has it: of a bound value nobody could tell that it fits.

The index begins with the state, or SQLite would rather take one by state and sort."""


UNDECIDED = text("state = 'collected' AND confidence IS NULL")
"""As the index of those that no policy has looked at has it, for the same reason."""


class Candidate(Row):
    """A picture offered for a synset: the thing that is voted on, boxed and released."""

    __tablename__ = "candidates"
    id: Mapped[int] = mapped_column(primary_key=True)
    wnid: Mapped[str] = mapped_column(ForeignKey("synsets.wnid"))
    url: Mapped[str] = mapped_column(Text)
    fetch_url: Mapped[str] = mapped_column(Text)
    source: Mapped[str]
    query: Mapped[str] = mapped_column(Text)
    language: Mapped[str]
    license: Mapped[str] = mapped_column(Text)
    creator: Mapped[str] = mapped_column(Text)
    source_page: Mapped[str] = mapped_column(Text)
    extra: Mapped[dict[str, Any]]
    prior: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    fetched_at: Mapped[datetime | None]
    http_status: Mapped[int | None]
    fetch_tries: Mapped[int] = mapped_column(default=0)
    source_sha256: Mapped[str | None]
    picture: Mapped[str | None] = mapped_column(ForeignKey("pictures.sha256"))
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("candidates.id"))
    duplicate_group: Mapped[str | None]
    compared: Mapped[bool] = mapped_column(default=False)
    shuffle: Mapped[int] = mapped_column(BigInteger, default=0)
    seed: Mapped[bool] = mapped_column(default=False)
    gold: Mapped[int | None]
    borrowed_from: Mapped[int | None] = mapped_column(ForeignKey("candidates.id"))
    yes: Mapped[int] = mapped_column(default=0)
    no: Mapped[int] = mapped_column(default=0)
    unsure: Mapped[int] = mapped_column(default=0)
    confidence: Mapped[float | None]
    votes_floor: Mapped[int] = mapped_column(default=0)
    settled_as: Mapped[str | None] = mapped_column(String(16))
    box_id: Mapped[int | None]
    tries: Mapped[int] = mapped_column(default=0)
    wanted: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("wnid", "url"),
        Index("ix_candidates_state_wnid", "state", "wnid"),
        Index(
            "ix_candidates_due",
            "state",
            "wnid",
            "shuffle",
            "wanted",
            "pending",
            sqlite_where=text("wanted > pending"),
            postgresql_where=text("wanted > pending"),
        ),
        Index("ix_candidates_found", "state", "id", sqlite_where=FOUND, postgresql_where=FOUND),
        Index(
            "ix_candidates_undecided",
            "state",
            "wnid",
            "id",
            sqlite_where=UNDECIDED,
            postgresql_where=UNDECIDED,
        ),
        Index(
            "ix_candidates_gold",
            "wnid",
            "gold",
            sqlite_where=text("gold IS NOT NULL"),
            postgresql_where=text("gold IS NOT NULL"),
        ),
        Index(
            "ix_candidates_new",
            "state",
            sqlite_where=text("compared = 0 AND picture IS NOT NULL"),
            postgresql_where=text("NOT compared AND picture IS NOT NULL"),
        ),
        Index("ix_candidates_picture", "picture"),
        Index("ix_candidates_release", "wnid", "picture"),
    )


class Pair(Row):
    """Two candidates whose pictures may be copies of one."""

    __tablename__ = "pairs"
    id: Mapped[int] = mapped_column(primary_key=True)
    left: Mapped[int] = mapped_column(ForeignKey("candidates.id"))
    right: Mapped[int] = mapped_column(ForeignKey("candidates.id"))
    distance: Mapped[int]
    probability: Mapped[float]
    measured: Mapped[dict[str, Any]]
    descent: Mapped[int | None]
    """1 if the left picture was made from the right one, -1 the other way (`quality.descent`)."""
    verdict: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str]
    resolved: Mapped[bool] = mapped_column(default=False)
    shuffle: Mapped[int] = mapped_column(BigInteger, default=0)
    wanted: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    __table_args__ = (UniqueConstraint("left", "right"), Index("ix_pairs_verdict", "verdict", "wanted"))
