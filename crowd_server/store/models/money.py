"""The double-entry ledger, and the bonuses and payouts that its transfers stand for. All integer cents."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crowd_server.store.models.accounts import Requester, Worker
from crowd_server.store.models.table import EntityId, Table


class Account(Table):
    """A ledger account. Only `world`, where money comes from and goes to, may be below zero."""

    __tablename__ = "accounts"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    balance_cents: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (CheckConstraint("balance_cents >= 0 OR name = 'world'", "no_debt"),)


class Transfer(Table):
    """Cents that left one account for another: both sides in one row, so nothing is made or lost."""

    __tablename__ = "transfers"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(ForeignKey(Account.name))
    target: Mapped[str] = mapped_column(ForeignKey(Account.name))
    cents: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(128))

    __table_args__ = (
        CheckConstraint("cents > 0", "forward"),
        Index(None, "source", "id"),
        Index(None, "target", "id"),
    )


class Bonus(Table):
    """A bonus that a requester sent for an assignment."""

    __tablename__ = "bonuses"
    id: Mapped[int] = mapped_column(primary_key=True)
    requester_id: Mapped[str] = mapped_column(ForeignKey(Requester.requester_id))
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id))
    assignment_id: Mapped[str] = mapped_column(EntityId, index=True)
    hit_id: Mapped[str] = mapped_column(EntityId, index=True)
    cents: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = (Index(None, "worker_id", "at"),)


class Payout(Table):
    """Earnings that the operator paid a worker outside this server."""

    __tablename__ = "payouts"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(EntityId, index=True)
    worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.worker_id), index=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
