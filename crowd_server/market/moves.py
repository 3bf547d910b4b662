"""The one door through which an assignment moves and a HIT's counters change.

Every cycle of every worker comes through here twice, so these statements go to the tables themselves: the
same UPDATE through the models takes three times as long. What the session holds is flushed first.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, bindparam, case, exists, select, update
from sqlalchemy.orm import Session

from crowd_server.market import ledger, notices
from crowd_server.market.rules import HIT, MOVES, REVIEWABLE, Counted, Effect, status_after
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.post import NotificationSetting
from crowd_server.store.models.table import Time, bare

NOW = bindparam("now", type_=Time())
HITS, GO, SETTING = bare(Hit), bare(Assignment).c, bare(NotificationSetting).c
LISTENED = exists().where(SETTING.hit_type_id == HIT.hit_type_id, SETTING.active).correlate(HITS)


@lru_cache(maxsize=128)
def _counting(effect: Effect) -> Executable:
    """The UPDATE that adds an effect and lets the status follow; made once an effect."""
    status = status_after(effect, HIT.expires_at > NOW)
    since = case((HIT.reviewable_at.is_(None), NOW), else_=HIT.reviewable_at)
    statement = update(HITS).where(HIT.hit_id == bindparam("this_hit"))
    statement = statement.values(
        max_assignments=HIT.max_assignments + effect.total,
        available=HIT.available + effect.available,
        pending=HIT.pending + effect.pending,
        submitted=HIT.submitted + effect.submitted,
        completed=HIT.completed + effect.completed,
        status=status,
        reviewable_at=case((status.in_(REVIEWABLE), since), else_=None),
    )
    return statement.returning(*(HIT[name] for name in Counted._fields[:-1]), LISTENED)


def count(session: Session, hit_id: str, effect: Effect, now: datetime) -> Counted:
    """Add an effect to a HIT's counters and let its status follow."""
    session.flush()
    return Counted(*session.execute(_counting(effect), {"this_hit": hit_id, "now": now}).one())


@lru_cache(maxsize=32)
def _moving(columns: tuple[str, ...]) -> Executable:
    """The compare-and-swap that also sets these columns."""
    given: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    statement = update(bare(Assignment)).where(GO.id == bindparam("this_id"), GO.state == bindparam("origin"))
    return statement.values(state=bindparam("target"), **given).returning(GO.hit_id)


def move(
    session: Session, row_id: int, origin: str, state: str, now: datetime, **columns: Any
) -> Counted | None:
    """Move an assignment by compare-and-swap; its HIT afterwards, or None if it was not at `origin`."""
    effect = MOVES[origin, state]
    given: dict[str, Any] = {f"new_{name}": value for name, value in columns.items()}
    given |= {"this_id": row_id, "origin": origin, "target": state}
    session.flush()
    hit_id = session.scalar(_moving(tuple(columns)), given)
    return count(session, hit_id, effect, now) if hit_id else None


def hit_after(session: Session, counted: Counted) -> Hit:
    """The whole HIT as it is after a move."""
    query = select(Hit).where(Hit.hit_id == counted.hit_id).execution_options(populate_existing=True)
    return session.scalars(query).one()


def resettle(session: Session, hit: Hit, effect: Effect, now: datetime, event: str | None) -> Hit:
    """Change a HIT's counters, hold the money that it needs then, and tell of the event, if it is one."""
    hit = hit_after(session, count(session, hit.hit_id, effect, now))
    ledger.settle_hold(session, hit, type_of(session, hit), now)
    if event:
        notices.tell(session, event, hit, now)
    return hit


def type_of(session: Session, hit: Hit) -> HitType:
    """A HIT's type."""
    return session.scalars(select(HitType).where(HitType.hit_type_id == hit.hit_type_id)).one()
