"""When something is wrong: a worker appeals against a rejection, or reports a HIT; the operator decides."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server.market import judgement, ledger
from crowd_server.market.rules import OVERRIDE_DAYS
from crowd_server.people import audit
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.post import Appeal, Message, Report

REPORT_KINDS = ("broken", "offensive", "unfair", "asks for personal data", "other")
MOST_TEXT = 4000


class DisputeError(Exception):
    """A dispute cannot be opened or settled so; the message says why."""


def appeal(session: Session, assignment: Assignment, text: str, now: datetime) -> Appeal:
    """A worker's appeal against the rejection of their work: one, within 30 days of handing it in."""
    if assignment.state != "rejected":
        raise DisputeError("Only rejected work can be appealed.")
    if assignment.submitted_at is None or now > assignment.submitted_at + timedelta(days=OVERRIDE_DAYS):
        raise DisputeError(f"An appeal is possible for {OVERRIDE_DAYS} days after the work was handed in.")
    if session.scalars(select(Appeal).where(Appeal.assignment == assignment.id)).first():
        raise DisputeError("You have already appealed against this rejection.")
    opened = Appeal(assignment=assignment.id, text=_checked(text), state="open", opened_at=now)
    session.add(opened)
    session.flush()
    return opened


def uphold(session: Session, opened: Appeal, operator: str, answer: str, now: datetime) -> None:
    """The worker is right: the reward is paid by the requester, who may have seen it and paid meanwhile."""
    assignment = session.get_one(Assignment, opened.assignment)
    _close(session, opened, "upheld", answer, now)
    session.refresh(assignment, with_for_update=True)
    if assignment.state == "rejected":
        judgement.approve(session, assignment, now, assignment.feedback, override=True)
    _tell(session, assignment, "Your appeal was upheld and the reward is paid.", answer, now)
    audit.note(session, now, operator, "appeal upheld", assignment.assignment_id, answer=answer)


def dismiss(session: Session, opened: Appeal, operator: str, answer: str, now: datetime) -> None:
    """The rejection stands."""
    assignment = session.get_one(Assignment, opened.assignment)
    _close(session, opened, "dismissed", answer, now)
    _tell(session, assignment, "Your appeal was dismissed.", answer, now)
    audit.note(session, now, operator, "appeal dismissed", assignment.assignment_id, answer=answer)


def compensate(
    session: Session,
    assignment: Assignment,
    operator: str,
    now: datetime,
    *,
    cents: int,
    why: str,
    seen: int | None,
) -> None:
    """Pay a worker out of the operator's fees, e.g. for a HIT that broke under them.

    `seen`: how many compensations for this assignment the operator knows of.
    """
    about = assignment.assignment_id
    target = ledger.worker_account(assignment.worker_id)
    ledger.transfer_by_hand(
        session, now, ledger.FEES, target, cents=cents, kind="compensation", about=about, seen=seen
    )
    _tell(session, assignment, "You were compensated.", why, now)
    audit.note(session, now, operator, "compensation", about, cents=cents, why=why)


def compensations(session: Session, assignment: Assignment) -> int:
    """How often a worker was compensated for an assignment."""
    target = ledger.worker_account(assignment.worker_id)
    return ledger.booked(session, ledger.FEES, target, assignment.assignment_id)


def _close(session: Session, opened: Appeal, state: str, answer: str, now: datetime) -> None:
    session.refresh(opened, with_for_update=True)
    if opened.state != "open":
        raise DisputeError("This appeal has already been decided.")
    opened.state, opened.answer, opened.closed_at = state, _checked(answer), now


def _tell(session: Session, assignment: Assignment, subject: str, text: str, now: datetime) -> None:
    title = session.scalar(
        select(HitType.title)
        .join(Hit, Hit.hit_type_id == HitType.hit_type_id)
        .where(Hit.hit_id == assignment.hit_id)
    )
    body = f"{title}\n\n{text}"
    session.add(Message(worker_id=assignment.worker_id, subject=subject, text=body, sent_at=now))


def _checked(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MOST_TEXT:
        raise DisputeError(f"Write 1 to {MOST_TEXT} characters.")
    return text


def report(session: Session, hit: Hit, worker_id: str, now: datetime, *, kind: str, text: str) -> Report:
    """A worker says what is wrong with a HIT."""
    if kind not in REPORT_KINDS:
        raise DisputeError("Choose what is wrong.")
    made = Report(hit_id=hit.hit_id, worker_id=worker_id, kind=kind, text=text.strip()[:MOST_TEXT], at=now)
    session.add(made)
    session.flush()
    return made


def close_report(session: Session, made: Report, operator: str, now: datetime) -> None:
    """The operator has seen to it."""
    made.closed_at = now
    audit.note(session, now, operator, "report closed", made.hit_id, report=made.id)
