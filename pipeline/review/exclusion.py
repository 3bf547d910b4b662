"""Taking workers' votes out of the count, and back into it. What was handed in stays paid.

A person does it, or a rule of the settings, which is asked anew whenever a voting policy has learnt anew.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from pipeline.errors import UserError
from pipeline.review.reopening import Rederived, rederive
from pipeline.rules import parse_rules
from pipeline.settings import Label, Settings
from pipeline.store.ballots import KIND
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment, Box, Fact, Screened, Vote, VoteModel, Worker
from pipeline.votes.screening import screen

SCREENED = "screened_at_model"
"""The fact that remembers the newest model of a policy after which the rules were applied."""

NEWEST_MODEL = select(func.max(VoteModel.id))


def exclude(session: Session, settings: Label, worker_id: str, reason: str, now: datetime) -> Rederived:
    """Count a worker's votes no more, give them no more work, and decide again what they voted on.

    Raises
    ------
    UserError
        If nobody of that name has worked here, or they are excluded already.
    """
    worker = _known(session, worker_id)
    if worker.excluded_at:
        raise UserError(
            f"{worker_id} is excluded since {worker.excluded_at:%Y-%m-%d %H:%M} UTC: {worker.reason}"
        )
    worker.excluded_at, worker.reason = now, reason
    return _decide_again(session, settings, worker_id, "excluded", reason, now)


def include(session: Session, settings: Label, worker_id: str, now: datetime) -> Rederived:
    """Count an excluded worker's votes again, and let them work.

    Raises
    ------
    UserError
        If they are not excluded.
    """
    worker = _known(session, worker_id)
    if not worker.excluded_at:
        raise UserError(f"{worker_id} is not excluded: their votes count.")
    worker.excluded_at, worker.reason = None, ""
    return _decide_again(session, settings, worker_id, "included", "", now)


def apply_rules(session: Session, settings: Settings, now: datetime) -> int:
    """Screen workers, if a policy has learnt since, and decide again what that takes out of the count.

    Gives how many workers' standing has changed.
    """
    newest = str(session.scalar(NEWEST_MODEL))
    seen = session.get(Fact, SCREENED)
    if seen and seen.value == newest:
        return 0
    before = _weightless(session)
    changed = screen(session, parse_rules(settings.workers.rules), now)
    if others := before ^ _weightless(session):
        whose = (Vote.kind == KIND, Vote.worker_id.in_(others))
        judged = set(session.scalars(select(Vote.subject).where(*whose)))
        why = {"why": "votes weighed by a rule", "workers": sorted(others)}
        rederive(session, settings.label, judged, why, now)
    session.merge(Fact(name=SCREENED, value=str(session.scalar(NEWEST_MODEL))))
    return changed


def _weightless(session: Session) -> set[str]:
    return set(session.scalars(select(Screened.worker_id).where(Screened.action == "down_weight")))


def boxes_that_stand(session: Session, worker_id: str) -> int:
    """Count accepted boxes that a worker drew or checked: other people judged these too, so they stand."""
    theirs = or_(Box.drawer == worker_id, Box.checker == worker_id)
    return session.scalar(select(func.count()).where(theirs, Box.state == "accepted")) or 0


def _known(session: Session, worker_id: str) -> Worker:
    if worker := session.get(Worker, worker_id):
        return worker
    if not session.scalar(select(Assignment.worker_id).where(Assignment.worker_id == worker_id).limit(1)):
        raise UserError(f"No worker {worker_id} has handed anything in. See: synsetter workers list")
    worker = Worker(worker_id=worker_id, excluded_at=None, reason="")
    session.add(worker)
    return worker


def _decide_again(
    session: Session, settings: Label, worker_id: str, name: str, reason: str, now: datetime
) -> Rederived:
    session.flush()
    mine = set(session.scalars(select(Vote.subject).where(Vote.kind == KIND, Vote.worker_id == worker_id)))
    again = rederive(session, settings, mine, {"why": f"worker {name}", "worker": worker_id}, now)
    numbers = {"reason": reason, "votes_on": len(mine), "reopened": again.reopened}
    record(session, [event("worker", worker_id, name, numbers, now)])
    return again
