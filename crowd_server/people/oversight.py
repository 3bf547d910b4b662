"""What the operator asks of the database, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from crowd_server.market import ledger
from crowd_server.store.models.accounts import AccessKey, Requester, Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.money import Account, Payout, Transfer
from crowd_server.store.models.post import Appeal, Message, Notification, Report
from crowd_server.store.models.record import AuditEntry

PAGE = 50


@dataclass(frozen=True)
class Health:
    """The state of the house on one page. Money in cents."""

    workers: int
    active_workers: int
    requesters: int
    hits: dict[str, int]
    accepted: int
    unreviewed: int
    oldest_unreviewed: datetime | None
    open_appeals: int
    open_reports: int
    unread_messages: int
    undelivered: int
    spendable: int
    held: int
    owed: int
    fees: int
    paid_out: int
    ledger_total: int


def health(session: Session, now: datetime) -> Health:
    """Look at everything once."""

    def count(query: Select[Any]) -> int:
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    week = now - timedelta(days=7)
    submitted = select(Assignment.id).where(Assignment.state == "submitted")
    states = select(Hit.status, func.count()).group_by(Hit.status)
    return Health(
        workers=count(select(Worker.worker_id).where(Worker.deleted_at.is_(None))),
        active_workers=count(select(Assignment.worker_id).where(Assignment.accepted_at > week).distinct()),
        requesters=count(select(Requester.requester_id).where(Requester.closed_at.is_(None))),
        hits={row[0]: row[1] for row in session.execute(states)},
        accepted=count(select(Assignment.id).where(Assignment.state == "accepted")),
        unreviewed=count(submitted),
        oldest_unreviewed=session.scalar(
            submitted.with_only_columns(Assignment.submitted_at).order_by(Assignment.submitted_at).limit(1)
        ),
        open_appeals=count(select(Appeal.id).where(Appeal.state == "open")),
        open_reports=count(select(Report.id).where(Report.closed_at.is_(None))),
        unread_messages=count(select(Message.id).where(Message.from_worker, Message.read_at.is_(None))),
        undelivered=count(select(Notification.id).where(Notification.next_at.is_not(None))),
        spendable=_sum(session, ledger.requester_account("")),
        held=_sum(session, ledger.hold_account("")),
        owed=_sum(session, ledger.worker_account("")),
        fees=ledger.balance(session, ledger.FEES),
        paid_out=session.scalar(select(func.sum(Payout.cents))) or 0,
        ledger_total=ledger.total(session),
    )


def _sum(session: Session, prefix: str) -> int:
    query = select(func.sum(Account.balance_cents)).where(Account.name.startswith(prefix, autoescape=True))
    return session.scalar(query) or 0


def waiting(session: Session) -> tuple[int, int]:
    """How many disputes are open, and how many messages unread: for the bar at the top."""
    appeals = session.scalar(select(func.count()).where(Appeal.state == "open")) or 0
    reports = session.scalar(select(func.count()).where(Report.closed_at.is_(None))) or 0
    unread = session.scalar(select(func.count()).where(Message.from_worker, Message.read_at.is_(None))) or 0
    return appeals + reports, unread


def requesters(session: Session) -> Sequence[Row[Requester, int, int]]:
    """Requesters with what they can spend and what is held, by name."""
    spendable, held = aliased(Account), aliased(Account)
    query = (
        select(Requester, spendable.balance_cents, held.balance_cents)
        .join(spendable, spendable.name == ledger.requester_account("") + Requester.requester_id)
        .join(held, held.name == ledger.hold_account("") + Requester.requester_id)
        .order_by(Requester.closed_at.is_not(None), Requester.name)
    )
    return session.execute(query).all()


def keys(session: Session, requester_id: str) -> Sequence[AccessKey]:
    """A requester's key pairs, the latest first."""
    query = select(AccessKey).where(AccessKey.requester_id == requester_id)
    return session.scalars(query.order_by(AccessKey.created_at.desc())).all()


def hits_by_status(session: Session, requester_id: str) -> dict[str, int]:
    """How many HITs of a requester are in which state."""
    query = select(Hit.status, func.count()).where(Hit.requester_id == requester_id).group_by(Hit.status)
    return {row[0]: row[1] for row in session.execute(query)}


def transfers(session: Session, accounts: Sequence[str], limit: int = PAGE) -> Sequence[Transfer]:
    """The latest lines of the ledger that touch one of these accounts."""
    query = select(Transfer).where(or_(Transfer.source.in_(accounts), Transfer.target.in_(accounts)))
    return session.scalars(query.order_by(Transfer.id.desc()).limit(limit)).all()


def workers(session: Session, words: str, page: int) -> Sequence[Row[Worker, int]]:
    """A page of workers whose id, e-mail or name has `words` in it, with what they are owed; one more
    than a page when there are others."""
    query = (
        select(Worker, Account.balance_cents)
        .join(Account, Account.name == ledger.worker_account("") + Worker.worker_id)
        .order_by(Worker.created_at.desc(), Worker.worker_id)
    )
    if words:
        columns = (Worker.worker_id, Worker.email, Worker.display_name)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return session.execute(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()


def work_by_state(session: Session, worker_id: str) -> dict[str, int]:
    """How many assignments of a worker are in which state."""
    query = select(Assignment.state, func.count()).where(Assignment.worker_id == worker_id)
    return {row[0]: row[1] for row in session.execute(query.group_by(Assignment.state))}


def appeals(session: Session, *, are_open: bool) -> Sequence[Row[Appeal, Assignment, HitType, str]]:
    """Appeals with what they are about and the requester's name: the open ones, or the latest decided."""
    query = (
        select(Appeal, Assignment, HitType, Requester.name)
        .join(Assignment, Assignment.id == Appeal.assignment)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .join(Requester, Requester.requester_id == Hit.requester_id)
    )
    if are_open:
        return session.execute(query.where(Appeal.state == "open").order_by(Appeal.id)).all()
    return session.execute(query.where(Appeal.state != "open").order_by(Appeal.id.desc()).limit(PAGE)).all()


def reports(session: Session, *, are_open: bool) -> Sequence[Row[Report, HitType, str, Assignment]]:
    """Reports with their HIT's type, its requester's name and the reporter's assignment, if any."""
    query = (
        select(Report, HitType, Requester.name, Assignment)
        .join(Hit, Hit.hit_id == Report.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .join(Requester, Requester.requester_id == Hit.requester_id)
        .outerjoin(Assignment, Assignment.id == _latest_go())
    )
    if are_open:
        return session.execute(query.where(Report.closed_at.is_(None)).order_by(Report.id)).all()
    closed = query.where(Report.closed_at.is_not(None)).order_by(Report.id.desc())
    return session.execute(closed.limit(PAGE)).all()


def _latest_go() -> ScalarSelect[Any]:
    return (
        select(func.max(Assignment.id))
        .where(Assignment.hit_id == Report.hit_id, Assignment.worker_id == Report.worker_id)
        .correlate(Report)
        .scalar_subquery()
    )


def batches(session: Session) -> Sequence[Row[str, datetime, int, int]]:
    """Payouts by batch: its id, when, how many workers, how many cents; the latest first."""
    at = func.max(Payout.at).label("at")
    query = select(Payout.batch, at, func.count(), func.sum(Payout.cents)).group_by(Payout.batch)
    return session.execute(query.order_by(func.max(Payout.id).desc())).all()


def batch(session: Session, batch_id: str) -> Sequence[Row[Payout, Worker]]:
    """The payouts of one batch with their workers."""
    query = select(Payout, Worker).join(Worker).where(Payout.batch == batch_id).order_by(Payout.id)
    return session.execute(query).all()


def audit_log(session: Session, words: str, page: int) -> Sequence[AuditEntry]:
    """A page of the audit log, the latest first; one entry more than a page when there are others."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if words:
        columns = (AuditEntry.actor, AuditEntry.action, AuditEntry.subject)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return session.scalars(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
