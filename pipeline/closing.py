"""Leaving the market: every ticket comes off it, and what workers did is taken in and paid."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from pipeline.runner import EFFECTS, STAGES, take_in
from pipeline.store.models import Assignment, Hit, Outbox
from pipeline.tickets.outbox import ACTIONS, Sender, waiting, withdraw
from pipeline.tickets.overruled import take_in_overruled
from pipeline.toolbox import CrowdTools, Toolbox

TAKING_IN = {name: stage for name, stage in STAGES.items() if name != "collect"}
SETTLING = [action for action in ACTIONS if action != "post"]


@dataclass(frozen=True, slots=True)
class Left:
    """What is still pending: tickets that workers hold, submissions that are held, effects unconfirmed."""

    withdrawn: int
    with_workers: int
    held: int
    unconfirmed: int


def close(tools: Toolbox, crowd: CrowdTools) -> Left:
    """Take every ticket off the market, then take in and pay what has been submitted until nothing moves.

    Who has accepted a ticket may finish it: closing again later takes that in.

    Raises
    ------
    CrowdUnreachable, CrowdRefused
        If the crowd stopped answering, or refuses a HIT that was on its way to it. Closing goes on later.
    """
    sender = Sender(tools.store, crowd.crowd, tools.clock)
    with tools.store.writing() as session:
        _drop_unsent(session)
    withdrawn = _withdraw_all(tools)
    sender.send(EFFECTS, SETTLING)
    if sender.send(EFFECTS, ["post"]):  # a post that a crash left in doubt: once confirmed, it comes off too
        withdrawn += _withdraw_all(tools)
    take_in_overruled(tools.store, crowd.crowd, tools.clock())
    still = False
    while not still:
        fetched, moved = take_in(tools, crowd, TAKING_IN)
        settled = crowd.requester.plan_last_top_ups(EFFECTS).settled
        paid = settled + sender.send(EFFECTS, SETTLING)
        still = not (fetched or any(moved.values()) or paid)
    with tools.store.reading() as session:
        return _left(session, withdrawn)


def _drop_unsent(session: Session) -> None:
    unsent = (Outbox.action == "post", Outbox.state == "planned")
    hits = [int(subject) for subject in session.scalars(select(Outbox.subject).where(*unsent))]
    session.execute(update(Hit).where(Hit.id.in_(hits)).values(state="lapsed"))
    session.execute(update(Outbox).where(*unsent).values(state="dropped"))


def _withdraw_all(tools: Toolbox) -> int:
    with tools.store.writing() as session:
        out = session.scalars(select(Hit.hit_id).where(Hit.state == "open")).all()
        return withdraw(session, [str(hit_id) for hit_id in out], tools.clock())


def _left(session: Session, withdrawn: int) -> Left:
    def count(these: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).where(these)) or 0

    with_workers, held = count(Hit.state == "expiring"), count(Assignment.state == "held")
    return Left(withdrawn, with_workers, held, waiting(session))
