"""Assignments: the one door through which one moves, and the verbs of workers and requesters on it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Session

from crowd_server import ledger, notices
from crowd_server.errors import CrowdError, RequestError, wrong_state
from crowd_server.models.hits import Assignment, Hit, HitType
from crowd_server.rules import MOVES, OVERRIDE_DAYS, Effect, status_after


def count(session: Session, hit_id: str, effect: Effect, now: datetime) -> Hit:
    """Add an effect to a HIT's counters and let its status follow; the HIT as it is then."""
    status = status_after(effect, Hit.expires_at > literal(now, Hit.expires_at.type))
    statement = (
        update(Hit)
        .where(Hit.hit_id == hit_id)
        .values(
            max_assignments=Hit.max_assignments + effect.total,
            available=Hit.available + effect.available,
            pending=Hit.pending + effect.pending,
            submitted=Hit.submitted + effect.submitted,
            completed=Hit.completed + effect.completed,
            status=status,
            reviewable_at=case(
                (
                    status.in_(("Reviewable", "Reviewing")),
                    case((Hit.reviewable_at.is_(None), now), else_=Hit.reviewable_at),
                ),
                else_=None,
            ),
        )
    )
    returned = statement.returning(Hit).execution_options(populate_existing=True, synchronize_session=False)
    return session.scalars(returned).one()


def move(session: Session, row_id: int, origin: str, state: str, now: datetime, **columns: Any) -> Hit | None:
    """Move an assignment by compare-and-swap; its HIT afterwards, or None if it was not at `origin`."""
    effect = MOVES[origin, state]
    statement = (
        update(Assignment)
        .where(Assignment.id == row_id, Assignment.state == origin)
        .values(state=state, **columns)
        .returning(Assignment.hit_id)
        .execution_options(synchronize_session=False)
    )
    hit_id = session.scalar(statement)
    return count(session, hit_id, effect, now) if hit_id else None


def give_back(session: Session, assignment: Assignment, state: str, now: datetime) -> bool:
    """Return or abandon accepted work: its place goes back to the HIT, or its money to the requester."""
    hit = move(session, assignment.id, "accepted", state, now, ended_at=now)
    if hit is None:
        return False
    ledger.settle_hold(session, hit, _type_of(session, hit), now)
    notices.tell(session, "Assignment" + state.capitalize(), hit, now, assignment)
    if hit.status == "Reviewable":
        notices.tell(session, "HITReviewable", hit, now)
    return True


def submit(session: Session, assignment: Assignment, answer: str, now: datetime) -> bool:
    """Hand in accepted work; False when it is no longer accepted or its deadline has passed."""
    if assignment.deadline < now:
        return False
    delay = (
        session.scalar(select(HitType.auto_approval_seconds).join(Hit).where(Hit.hit_id == assignment.hit_id))
        or 0
    )
    hit = move(
        session, assignment.id, "accepted", "submitted", now,
        answer=answer, submitted_at=now, auto_approval_at=now + timedelta(seconds=delay),
    )  # fmt: skip
    if hit is None:
        return False
    notices.tell(session, "AssignmentSubmitted", hit, now, assignment)
    if hit.status == "Reviewable":
        notices.tell(session, "HITReviewable", hit, now)
    return True


def approve(
    session: Session, assignment: Assignment, now: datetime, feedback: str | None, override: bool
) -> None:
    """Approve and pay; with `override`, also work that was rejected less than 30 days after it came in."""
    if assignment.state == "rejected" and override:
        return _override(session, assignment, now, feedback)
    hit = move(session, assignment.id, "submitted", "approved", now, approved_at=now, feedback=feedback)
    if hit is None:
        raise not_submitted(assignment)
    source = ledger.hold_account(hit.requester_id)
    _pay(session, now, source, assignment, hit)
    hit.held_assignments -= 1
    notices.tell(session, "AssignmentApproved", hit, now, assignment)
    return None


def _override(session: Session, assignment: Assignment, now: datetime, feedback: str | None) -> None:
    if assignment.submitted_at and now > assignment.submitted_at + timedelta(days=OVERRIDE_DAYS):
        raise RequestError(
            f"This assignment was submitted more than {OVERRIDE_DAYS} days ago; its rejection stands.",
            "InvalidAssignmentState",
        )
    hit = move(session, assignment.id, "rejected", "approved", now, approved_at=now, feedback=feedback)
    if hit is None:
        raise not_submitted(assignment)
    source = ledger.requester_account(hit.requester_id)
    _pay(session, now, source, assignment, hit)
    notices.tell(session, "AssignmentApproved", hit, now, assignment)


def _pay(session: Session, now: datetime, source: str, assignment: Assignment, hit: Hit) -> None:
    cents, about = _type_of(session, hit).reward_cents, assignment.assignment_id
    ledger.pay(
        session, now, source, assignment.worker_id,
        cents=cents, fee_cents=hit.fee_cents, kind="reward", about=about,
    )  # fmt: skip


def reject(session: Session, assignment: Assignment, now: datetime, feedback: str) -> None:
    """Reject with a reason; the held reward goes back to the requester."""
    hit = move(session, assignment.id, "submitted", "rejected", now, rejected_at=now, feedback=feedback)
    if hit is None:
        raise not_submitted(assignment)
    ledger.settle_hold(session, hit, _type_of(session, hit), now)
    notices.tell(session, "AssignmentRejected", hit, now, assignment)


def not_submitted(assignment: Assignment) -> CrowdError:
    """Approve or reject of what is not waiting for it."""
    return wrong_state("Assignment", assignment.state.capitalize(), "Submitted")


def _type_of(session: Session, hit: Hit) -> HitType:
    return session.scalars(select(HitType).where(HitType.hit_type_id == hit.hit_type_id)).one()
