"""An accepted assignment ends: handed in, returned, or abandoned."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crowd_server.market import ledger, notices, review
from crowd_server.market.moves import move, type_of
from crowd_server.store.models.hits import Assignment


def give_back(session: Session, assignment: Assignment, state: str, now: datetime) -> bool:
    """Return or abandon accepted work: its place goes back to the HIT, or its money to the requester."""
    hit = move(session, assignment.id, "accepted", state, now, ended_at=now)
    if hit is None:
        return False
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
    hit = move(
        session, assignment.id, "accepted", "submitted", now,
        answer=answer, submitted_at=now, auto_approval_at=now + approve_after,
    )  # fmt: skip
    if hit is None:
        return False
    notices.tell(session, "AssignmentSubmitted", hit, now, assignment)
    if hit.policies:
        session.refresh(assignment)
        review.when_submitted(session, hit, assignment, now)
    if hit.status == "Reviewable":
        review.when_reviewable(session, hit, now)
    return True
