"""The shop floor: what a worker does with HITs. Accept one; hand in what a task page posted."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crowd_server.market import book, notices
from crowd_server.market.assignments import submit
from crowd_server.market.moves import count
from crowd_server.market.requirements import standing
from crowd_server.market.rules import MOVES, SUBMITTED
from crowd_server.questions.documents import RESERVED, read_question, write_answers
from crowd_server.questions.forms import FormError, check_answers, read_form, write_form_answers
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, HitType
from crowd_server.store.models.table import bare, new_id

QUEUE_LIMIT = 25
TAKE = insert(bare(Assignment)).returning(bare(Assignment).c.id)


class FloorError(Exception):
    """A worker cannot do this now; the message says why and what to do."""


def accept(
    session: Session, worker: Worker, hit_type: HitType, now: datetime, *, reuse_ids: bool = False
) -> Assignment:
    """Accept any HIT of a type that the worker has not done."""
    _check_may_accept(session, worker, hit_type)
    hit_id = book.take_hit(session, hit_type.hit_type_id, worker.worker_id, now)
    if hit_id is None:
        raise FloorError("There are no more HITs for you in this group. Others may be in the list.")
    taken = {
        "assignment_id": (reuse_ids and _returned_id(session, hit_id)) or new_id(),
        "hit_id": hit_id,
        "worker_id": worker.worker_id,
        "state": "accepted",
        "accepted_at": now,
        "deadline": now + timedelta(seconds=hit_type.duration_seconds),
    }
    try:
        row_id = session.scalar(TAKE, taken)
    except IntegrityError as error:  # the same worker accepted the same HIT in another window at this moment
        raise FloorError("You have just accepted this HIT in another window. It is in your queue.") from error
    assignment = Assignment(id=row_id, **taken)
    counted = count(session, hit_id, MOVES["offered", "accepted"], now)
    if counted.listened:
        notices.tell(session, "AssignmentAccepted", counted, now, assignment)
    return assignment


def _check_may_accept(session: Session, worker: Worker, hit_type: HitType) -> None:
    if worker.suspended_at or worker.deleted_at:
        raise FloorError("This account cannot accept HITs. Write to the operator.")
    blocked, held = book.dealings(session, worker.worker_id, hit_type.requester_id)
    if blocked:
        raise FloorError("This requester does not take work from this account.")
    if held >= QUEUE_LIMIT:
        raise FloorError(f"You hold {QUEUE_LIMIT} HITs. Submit or return one first.")
    if hit_type.requirements and standing(session, worker).unmet(hit_type.requirements):
        raise FloorError("You do not have the qualifications that this HIT asks for.")


def _returned_id(session: Session, hit_id: str) -> str | None:
    ended = select(Assignment.assignment_id).where(
        Assignment.hit_id == hit_id, Assignment.state.in_(("returned", "abandoned"))
    )
    for assignment_id in session.scalars(ended):
        if book.live_task(session, assignment_id) is None:
            return assignment_id
    return None


def hand_in(session: Session, fields: MultiDict[str, str], now: datetime) -> Assignment:
    """What a task page posted: stored once; posted again, it is the same answer and harmless."""
    assignment_id = fields.get("assignmentId", "")
    # PostgreSQL takes no NUL, and no id holds one.
    found = None if "\0" in assignment_id else book.live_task(session, assignment_id)
    if found is None:
        raise FloorError(
            "This assignment does not exist, or was returned or given up. Nothing was submitted."
        )
    assignment, question, delay = found
    if fields.get("workerId", assignment.worker_id) != assignment.worker_id:
        raise FloorError("This assignment is another worker's. Nothing was submitted.")
    if assignment.state != "accepted":
        return assignment
    answer = _answer(question, fields)
    if not submit(session, assignment, answer, now, timedelta(seconds=delay)):
        return _submitted_meanwhile(session, assignment)
    return assignment


def _submitted_meanwhile(session: Session, assignment: Assignment) -> Assignment:
    session.refresh(assignment)
    if assignment.state in SUBMITTED:
        return assignment
    raise FloorError("The time for this HIT is over, so nothing was submitted. It went back to the list.")


def _answer(text: str, fields: MultiDict[str, str]) -> str:
    question = read_question(text)
    if question.kind == "form":
        form = read_form(question.element)
        try:
            return write_form_answers(form, check_answers(form, fields))
        except FormError as error:
            raise FloorError(f"Go back and look at: {error}") from error
    answers = {name: value for name, value in fields.items() if name not in RESERVED and name != ""}
    if not answers:
        raise FloorError(
            "The page sent no answer, so nothing was submitted. Go back and answer the question."
        )
    return write_answers(answers)
