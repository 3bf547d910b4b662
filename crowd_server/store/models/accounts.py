"""Who takes part: requesters with their keys, workers, operators, invitations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crowd_server.store.models.table import EntityId, Table


class Requester(Table):
    """One who posts HITs and pays for them."""

    __tablename__ = "requesters"
    requester_id: Mapped[str] = mapped_column(EntityId, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class AccessKey(Table):
    """A requester's key pair. SigV4 needs the secret itself, so no hash can stand in for it."""

    __tablename__ = "access_keys"
    access_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_key: Mapped[str] = mapped_column(String(64))
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Worker(Table):
    """One who does HITs. A deleted account keeps its id and ledger and loses all that names a person."""

    __tablename__ = "workers"
    worker_id: Mapped[str] = mapped_column(EntityId, primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(128), default="")
    country: Mapped[str | None] = mapped_column(String(2))
    subdivision: Mapped[str | None] = mapped_column(String(2))
    adult_content: Mapped[bool] = mapped_column(default=False)
    auto_accept: Mapped[bool] = mapped_column(default=False)
    session_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Operator(Table):
    """One who runs the server: makes requesters, invites workers, pays out, settles disputes."""

    __tablename__ = "operators"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    session_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Invitation(Table):
    """A link that lets its bearer sign up while uses are left."""

    __tablename__ = "invitations"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(EntityId, unique=True)
    note: Mapped[str] = mapped_column(String(255), default="")
    uses_left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInAttempt(Table):
    """A failed sign-in, by a keyed hash of who or where: what the rate limit counts."""

    __tablename__ = "sign_in_attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (Index(None, "subject", "at"),)
