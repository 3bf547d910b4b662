"""Every derived value, rebuilt from what is only added to (votes, leases, events, replies), and compared."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from pipeline.states import SETTLED, State
from pipeline.store import duplicate_groups
from pipeline.store.ballots import COLUMNS, IN_VIEW, KIND, counts
from pipeline.store.leases import open_items
from pipeline.store.models import Assignment, Box, Candidate, Event, Hit, Outbox, Pair, Synset, Vote
from pipeline.tickets.overruled import OVERRULED

ONE_ANSWER = frozenset({State.ACCEPTED, State.DRAWN, State.CHECKED})
"""States in which a candidate waits for one answer."""

CARRIED = re.compile(r"carried over from box (\d+)")
"""Why a box is on a copy of the picture on which it was drawn and checked."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value in the database that is not what its sources say."""

    check: str
    subject: str
    stored: Any
    rebuilt: Any


def verify(session: Session) -> dict[str, list[Difference]]:
    """Rebuild and compare everything that is derived; give the differences by check."""
    return {
        name: [Difference(name, subject, stored, rebuilt) for subject, stored, rebuilt in check(session)]
        for name, check in CHECKS.items()
    }


Found = Iterator[tuple[str, Any, Any]]


def _states(session: Session) -> Found:
    newest = (
        select(func.max(Event.id))
        .where(Event.kind == "candidate", Event.after.is_not(None))
        .group_by(Event.subject)
    )
    last = session.execute(select(Event.subject, Event.after).where(Event.id.in_(newest)))
    moved = {row.subject: row.after for row in last}
    for row in session.execute(select(Candidate.id, Candidate.state)):
        rebuilt = moved.get(str(row.id), State.FOUND)
        if row.state != rebuilt:
            yield f"candidate {row.id}", row.state, str(rebuilt)


def _votes(session: Session) -> Found:
    cast: defaultdict[int, Counter[str]] = defaultdict(Counter)
    counted = select(Vote.subject, Vote.answer, func.count()).where(Vote.kind == KIND, counts())
    for subject, answer, number in session.execute(counted.group_by(Vote.subject, Vote.answer)):
        cast[subject][answer] = number
    columns = select(Candidate.id, *(getattr(Candidate, name) for name in COLUMNS))
    for identity, *stored in session.execute(columns.where(Candidate.state.in_(IN_VIEW))):
        rebuilt = [sum(cast[identity][answer] for answer in answers) for answers in COLUMNS.values()]
        if stored != rebuilt:
            yield (
                f"candidate {identity}",
                dict(zip(COLUMNS, stored, strict=True)),
                dict(zip(COLUMNS, rebuilt, strict=True)),
            )


def _counted(session: Session) -> Found:
    cast = (
        select(func.count())
        .select_from(Vote)
        .join(Candidate, Candidate.id == Vote.subject)
        .where(Vote.kind == KIND, Candidate.wnid == Synset.wnid)
        .scalar_subquery()
    )
    for wnid, stored, number in session.execute(
        select(Synset.wnid, Synset.votes, cast).where(Synset.votes != cast)
    ):
        yield f"synset {wnid}", stored, number


def _pending(session: Session) -> Found:
    tables: tuple[type[Candidate] | type[Pair], ...] = (Candidate, Pair)
    for table in tables:
        rebuilt = open_items(table)
        differing = select(table.id, table.pending, rebuilt).where(table.pending != rebuilt)
        for identity, stored, number in session.execute(differing):
            yield f"{table.__name__.lower()} {identity}", stored, number


def _wanted(session: Session) -> Found:
    one = case((Candidate.state.in_(ONE_ANSWER), 1), else_=0)
    decided = Candidate.state.in_(SETTLED | ONE_ANSWER)
    differing = select(Candidate.id, Candidate.wanted, one).where(decided, Candidate.wanted != one)
    for identity, stored, number in session.execute(differing):
        yield f"candidate {identity}", stored, number
    settled = select(Pair.id, Pair.wanted).where(Pair.verdict != "doubtful", Pair.wanted != 0)
    for identity, stored in session.execute(settled):
        yield f"pair {identity}", stored, 0


def _payments(session: Session) -> Found:
    confirmed = (
        select(Outbox.id)
        .where(
            Outbox.action == "approve",
            Outbox.state == "confirmed",
            Outbox.subject == Assignment.assignment_id,
        )
        .exists()
    )
    overruled = (
        select(Event.id)
        .where(Event.name == OVERRULED, Event.kind == "assignment", Event.subject == Assignment.assignment_id)
        .exists()
    )
    owed = case((or_(confirmed, overruled), Hit.reward_cents + Hit.fee_cents), else_=0)
    differing = (
        select(Assignment.assignment_id, Assignment.paid_cents, owed)
        .join(Hit, Hit.id == Assignment.hit)
        .where(Assignment.paid_cents != owed)
    )
    for identity, stored, cents in session.execute(differing):
        yield f"assignment {identity}", stored, cents


def _bonuses(session: Session) -> Found:
    planned = {
        row.subject: row.payload["cents"]
        for row in session.execute(
            select(Outbox.subject, Outbox.payload).where(Outbox.action == "bonus", Outbox.state != "refused")
        )
    }
    for row in session.execute(select(Assignment.assignment_id, Assignment.bonus_cents)):
        if (row.bonus_cents or 0) != planned.get(row.assignment_id, 0):
            yield f"assignment {row.assignment_id}", row.bonus_cents, planned.get(row.assignment_id)


def _boxes(session: Session) -> Found:
    checks: Mapping[tuple[int, str], str] = {
        (box, worker): answer
        for box, worker, answer in session.execute(
            select(Vote.box_id, Vote.worker_id, Vote.answer).where(Vote.kind == "check_box")
        )
    }
    outcome = {"yes": "accepted", "no": "rejected", "unsure": "rejected"}
    origin: dict[int, int] = {}
    for box in session.execute(select(Box.id, Box.state, Box.checker, Box.reason).order_by(Box.id)):
        carried = CARRIED.fullmatch(box.reason or "")
        origin[box.id] = origin.get(int(carried[1]), int(carried[1])) if carried else box.id
        said = checks.get((origin[box.id], box.checker)) if box.checker else None
        fits = (box.state == outcome.get(said)) if said else (box.state in ("drawn", "surplus"))
        if not fits:
            yield f"box {box.id}", box.state, outcome.get(said or "", "drawn")


def _newest_boxes(session: Session) -> Found:
    waiting = select(Candidate.id, Box.state).outerjoin(Box, Box.id == Candidate.box_id)
    for identity, state in session.execute(waiting.where(Candidate.state == State.DRAWN)):
        if state != "drawn":
            yield f"newest box of candidate {identity}", state, "drawn"


def _copies(session: Session) -> Found:
    stored, derived = duplicate_groups.stored(session), duplicate_groups.derived(session)
    for identity in sorted(stored.keys() | derived.keys()):
        if stored.get(identity) != derived.get(identity):
            yield f"candidate {identity}", stored.get(identity), derived.get(identity)


def _originals(session: Session) -> Found:
    is_copy, named = Candidate.state == State.DUPLICATE, Candidate.duplicate_of.is_not(None)
    differing = select(Candidate.id, Candidate.state, Candidate.duplicate_of).where(is_copy != named)
    for identity, state, of in session.execute(differing):
        yield f"candidate {identity}", {"state": state, "duplicate_of": of}, None


CHECKS: dict[str, Callable[[Session], Found]] = {
    "states, from the last move of each candidate": _states,
    "yes, no and unsure, from the votes": _votes,
    "votes on synsets, from the votes": _counted,
    "pending answers, from the open leases": _pending,
    "wanted answers, from the states": _wanted,
    "cents paid, from the replies of the crowd": _payments,
    "bonuses, from what was planned and not refused": _bonuses,
    "states of boxes, from the checks": _boxes,
    "newest boxes of drawn images": _newest_boxes,
    "duplicate groups, from the pairs": _copies,
    "originals of duplicates": _originals,
}
