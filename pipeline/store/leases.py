"""Leases: which items wait for a kind of work, which worker may have them, and how a lease ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from pipeline.states import WORK
from pipeline.store.models import Box, Candidate, Lease, LeaseItem, Pair

PAIRS = "pairs"
"""Stands for the synset in tickets about pairs of pictures."""


OVER = (
    select(Lease.id)
    .where(Lease.state == "open", Lease.expires_at < bindparam("now"))
    .order_by(Lease.expires_at)
    .limit(bindparam("most", type_=Integer))
)
ITEMS = (
    select(LeaseItem.lease_id, LeaseItem.position, LeaseItem.subject, LeaseItem.box_id)
    .where(LeaseItem.lease_id.in_(bindparam("leases", expanding=True)))
    .order_by(LeaseItem.lease_id, LeaseItem.position)
)


@dataclass(frozen=True, slots=True)
class Leased:
    """One item of a lease, by its place."""

    lease_id: int
    position: int
    subject: int
    box_id: int


def leased_items(session: Session, lease_ids: Sequence[int]) -> list[Leased]:
    """Read the items of leases, in the order of their pages."""
    return [Leased(*row) for row in session.execute(ITEMS, {"leases": list(lease_ids)})]


def expire_leases(session: Session, now: datetime, limit: int) -> int:
    """Take back what was not answered in time; give the number of leases."""
    ids = session.scalars(OVER, {"now": now, "most": limit}).all()
    if ids:
        close_leases(session, ids, "expired")
    return len(ids)


def close_leases(session: Session, lease_ids: Sequence[int], state: str) -> None:
    """End leases (`answered`, `expired`) and give their items' places back."""
    session.execute(update(Lease).where(Lease.id.in_(lease_ids)).values(state=state))
    mine = LeaseItem.lease_id.in_(lease_ids)
    session.execute(update(LeaseItem).where(mine).values(state=state))
    for table in (Candidate, Pair):
        touched = select(LeaseItem.subject).where(mine, LeaseItem.kind.in_(_kinds_about(table)))
        session.execute(update(table).where(table.id.in_(touched)).values(pending=open_items(table)))


class Busy(Exception):
    """Another transaction holds what is needed; it is free again when that is over."""


def take_back(session: Session, lease: Lease) -> None:
    """Expire a lease whose HIT is in other hands.

    Raises
    ------
    Busy
        If somebody else is at work on its rows: waiting for them with rows in hand, two could wait for
        each other.
    """
    table = subject_table(lease.kind)
    subjects = select(LeaseItem.subject).where(LeaseItem.lease_id == lease.id)
    mine = select(Lease.id).where(Lease.id == lease.id, Lease.state == "open")
    items = select(table.id).where(table.id.in_(subjects))
    number = select(func.count()).select_from(items.subquery())
    free = session.scalars(mine.with_for_update(skip_locked=True)).all()
    if not free or session.scalar(number) != len(
        session.scalars(items.with_for_update(skip_locked=True)).all()
    ):
        raise Busy
    close_leases(session, [lease.id], "expired")


def open_items(table: type[Candidate] | type[Pair]) -> ScalarSelect[int]:
    """Count the places of open leases that are about a row: what its `pending` stands for."""
    # A lease of a kind of work that the candidate has left counts too: its worker may still answer.
    about = LeaseItem.kind.in_(_kinds_about(table))
    mine = (about, LeaseItem.subject == table.id, LeaseItem.state == "open", ~LeaseItem.gold)
    return select(func.count()).where(*mine).scalar_subquery()


def _kinds_about(table: type[Candidate] | type[Pair]) -> tuple[str, ...]:
    return ("check_duplicate",) if table is Pair else tuple(WORK)


def subject_table(kind: str) -> type[Candidate] | type[Pair]:
    """Tell what a kind of HIT asks about."""
    return Pair if kind == "check_duplicate" else Candidate


def due(kind: str, wnid: str) -> Select[int, int]:
    """Select what waits for a kind of work, in a fixed random order."""
    if kind == "check_duplicate":
        return (
            select(Pair.id, literal(0).label("box_id"))
            .where(Pair.verdict == "doubtful")
            .order_by(Pair.shuffle)
        )
    box = (
        literal(0).label("box_id")
        if kind == "label_images"
        else func.coalesce(Candidate.box_id, 0).label("box_id")
    )
    waiting = select(Candidate.id, box).where(Candidate.state == WORK[kind], Candidate.wnid == wnid)
    if kind == "label_images":
        waiting = waiting.where(Candidate.gold.is_(None))  # what is known checks workers, and is not asked
    return waiting.order_by(Candidate.shuffle, Candidate.id)


def met(kind: str, worker_id: str) -> ColumnElement[bool]:
    """Say that a worker has had this question before."""
    # A rejected box sends its image back to be drawn, and a missed instance a covered one: the same
    # worker may see those again, since the question has changed.
    table = subject_table(kind)
    met = (
        LeaseItem.kind == kind,
        LeaseItem.subject == table.id,
        LeaseItem.worker_id == worker_id,
        LeaseItem.state != "expired",
    )
    if kind in ("label_images", "check_duplicate"):
        return exists().where(*met)
    return exists().where(*met, LeaseItem.box_id == func.coalesce(Candidate.box_id, 0))


def barred(kind: str, worker_id: str) -> ColumnElement[bool]:
    """Drawer, checker and coverage judge of a box are three people (Su, Deng and Fei-Fei 2012)."""
    newest, drew = Box.id == Candidate.box_id, Box.drawer == worker_id
    if kind == "check_box":
        return exists().where(newest, drew)
    if kind == "check_coverage":
        # Who was asked to draw after the newest box and did not has said that all have one.
        said_so = met("draw_box", worker_id)
        return or_(exists().where(newest, or_(drew, Box.checker == worker_id)), said_so)
    return false()
