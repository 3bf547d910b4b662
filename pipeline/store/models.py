"""The tables of the state database. Votes, boxes and events stay; counts on other rows derive from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
RowId = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An instant, aware UTC in Python; SQLite keeps none of the zone by itself."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


class Row(DeclarativeBase):
    """Every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        int: RowId,
        str: String(64),
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class Fact(Row):
    """One value that the run must remember about itself: its seed, the key that signs leases."""

    __tablename__ = "facts"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Synset(Row):
    """A synset that the dataset shall hold."""

    __tablename__ = "synsets"
    wnid: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[list[Any]]
    gloss: Mapped[str] = mapped_column(Text)
    family: Mapped[str]
    family_name: Mapped[str] = mapped_column(Text)
    policy: Mapped[str | None]
    searched: Mapped[bool] = mapped_column(default=False)
    seeded: Mapped[bool] = mapped_column(default=False)
    votes: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime]


class Search(Row):
    """A search that was made, for as many results of a synset as were wanted then."""

    __tablename__ = "searches"
    source: Mapped[str] = mapped_column(primary_key=True)
    wnid: Mapped[str] = mapped_column(ForeignKey("synsets.wnid"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(Text, primary_key=True)
    most: Mapped[int] = mapped_column(primary_key=True)


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
    fidelity: Mapped[float]
    stored_at: Mapped[datetime]


FOUND = text("state = 'found'")
"""As the index of those that wait to be fetched has it: of a bound value nobody could tell that it fits.

The index begins with the state, or SQLite would rather take one by state and sort."""


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
            "wnid",
            "id",
            sqlite_where=text("state = 'collected' AND confidence IS NULL"),
            postgresql_where=text("state = 'collected' AND confidence IS NULL"),
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
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[int]
    box_id: Mapped[int] = mapped_column(default=0)
    worker_id: Mapped[str]
    assignment_id: Mapped[str]
    answer: Mapped[str]
    seconds: Mapped[float | None]
    voted_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("kind", "subject", "box_id", "worker_id"),)


class VoteModel(Row):
    """What a voting policy had learnt when it decided: confidence tables, worker rates and the like."""

    __tablename__ = "vote_models"
    id: Mapped[int] = mapped_column(primary_key=True)
    policy: Mapped[str]
    votes: Mapped[int]
    document: Mapped[dict[str, Any]]
    fitted_at: Mapped[datetime]


class Pair(Row):
    """Two candidates whose pictures may be copies of one."""

    __tablename__ = "pairs"
    id: Mapped[int] = mapped_column(primary_key=True)
    left: Mapped[int] = mapped_column(ForeignKey("candidates.id"))
    right: Mapped[int] = mapped_column(ForeignKey("candidates.id"))
    distance: Mapped[int]
    probability: Mapped[float]
    measured: Mapped[dict[str, Any]]
    verdict: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str]
    resolved: Mapped[bool] = mapped_column(default=False)
    shuffle: Mapped[int] = mapped_column(BigInteger, default=0)
    wanted: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    __table_args__ = (UniqueConstraint("left", "right"), Index("ix_pairs_verdict", "verdict", "wanted"))


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
    """When a worker last came for work of a kind on a synset and found nothing that was left for them."""

    __tablename__ = "turned_away"
    kind: Mapped[str] = mapped_column(primary_key=True)
    wnid: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Assignment(Row):
    """What the crowd's server says a worker submitted."""

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
    __table_args__ = (
        Index("ix_assignments_state_kind", "state", "kind"),
        Index("ix_assignments_paid_cents_bonus_cents", "paid_cents", "bonus_cents"),
    )


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
