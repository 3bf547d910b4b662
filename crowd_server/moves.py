"""The one door through which an assignment moves and a HIT's counters change."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Session

from crowd_server import ledger, notices
from crowd_server.models.hits import Assignment, Hit, HitType
from crowd_server.rules import MOVES, REVIEWABLE, Effect, status_after


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
                    status.in_(REVIEWABLE),
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


def resettle(session: Session, hit: Hit, effect: Effect, now: datetime, event: str) -> Hit:
    """Change a HIT's counters, hold the money that it needs then, and tell of it."""
    hit = count(session, hit.hit_id, effect, now)
    ledger.settle_hold(session, hit, type_of(session, hit), now)
    notices.tell(session, event, hit, now)
    return hit


def type_of(session: Session, hit: Hit) -> HitType:
    """A HIT's type."""
    return session.scalars(select(HitType).where(HitType.hit_type_id == hit.hit_type_id)).one()
