"""The market as the database sees it: what work is wanted, which tickets are out, what it all costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Exists, Integer, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from pipeline.hits.kind import Kind
from pipeline.states import UNSETTLED, WORK, State
from pipeline.store.leases import PAIRS
from pipeline.store.models import Candidate, Hit, Lease, Pair, Synset
from pipeline.store.tickets import SPENT

NO_CEILING = 1_000_000_000
"""Cents that no run reaches: the budget of a rehearsal that is to find out what the run would cost."""

LIVE = ("planned", "open")
AT_STAKE = ("planned", "open", "expiring", "answered")
TO_LABEL = (State.FOUND, State.COLLECTED)
TO_BOX = (*TO_LABEL, State.ACCEPTED, State.DRAWN, State.CHECKED)
"""States from which work of a kind can still come; the three box kinds wait for the same."""

LEASED: Select[Any] = select(Lease.hit_id).where(Lease.state == "open")
"""The HITs whose page somebody has open."""

_kind = case({state.value: kind for kind, state in WORK.items()}, value=Candidate.state)
OF_CANDIDATES = (
    select(
        _kind.label("kind"),
        Candidate.wnid,
        func.sum(Candidate.wanted - Candidate.pending).label("answers"),
        func.count().label("items"),
    )
    .where(Candidate.state.in_(list(WORK.values())), Candidate.wanted > Candidate.pending)
    .group_by(Candidate.state, Candidate.wnid)
)
WITH_PAIRS = select(func.sum(Pair.wanted - Pair.pending), func.count()).where(
    Pair.verdict == "doubtful", Pair.wanted > Pair.pending
)
LIVE_TICKETS = (
    select(
        Hit.kind,
        Hit.wnid,
        func.sum(case((Hit.hit_id.in_(LEASED), 0), else_=Hit.items)),
        func.count(),
    )
    .where(Hit.state.in_(LIVE))
    .group_by(Hit.kind, Hit.wnid)
)
_price = func.coalesce(func.sum(Hit.reward_cents + Hit.fee_cents), 0)
_paid = func.coalesce(SPENT, 0)
MONEY = select(
    select(_paid).scalar_subquery(), select(_price).where(Hit.state.in_(AT_STAKE)).scalar_subquery()
)


def _coming(states: tuple[State, ...]) -> Exists:
    return exists().where(Candidate.wnid == Hit.wnid, Candidate.state.in_(states))


IDLE = (
    select(Hit.hit_id)
    .where(
        Hit.state == "open",
        Hit.hit_id.not_in(LEASED),
        or_(
            and_(Hit.kind == "label_images", ~_coming(TO_LABEL)),
            and_(Hit.kind.in_(("draw_box", "check_box", "check_coverage")), ~_coming(TO_BOX)),
            and_(Hit.kind == "check_duplicate", ~exists().where(Pair.verdict == "doubtful")),
        ),
    )
    .order_by(Hit.id)
    .limit(bindparam("most", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class Need:
    """Answers wanted now for a kind of work on a synset, and the distinct items that they are about."""

    kind: str
    wnid: str
    answers: int
    items: int


@dataclass(frozen=True, slots=True)
class Page:
    """A ticket to be: a kind of work on a synset, for so many items, at this price, for whom."""

    kind: str
    wnid: str
    items: int
    reward_cents: int
    fee_cents: int
    tested: bool = False


@dataclass(frozen=True, slots=True)
class Spending:
    """The budget: what is paid, what live tickets may still cost, and the ceiling. Cents."""

    paid: int
    committed: int
    ceiling: int

    @property
    def left(self) -> int:
        """What new tickets may cost."""
        return self.ceiling - self.paid - self.committed


def page_size(kind: Kind[Any], items: int) -> int:
    """Round a part of a page up to a half, a quarter ... of a whole one: few sizes, few HIT types."""
    size = kind.items_per_hit
    while size > 1 and math.ceil(size / 2) >= items:
        size = math.ceil(size / 2)
    return size


def needs(session: Session) -> list[Need]:
    """Count what is wanted and not leased, by kind and synset, in a fixed order."""
    found = [Need(row.kind, row.wnid, int(row.answers), row.items) for row in session.execute(OF_CANDIDATES)]
    answers, items = session.execute(WITH_PAIRS).one()
    if items:
        found.append(Need("check_duplicate", PAIRS, int(answers), items))
    return sorted(found, key=lambda need: (need.wnid, need.kind))


def live_tickets(session: Session) -> dict[tuple[str, str], tuple[int, int]]:
    """Count, by kind and synset, the places of unleased live tickets and all live tickets."""
    rows = session.execute(LIVE_TICKETS)
    return {(kind, wnid): (int(places), tickets) for kind, wnid, places, tickets in rows}


def spending(session: Session, ceiling: int) -> Spending:
    """Add up the money. A ticket counts in full until its work is paid or it has left the market unused."""
    paid, committed = session.execute(MONEY).one()
    return Spending(int(paid), int(committed), ceiling)


def within(pages: Sequence[Page], cents: int) -> list[Page]:
    """Keep as many pages, in order, as the cents pay for."""
    kept = []
    for page in pages:
        cents -= page.reward_cents + page.fee_cents
        if cents < 0:
            break
        kept.append(page)
    return kept


def idle_tickets(session: Session, limit: int) -> list[str]:
    """List open, unleased tickets for which no work can come any more, so many at most."""
    return [str(hit_id) for hit_id in session.scalars(IDLE, {"most": limit})]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the run stands: the money, whether work is out with workers, whether all is done."""

    spending: Spending
    under_way: bool
    complete: bool


def standing(session: Session, ceiling: int) -> Standing:
    """Tell whether anything is still to come. A held assignment waits for a person and holds nothing up."""
    unsettled = (
        session.scalar(select(Candidate.id).where(Candidate.state.in_(UNSETTLED)).limit(1)) is not None
    )
    doubtful = session.scalar(select(Pair.id).where(Pair.verdict == "doubtful").limit(1)) is not None
    unsearched = session.scalar(select(Synset.wnid).where(~Synset.searched).limit(1)) is not None
    under_way = (
        session.scalar(select(Hit.id).where(Hit.state.in_(("planned", "open", "expiring"))).limit(1))
        is not None
    )
    complete = not (unsettled or doubtful or unsearched or under_way)
    return Standing(spending(session, ceiling), under_way, complete)
