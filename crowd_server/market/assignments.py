"""An accepted assignment ends: handed in, returned, or abandoned."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crowd_server.market import ledger, notices, review
from crowd_server.market.moves import hit_after, move, type_of
from crowd_server.store.models.hits import Assignment, Hit


def give_back(session: Session, assignment: Assignment, state: str, now: datetime) -> bool:
    """Return or abandon accepted work: its place goes back to the HIT, or its money to the requester."""
    moved = move(session, assignment.id, "accepted", state, now, ended_at=now)
    if moved is None:
        return False
    hit = hit_after(session, moved)
    ledger.settle_hold(session, hit, type_of(session, hit), now)
    notices.tell(session, "Assignment" + state.capitalize(), hit, now, assignment)
    if hit.status == "Reviewable":
        review.when_reviewable(session, hit, now)
    return True


def submit(
    session: Session, assignment: Assignment, answer: str, now: datetime, approve_after: timedelta
) -> bool:
    """Hand in accepted work; False when it is no longer accepted or its deadline has passed."""
    if assignment.deadline < now:
        return False
    moved = move(
        session, assignment.id, "accepted", "submitted", now,
        answer=answer, submitted_at=now, auto_approval_at=now + approve_after,
    )  # fmt: skip
    if moved is None:
        return False
    if moved.listened:
        notices.tell(session, "AssignmentSubmitted", moved, now, assignment)
    if moved.policies or (moved.listened and moved.status == "Reviewable"):
        _review(session, hit_after(session, moved), assignment, now)
    return True


def _review(session: Session, hit: Hit, assignment: Assignment, now: datetime) -> None:
    session.refresh(assignment)
    review.when_submitted(session, hit, assignment, now)
    if hit.status == "Reviewable":
        review.when_reviewable(session, hit, now)
