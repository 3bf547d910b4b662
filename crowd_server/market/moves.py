"""The one door through which an assignment moves and a HIT's counters change."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, bindparam, case, select, update
from sqlalchemy.orm import Session

from crowd_server.market import ledger, notices
from crowd_server.market.rules import MOVES, REVIEWABLE, Effect, status_after
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.table import Time

NOW = bindparam("now", type_=Time())


@lru_cache(maxsize=128)
def _counting(effect: Effect) -> Executable:
    """The UPDATE that adds an effect and lets the status follow; made once an effect."""
    status = status_after(effect, Hit.expires_at > NOW)
    since = case((Hit.reviewable_at.is_(None), NOW), else_=Hit.reviewable_at)
    statement = update(Hit).where(Hit.hit_id == bindparam("this_hit"))
    statement = statement.values(
        max_assignments=Hit.max_assignments + effect.total,
        available=Hit.available + effect.available,
        pending=Hit.pending + effect.pending,
        submitted=Hit.submitted + effect.submitted,
        completed=Hit.completed + effect.completed,
        status=status,
        reviewable_at=case((status.in_(REVIEWABLE), since), else_=None),
    )
    return statement.returning(Hit).execution_options(populate_existing=True, synchronize_session=False)


def count(session: Session, hit_id: str, effect: Effect, now: datetime) -> Hit:
    """Add an effect to a HIT's counters and let its status follow; the HIT as it is then."""
    hit: Hit = session.scalars(_counting(effect), {"this_hit": hit_id, "now": now}).one()
    return hit


@lru_cache(maxsize=32)
def _moving(columns: tuple[str, ...]) -> Executable:
    """The compare-and-swap that also sets these columns."""
    given: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    statement = update(Assignment).where(
        Assignment.id == bindparam("this_id"), Assignment.state == bindparam("origin")
    )
    statement = statement.values(state=bindparam("target"), **given)
    return statement.returning(Assignment.hit_id).execution_options(synchronize_session=False)


def move(session: Session, row_id: int, origin: str, state: str, now: datetime, **columns: Any) -> Hit | None:
    """Move an assignment by compare-and-swap; its HIT afterwards, or None if it was not at `origin`."""
    effect = MOVES[origin, state]
    given: dict[str, Any] = {f"new_{name}": value for name, value in columns.items()}
    given |= {"this_id": row_id, "origin": origin, "target": state}
    hit_id = session.scalar(_moving(tuple(columns)), given)
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
