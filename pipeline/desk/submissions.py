"""From what the crowd says was submitted to answers that belong to a lease, or the reason why there are none.

Payment and data are two decisions. Whoever submitted is paid, except where the submission cannot be what its
worker was given to do: that is held for a person to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.desk.instruction import Done, note_misses
from pipeline.desk.lease_desk import LeaseDesk
from pipeline.desk.subjects import item_sizes
from pipeline.hits.kinds import KINDS
from pipeline.hits.submission import Answer, Asked, BadAnswer, Submission, lease_named
from pipeline.store.journal import event, record
from pipeline.store.leases import Leased, close_leases, leased_items
from pipeline.store.models import Assignment, Hit, Lease
from pipeline.tickets.outbox import plan

KINDS_RECEIVED = select(Assignment.kind).where(Assignment.state == "received").distinct()
RECEIVED = (
    select(Assignment)
    .where(Assignment.state == "received", Assignment.kind == bindparam("of_kind"))
    .order_by(Assignment.submitted_at, Assignment.assignment_id)
    .limit(bindparam("most", type_=Integer))
)
LEASES = select(Lease).where(Lease.id.in_(bindparam("ids", expanding=True)))
POSTED = select(Hit.id, Hit.hit_id).where(Hit.id.in_(bindparam("ids", expanding=True)))
SETTLE = (
    update(Assignment)
    .where(Assignment.assignment_id == bindparam("row"))
    .values(
        state=bindparam("outcome"),
        reason=bindparam("why"),
        active_seconds=bindparam("active"),
        items=bindparam("answered"),
    )
)


@dataclass(frozen=True, slots=True)
class Answered:
    """One item's answer, with who gave it, when, and in which assignment."""

    subject: int
    box_id: int
    worker_id: str
    assignment_id: str
    value: Any
    seconds: float
    at: datetime

    def vote(self, kind: str) -> dict[str, Any]:
        """Give the row that keeps this answer among the votes of a kind."""
        return {
            "kind": kind,
            "subject": self.subject,
            "worker_id": self.worker_id,
            "assignment_id": self.assignment_id,
            "answer": str(self.value),
            "seconds": self.seconds,
            "voted_at": self.at,
        }


def kinds_received(session: Session) -> set[str]:
    """Name the kinds of which assignments wait to be taken in."""
    return set(session.scalars(KINDS_RECEIVED))


def no_feedback(_: Sequence[Answered]) -> str:
    """Say nothing when pay comes."""
    return ""


def take_answers(
    session: Session,
    desk: LeaseDesk,
    kind: str,
    limit: int,
    now: datetime,
    told: Callable[[Sequence[Answered]], str] = no_feedback,
) -> list[Answered]:
    """Read up to `limit` received assignments of a kind: close leases, plan pay, give the answers.

    `told` says what their worker reads when pay comes.
    Those that cannot be read, or answer somebody else's lease, are held, with the reason, and give none.
    """
    assignments = session.scalars(RECEIVED, {"of_kind": kind, "most": limit}).all()
    if not assignments:
        return []
    leases = _leases(session, desk, assignments)
    items: dict[int, list[Leased]] = defaultdict(list)
    for item in leased_items(session, list(leases)):
        items[item.lease_id].append(item)
    sizes = item_sizes(session, kind, [item for leased in items.values() for item in leased])
    hits = session.execute(POSTED, {"ids": list({one.hit for one in assignments})})
    posted: dict[int, str | None] = dict(hits.all())
    read = [_read(desk, one, posted[one.hit], leases, items, sizes) for one in assignments]
    _settle(session, read, told, now)
    return [answered for reading in read for answered in reading.answers]


@dataclass(frozen=True, slots=True)
class _Reading:
    assignment: Assignment
    lease: Lease | None
    submission: Submission[Any] | None
    answers: Sequence[Answered]
    reason: str | None


def _leases(session: Session, desk: LeaseDesk, assignments: Sequence[Assignment]) -> dict[int, Lease]:
    tokens = {desk.names.lease_id(lease_named(one.answer)) for one in assignments}
    return {lease.id: lease for lease in session.scalars(LEASES, {"ids": list(tokens)})}


def _read(
    desk: LeaseDesk,
    assignment: Assignment,
    hit_id: str | None,
    leases: dict[int, Lease],
    items: dict[int, list[Leased]],
    sizes: dict[int, tuple[int, int]],
) -> _Reading:
    lease = leases.get(desk.names.lease_id(lease_named(assignment.answer)))
    try:
        if lease is None:
            raise BadAnswer("the answer names no lease of ours")
        if (lease.assignment_id, lease.worker_id) != (assignment.assignment_id, assignment.worker_id):
            raise BadAnswer("the lease is another assignment's")
        if lease.kind != assignment.kind:
            raise BadAnswer("the lease is for another kind of work")
        if lease.hit_id != hit_id:
            raise BadAnswer("the lease is for another HIT")
        if lease.state == "answered":
            raise BadAnswer("the lease was answered before")
        places = {desk.names.item(lease.id, item.position): item for item in items[lease.id]}
        shown = {key: sizes[item.subject] for key, item in places.items()}
        asked = Asked(desk.names.lease(lease.id), shown, len(lease.quiz or ()))
        submission = KINDS[assignment.kind].read(asked, assignment.answer)
    except BadAnswer as error:
        return _Reading(assignment, lease, None, (), error.reason)
    answers = [_answered(assignment, places[answer.key], answer, lease) for answer in submission.answers]
    return _Reading(assignment, lease, submission, answers, None)


def _answered(assignment: Assignment, item: Leased, answer: Answer[Any], lease: Lease) -> Answered:
    # What was said before the truth was shown is what counts.
    first = (lease.first_answers or {}).get(str(item.position))
    return Answered(
        item.subject,
        item.box_id,
        assignment.worker_id,
        assignment.assignment_id,
        answer.value if first is None else type(answer.value)(first),
        answer.seconds,
        assignment.submitted_at,
    )


def _settle(
    session: Session, read: Sequence[_Reading], told: Callable[[Sequence[Answered]], str], now: datetime
) -> None:
    good = [one for one in read if one.submission]
    held = [one for one in read if not one.submission]
    close_leases(session, [one.lease.id for one in good if one.lease], "answered")
    note_misses(session, [_done(one) for one in good], now)
    changes = [
        {
            "row": one.assignment.assignment_id,
            "outcome": "counted" if one.submission else "held",
            "why": one.reason,
            "active": one.submission.active_seconds if one.submission else None,
            "answered": len(one.answers),
        }
        for one in read
    ]
    if changes:
        session.connection().execute(SETTLE, changes)
    said = [told(one.answers) for one in good]
    pay = [
        (one.assignment.assignment_id, {"feedback": text} if text else {})
        for one, text in zip(good, said, strict=True)
    ]
    plan(session, "approve", pay, now)
    reasons = [(one.assignment.assignment_id, {"reason": one.reason}) for one in held]
    record(session, [event("assignment", subject, "held", data, now) for subject, data in reasons])


def _done(one: _Reading) -> Done:
    assert one.lease and one.submission
    return Done(one.lease, one.submission.quiz, {answer.subject: answer.value for answer in one.answers})
