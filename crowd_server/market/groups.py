"""The HIT types that have something left for a worker: searched, sorted and cut by the database.

Whether a type has an open HIT that this worker has not done is a step or two in an index, and the walk
through the types ends when the page is full. So a page costs the same however many HITs are open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, exists, func, or_, select
from sqlalchemy.orm import Session

from crowd_server.market.book import BLOCK, MINE, OPEN
from crowd_server.store.models.accounts import Requester
from crowd_server.store.models.hits import Hit, HitType

OF_TYPE = Hit.hit_type_id == HitType.hit_type_id
LEFT = exists().where(OF_TYPE, *OPEN, ~MINE)
HOW_MANY = select(func.count()).select_from(Hit).where(OF_TYPE, *OPEN).correlate(HitType).scalar_subquery()
GROUPS = (
    select(HitType, Requester.name)
    .join(Requester, Requester.requester_id == HitType.requester_id)
    .where(LEFT, ~BLOCK)
)
ORDERS: dict[str, ColumnElement[Any]] = {
    "reward": HitType.reward_cents.desc(),
    "count": HOW_MANY.desc(),
    "quick": HitType.duration_seconds.asc(),
}


@dataclass(frozen=True)
class Group:
    """A HIT type as a worker meets it in the list."""

    hit_type: HitType
    requester: str
    available: int


@dataclass(frozen=True)
class Search:
    """What a worker looks for. `usual_seconds`: by HIT type id, what its work takes, where that is known."""

    words: Sequence[str] = ()
    least_cents: float = 0
    order: str = "newest"
    usual_seconds: Mapping[str, float] | None = None

    def ranking(self) -> list[ColumnElement[Any]]:
        """What comes before the age of a type in the order; nothing when the newest are wanted."""
        if self.order == "rate" and self.usual_seconds:
            speeds = {type_id: 1 / seconds for type_id, seconds in self.usual_seconds.items()}
            an_hour = case(speeds, value=HitType.hit_type_id, else_=0.0)
            return [(HitType.reward_cents * an_hour).desc()]
        return [ORDERS[self.order]] if self.order in ORDERS else []


def groups(
    session: Session, worker_id: str | None, now: datetime, search: Search, *, limit: int, offset: int = 0
) -> Sequence[Row[HitType, str]]:
    """HIT types with HITs that the worker may still do, and the requesters; qualifications not looked at."""
    query = GROUPS.where(*(_mentioned(word) for word in search.words))
    if search.least_cents > 0:
        query = query.where(HitType.reward_cents >= search.least_cents)
    query = query.order_by(*search.ranking(), HitType.id.desc()).limit(limit).offset(offset)
    return session.execute(query, {"worker_id": worker_id or "", "now": now}).all()


def _mentioned(word: str) -> ColumnElement[bool]:
    columns = (HitType.title, HitType.description, HitType.keywords, Requester.name)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def open_hits(session: Session, hit_types: Sequence[HitType], now: datetime) -> dict[str, int]:
    """How many HITs of each of these types are open, those that one worker has done included."""
    ids = [hit_type.hit_type_id for hit_type in hit_types]
    query = select(HitType.hit_type_id, HOW_MANY).where(HitType.hit_type_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query, {"now": now})}
