"""Approving and rejecting: by the requester, by time, by a review policy, or by the operator on appeal."""

from datetime import datetime

from sqlalchemy.orm import Session

from crowd_server.errors import CrowdError, wrong_state
from crowd_server.market import ledger, notices
from crowd_server.market.moves import hit_after, move, type_of
from crowd_server.store.models.hits import Assignment, Hit


def approve(
    session: Session, assignment: Assignment, now: datetime, feedback: str | None, override: bool
) -> None:
    """Approve and pay; with `override`, also work that was rejected, out of what its requester can spend."""
    if assignment.state == "rejected" and override:
        return _override(session, assignment, now, feedback)
    moved = move(session, assignment.id, "submitted", "approved", now, approved_at=now, feedback=feedback)
    if moved is None:
        raise not_submitted(assignment)
    hit = hit_after(session, moved)
    source = ledger.hold_account(hit.requester_id)
    _pay(session, now, source, assignment, hit)
    hit.held_assignments -= 1
    notices.tell(session, "AssignmentApproved", hit, now, assignment)
    return None


def _override(session: Session, assignment: Assignment, now: datetime, feedback: str | None) -> None:
    moved = move(session, assignment.id, "rejected", "approved", now, approved_at=now, feedback=feedback)
    if moved is None:
        raise not_submitted(assignment)
    hit = hit_after(session, moved)
    source = ledger.requester_account(hit.requester_id)
    _pay(session, now, source, assignment, hit)
    notices.tell(session, "AssignmentApproved", hit, now, assignment)


def _pay(session: Session, now: datetime, source: str, assignment: Assignment, hit: Hit) -> None:
    cents, about = type_of(session, hit).reward_cents, assignment.assignment_id
    ledger.pay(
        session, now, source, assignment.worker_id,
        cents=cents, fee_cents=hit.fee_cents, kind="reward", about=about,
    )  # fmt: skip


def reject(session: Session, assignment: Assignment, now: datetime, feedback: str) -> None:
    """Reject with a reason; the held reward goes back to the requester."""
    moved = move(session, assignment.id, "submitted", "rejected", now, rejected_at=now, feedback=feedback)
    if moved is None:
        raise not_submitted(assignment)
    hit = hit_after(session, moved)
    ledger.settle_hold(session, hit, type_of(session, hit), now)
    notices.tell(session, "AssignmentRejected", hit, now, assignment)


def not_submitted(assignment: Assignment) -> CrowdError:
    """Approve or reject of what is not waiting for it."""
    return wrong_state("Assignment", assignment.state.capitalize(), "Submitted")
