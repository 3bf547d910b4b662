"""Qualifications in the making: a worker asks, takes the test, is graded or granted by hand."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crowd_server.errors import RequestError, wrong_state
from crowd_server.questions.answer_keys import read_answer_key
from crowd_server.questions.documents import parse_xml
from crowd_server.questions.forms import Form, check_answers, read_form, write_form_answers
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.qualifications import Qualification, QualificationRequest, QualificationType
from crowd_server.store.models.table import new_id, put

GRACE = timedelta(seconds=30)


class SkillError(Exception):
    """A worker cannot ask for this qualification, or not now; the message says why."""


def grant(session: Session, type_id: str, worker_id: str, value: int, now: datetime) -> None:
    """Give a worker a value, in place of any earlier one."""
    mine = {"worker_id": worker_id, "qualification_type_id": type_id}
    put(session, Qualification, mine, value=value, granted=True, granted_at=now, reason=None)


def held(session: Session, type_id: str, worker_id: str) -> Qualification | None:
    """A worker's qualification, granted or revoked."""
    query = select(Qualification).where(
        Qualification.worker_id == worker_id, Qualification.qualification_type_id == type_id
    )
    return session.scalars(query).first()


def latest_request(session: Session, type_id: str, worker_id: str) -> QualificationRequest | None:
    """A worker's last request for a type."""
    query = select(QualificationRequest).where(
        QualificationRequest.worker_id == worker_id, QualificationRequest.qualification_type_id == type_id
    )
    return session.scalars(query.order_by(QualificationRequest.id.desc()).limit(1)).first()


def may_request(session: Session, kind: QualificationType, worker_id: str, now: datetime) -> str | None:
    """Why a worker may not ask for a qualification now, or None."""
    if not kind.active or kind.deleted_at:
        return "This qualification is not given at present."
    mine = held(session, kind.qualification_type_id, worker_id)
    if mine is not None and mine.granted and not may_retake(kind):
        return "You already have this qualification."
    last = latest_request(session, kind.qualification_type_id, worker_id)
    if last is None or (last.state == "started" and now <= ends_at(kind, last)):
        return None
    if last.state == "pending":
        return "Your request is waiting for the requester."
    if kind.retry_seconds is None:
        return "This qualification can be asked for once only."
    again = (last.submitted_at or ends_at(kind, last)) + timedelta(seconds=kind.retry_seconds)
    return f"You can try again after {again:%Y-%m-%d %H:%M} UTC." if now < again else None


def may_retake(kind: QualificationType) -> bool:
    """Whether those who have it may take its test again, for another score in place of the first."""
    return kind.test is not None and kind.retry_seconds is not None


def ends_at(kind: QualificationType, request: QualificationRequest) -> datetime:
    """When the time for a test is over."""
    return request.started_at + timedelta(seconds=kind.test_seconds or 0)


def request(session: Session, kind: QualificationType, worker: Worker, now: datetime) -> QualificationRequest:
    """Ask for a qualification: granted at once, begun (there is a test), or left to the requester."""
    refusal = may_request(session, kind, worker.worker_id, now)
    if refusal:
        raise SkillError(refusal)
    last = latest_request(session, kind.qualification_type_id, worker.worker_id)
    if last is not None and last.state == "started" and now <= ends_at(kind, last):
        return last
    state = "granted" if kind.auto_granted else "started" if kind.test else "pending"
    made = QualificationRequest(
        request_id=new_id(),
        qualification_type_id=kind.qualification_type_id,
        worker_id=worker.worker_id,
        state=state,
        started_at=now,
        submitted_at=None if state == "started" else now,
    )
    session.add(made)
    if kind.auto_granted:
        value = 1 if kind.auto_granted_value is None else kind.auto_granted_value
        grant(session, kind.qualification_type_id, worker.worker_id, value, now)
    session.flush()
    return made


def test_form(kind: QualificationType) -> Form:
    """The test of a qualification type that has one."""
    return read_form(parse_xml(kind.test or "", "Test"))


def hand_in(
    session: Session,
    kind: QualificationType,
    begun: QualificationRequest,
    fields: MultiDict[str, str],
    now: datetime,
) -> None:
    """Hand in a test in time: graded by its key, or left to the requester. FormError keeps the test open."""
    if begun.state != "started":
        raise SkillError("This test has already been handed in.")
    if now > ends_at(kind, begun) + GRACE:
        begun.state, begun.submitted_at = "rejected", now
        begun.reason = "The time for the test was over."
        return
    form = test_form(kind)
    answers = check_answers(form, fields)
    begun.answer, begun.submitted_at, begun.state = write_form_answers(form, answers), now, "pending"
    if kind.answer_key:
        value = read_answer_key(kind.answer_key, form).grade(answers)
        grant(session, kind.qualification_type_id, begun.worker_id, value, now)
        begun.state = "granted"


def decide(
    session: Session, asked: QualificationRequest, value: int | None, reason: str | None, now: datetime
) -> None:
    """A requester's decision: a value grants, None rejects."""
    if asked.state != "pending":
        raise wrong_state("QualificationRequest", asked.state.capitalize(), "Submitted")
    asked.state, asked.reason = ("rejected" if value is None else "granted"), reason
    if value is not None:
        grant(session, asked.qualification_type_id, asked.worker_id, value, now)


def reject_pending(session: Session, type_id: str, reason: str) -> None:
    """Reject every request for a type that waits for its requester."""
    waiting = update(QualificationRequest).where(
        QualificationRequest.qualification_type_id == type_id, QualificationRequest.state == "pending"
    )
    session.execute(waiting.values(state="rejected", reason=reason))


def revoke(session: Session, type_id: str, worker_id: str, reason: str | None) -> None:
    """Take a qualification away; the row stays."""
    row = held(session, type_id, worker_id)
    if row is None or not row.granted:
        raise RequestError(
            f"Worker {worker_id} does not have this qualification.", "QualificationDoesNotExist"
        )
    row.granted, row.reason = False, reason
