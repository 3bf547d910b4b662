"""What a run waits for, whose turn it is, and what that person can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from pipeline.settings import Settings
from pipeline.states import RELEASABLE, State
from pipeline.store.models import Assignment, Candidate, Event, Hit, ReleaseVersion, Synset
from pipeline.tickets import market
from pipeline.tickets.outbox import waiting as unconfirmed

YOU = "you"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for somebody, and the command that helps, if one does."""

    who: str
    what: str
    next: str


def read(session: Session, settings: Settings) -> list[Waiting]:
    """List what waits, what people can do first."""
    wanted = sum(need.answers for need in market.needs(session))
    return [
        *_for_people(session, settings, wanted),
        *_for_workers(session),
        *_for_the_pipeline(session, wanted),
    ]


def _for_people(session: Session, settings: Settings, wanted: int) -> Iterator[Waiting]:
    if not _count(session, Synset.wnid.is_not(None)):
        yield Waiting(YOU, "no synset is chosen yet", "synsetter synsets add NAME...")
        return
    if held := _count(session, Assignment.state == "held"):
        yield Waiting(YOU, _many(held, "submission", "held"), "synsetter hits held")
    state = market.standing(session, settings.crowd.budget_cents)
    if wanted and state.spending.left <= 0 and not state.under_way:
        ceiling = f"the budget of {state.spending.ceiling:,} cents is used up"
        short = f"{_many(wanted, 'answer', 'wanted')}, but {ceiling}"
        yield Waiting(YOU, short, "synsetter --set crowd.budget_cents=CENTS run")
    if state.complete:
        yield _when_complete(session)


def _when_complete(session: Session) -> Waiting:
    if not _count(session, Candidate.state.in_(RELEASABLE)):
        return Waiting(YOU, "every image is settled, and none was accepted", "synsetter synsets list")
    released = session.scalar(select(func.max(ReleaseVersion.released_at)))
    if released is None:
        return Waiting(YOU, "every image is settled", "synsetter release VERSION")
    of_images = select(Event.at).where(Event.kind == "candidate").order_by(Event.id.desc()).limit(1)
    if (newest := session.scalar(of_images)) and newest > released:
        return Waiting(YOU, "there is more than the last version tells", "synsetter release VERSION")
    return Waiting("auditors", "a version is released", "synsetter audit sample --size 50")


def _for_workers(session: Session) -> Iterator[Waiting]:
    if out := _count(session, Hit.state.in_(("open", "expiring"))):
        yield Waiting("workers", _many(out, "ticket", "on the market"), "")


def _for_the_pipeline(session: Session, wanted: int) -> Iterator[Waiting]:
    to_do = {
        ("synset", "to be searched"): _count(session, ~Synset.searched),
        ("picture", "to be fetched"): _count(session, Candidate.state == State.FOUND),
        ("answer", "wanted of workers"): wanted,
        ("submission", "to be read"): _count(session, Assignment.state == "received"),
        ("effect", "on the crowd to be confirmed"): unconfirmed(session),
    }
    for what, number in to_do.items():
        if number:
            yield Waiting("the pipeline", _many(number, *what), "synsetter run")


def _many(number: int, noun: str, rest: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'} {rest}"


def _count(session: Session, these: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(these)) or 0
