"""A worker's membership: by invitation or open sign-up; taking one's data along; leaving."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crowd_server import house
from crowd_server.market import assignments, ledger
from crowd_server.people import accounts
from crowd_server.people.accounts import AccountError
from crowd_server.store.engine import Database
from crowd_server.store.models.accounts import Invitation, Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.money import Bonus, Payout
from crowd_server.store.models.post import Appeal, Message, Report
from crowd_server.store.models.qualifications import Qualification, QualificationRequest
from crowd_server.store.models.table import new_id

DAYS = 30


def invite(session: Session, now: datetime, uses: int = 1, note: str = "", days: int = DAYS) -> Invitation:
    """An invitation; its code goes into the link."""
    invitation = Invitation(
        code=new_id("", 24), note=note, uses_left=uses, created_at=now, expires_at=now + timedelta(days=days)
    )
    session.add(invitation)
    session.flush()
    return invitation


def sign_up(
    session: Session, now: datetime, email: str, password: str, *, code: str | None = None, **person: Any
) -> Worker:
    """A new worker's account, with an invitation unless sign-up is open."""
    if code:
        _use_up(session, now, code)
    elif house.setting(session, "open_sign_up") != "yes":
        raise AccountError("Sign-up is by invitation. Ask the operator for a link.")
    worker = accounts.add_worker(session, email, password, now, **person)
    session.flush()
    return worker


def _use_up(session: Session, now: datetime, code: str) -> None:
    statement = (
        update(Invitation)
        .where(Invitation.code == code, Invitation.uses_left > 0, Invitation.expires_at > now)
        .values(uses_left=Invitation.uses_left - 1)
        .returning(Invitation.id)
    )
    if session.scalar(statement) is None:
        raise AccountError("This invitation has been used up or is too old. Ask for another.")


def change_password(database: Database, worker: Worker, old: str, new: str) -> Worker:
    """Another password; every session of the account ends. The account as it is afterwards."""
    wrong = AccountError("The present password is not right.")
    if worker.password_hash is None or not accounts.password_fits(worker.password_hash, old):
        raise wrong
    hashed = accounts.new_password_hash(new)
    with database.writing() as session:
        mine = session.get_one(Worker, worker.worker_id)
        if mine.password_hash != worker.password_hash:  # changed in another window meanwhile
            raise wrong
        mine.password_hash = hashed
        mine.session_version += 1
    return mine


def leave(session: Session, worker: Worker, now: datetime) -> None:
    """Delete an account: unfinished work goes back, what names the person goes, the books stay."""
    held = select(Assignment).where(Assignment.worker_id == worker.worker_id, Assignment.state == "accepted")
    for assignment in session.scalars(held).all():
        assignments.give_back(session, assignment, "returned", now)
    worker.email = worker.password_hash = worker.country = worker.subdivision = None
    worker.display_name = ""
    worker.session_version += 1
    worker.deleted_at = now
    for message in session.scalars(select(Message).where(Message.worker_id == worker.worker_id)):
        session.delete(message)


def export(session: Session, worker: Worker) -> dict[str, Any]:
    """Everything that this server knows about a worker, as JSON types."""
    mine = worker.worker_id
    work = (
        select(Assignment, HitType.title, HitType.reward_cents)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(HitType, HitType.hit_type_id == Hit.hit_type_id)
        .where(Assignment.worker_id == mine)
        .order_by(Assignment.id)
    )
    tables = {
        "qualifications": select(Qualification).where(Qualification.worker_id == mine),
        "qualification_requests": select(QualificationRequest).where(QualificationRequest.worker_id == mine),
        "bonuses": select(Bonus).where(Bonus.worker_id == mine),
        "payouts": select(Payout).where(Payout.worker_id == mine),
        "messages": select(Message).where(Message.worker_id == mine),
        "reports": select(Report).where(Report.worker_id == mine),
        "appeals": select(Appeal).join(Assignment).where(Assignment.worker_id == mine),
    }
    return {
        "account": _plain(worker, "password_hash", "session_version"),
        "balance_cents": ledger.balance(session, ledger.worker_account(mine)),
        "assignments": [
            {**_plain(assignment), "title": title, "reward_cents": reward}
            for assignment, title, reward in session.execute(work)
        ],
        **{name: [_plain(row) for row in session.scalars(query)] for name, query in tables.items()},
    }


def _plain(row: Any, *left_out: str) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if name not in left_out
    }
