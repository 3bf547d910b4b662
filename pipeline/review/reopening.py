"""Deciding again, from the raw votes, what depended on something that has turned out wrong.

A worker is excluded, a known truth corrected: the voting policy learns anew from what still counts, and of
the candidates that depended on it those whose verdict no longer stands go back to the voters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.settings import Label
from pipeline.stages import label
from pipeline.states import RELEASABLE, VOTED_GOOD, State
from pipeline.store import ballots as voting
from pipeline.store.chunks import chunks
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Box, Candidate
from pipeline.votes.vote_models import Group, groups, keep, lesson
from quality.arrays import UNKNOWN, tally
from quality.votes import ACCEPT, OPEN, REJECT, UNSURE, Decisions

HELD = dict.fromkeys(VOTED_GOOD, ACCEPT) | {State.REJECTED: REJECT, State.UNSURE: UNSURE}
COUNTED = ("yes", "no", "unsure", "confidence")


@dataclass(frozen=True, slots=True)
class Rederived:
    """How many decided candidates were looked at again, and how many of them went back to the voters."""

    looked_at: int
    reopened: int

    def __add__(self, more: Rederived) -> Rederived:
        return Rederived(self.looked_at + more.looked_at, self.reopened + more.reopened)


def rederive(
    session: Session, settings: Label, candidates: Collection[int], why: Mapping[str, Any], now: datetime
) -> Rederived:
    """Decide candidates again from the votes that count; reopen those whose verdict no longer stands.

    Those, and those whose numbers changed, get an event (`reopened`, `recounted`) that says why, and from
    what to what.
    """
    total = Rederived(0, 0)
    for group in groups(session, settings):
        theirs = select(Candidate.id).where(Candidate.wnid.in_(group.synsets))
        parts = (session.scalars(theirs.where(Candidate.id.in_(part))) for part in chunks(candidates))
        if mine := {identity for part in parts for identity in part}:
            total += _rederive(session, group, mine, why, now)
    _recount_borrowed(session, candidates)
    return total


def _recount_borrowed(session: Session, candidates: Collection[int]) -> None:
    """Bring the counts on borrowed gold, which is never decided, up to the votes that count."""
    borrowed = select(Candidate.id).where(Candidate.state == State.BORROWED)
    parts = (session.scalars(borrowed.where(Candidate.id.in_(part))) for part in chunks(candidates))
    voting.recount(session, set(chain.from_iterable(parts)))


def _rederive(
    session: Session, group: Group, candidates: set[int], why: Mapping[str, Any], now: datetime
) -> Rederived:
    new = lesson(session, group)
    learnt, numbered = keep(session, new.learn(), now), new.numbered
    decisions = learnt.policy.decide(numbered.ballots, learnt.model)
    again = _again(session, numbered, decisions, candidates)
    told = dict(why) | {"policy": group.spec, "model": learnt.version}
    moves = [_reopened(one, told) for one in again if not one.stands]
    advance(session, moves, now)
    _drop_unchecked(session, [move.id for move in moves])
    _recount(session, [one for one in again if one.stands and one.changed], told, now)
    back = {move.id: move.columns["settled_as"] for move in moves}
    label.apply(session, _with_open(numbered, back), decisions, learnt.version, group.spec, now)
    return Rederived(len(again), len(moves))


@dataclass(frozen=True, slots=True)
class _Again:
    row: Any
    counted: dict[str, Any]
    stands: bool

    @property
    def before(self) -> dict[str, Any]:
        return {name: getattr(self.row, name) for name in COUNTED}

    @property
    def changed(self) -> bool:
        return self.before != self.counted


def _again(
    session: Session, numbered: voting.NumberedBallots, decisions: Decisions, candidates: set[int]
) -> list[_Again]:
    facts = (Candidate.id, Candidate.state, *(getattr(Candidate, name) for name in COUNTED))
    decided = select(*facts).where(Candidate.state.in_(HELD), Candidate.confidence.is_not(None))
    place = {identity: n for n, identity in enumerate(numbered.ids) if identity in candidates}
    mine = (decided.where(Candidate.id.in_(part)).order_by(Candidate.id) for part in chunks(place))
    ballots = numbered.ballots
    counts = tally(ballots.item, ballots.answer, ballots.n_items).astype(int)
    found = []
    for row in chain.from_iterable(map(session.execute, mine)):
        n = place[row.id]
        verdict = int(decisions.verdict[n])
        numbers = (*(int(count) for count in counts[n]), float(decisions.confidence[n]))
        lacking = verdict == OPEN or sum(numbers[:3]) < numbered.floors[n]
        lacking &= ballots.images.gold[n] == UNKNOWN
        stands = verdict == HELD[State(row.state)] and not lacking
        found.append(_Again(row, dict(zip(COUNTED, numbers, strict=True)), stands))
    return found


def _reopened(one: _Again, told: Mapping[str, Any]) -> Move:
    before = State(one.row.state)
    columns = {"settled_as": before if before in RELEASABLE else None, "wanted": 0}
    return Move(one.row.id, before, State.COLLECTED, "reopened", _told(one, told), columns | one.counted)


def _told(one: _Again, told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, **one.counted, "before": one.before}


def _drop_unchecked(session: Session, candidates: list[int]) -> None:
    """Set aside boxes that wait for a check on images that may be no good."""
    waiting = (Box.candidate_id == bindparam("row"), Box.state == "drawn")
    if candidates:
        session.connection().execute(
            update(Box).where(*waiting).values(state="surplus"), [{"row": row} for row in candidates]
        )


def _recount(session: Session, standing: list[_Again], told: Mapping[str, Any], now: datetime) -> None:
    if not standing:
        return
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in COUNTED}
    rows = [
        {"row": one.row.id} | {f"new_{name}": value for name, value in one.counted.items()}
        for one in standing
    ]
    statement = update(Candidate).where(Candidate.id == bindparam("row")).values(**values)
    session.connection().execute(statement, rows)
    events = [event("candidate", one.row.id, "recounted", _told(one, told), now) for one in standing]
    record(session, events)


def _with_open(numbered: voting.NumberedBallots, back: Mapping[int, Any]) -> voting.NumberedBallots:
    pairs = list(zip(numbered.ids, numbered.states, numbered.settled_as, strict=True))
    return replace(
        numbered,
        states=[State.COLLECTED if identity in back else state for identity, state, _ in pairs],
        settled_as=[back.get(identity, settled) for identity, _, settled in pairs],
    )
