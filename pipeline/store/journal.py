"""The one door for a change of state: compare, swap, and write the event, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from pipeline.errors import StaleState
from pipeline.states import MOVES, State
from pipeline.store.models import Candidate, Event


@dataclass(frozen=True, slots=True)
class Move:
    """One candidate's step, the columns that change with it, and the numbers that decided it."""

    id: int
    before: State
    after: State
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)


def advance(session: Session, moves: Iterable[Move], now: datetime) -> int:
    """Make all the moves or none; give how many there were.

    Moves that change the same columns go to the database as one statement, however many they are.

    Raises
    ------
    ValueError
        If a move is not in the table of allowed moves.
    StaleState
        If a candidate was not in the state that its move starts from.
    """
    alike: dict[tuple[State, State, tuple[str, ...]], list[Move]] = defaultdict(list)
    for move in moves:
        if (move.before, move.after) not in MOVES:
            raise ValueError(f"candidates never go from {move.before} to {move.after}")
        alike[move.before, move.after, tuple(sorted(move.columns))].append(move)
    for (before, after, columns), group in alike.items():
        _swap(session, before, after, columns, group)
    events = [
        event("candidate", move.id, move.name, move.data, now, before=move.before, after=move.after)
        for group in alike.values()
        for move in group
    ]
    record(session, events)
    return len(events)


def _swap(
    session: Session, before: State, after: State, columns: Sequence[str], moves: Sequence[Move]
) -> None:
    statement = (
        update(Candidate)
        .where(Candidate.id == bindparam("move_id"), Candidate.state == before)
        .values(state=after, **{name: bindparam(f"new_{name}") for name in columns})
    )
    rows = [{"move_id": move.id, **{f"new_{name}": move.columns[name] for name in columns}} for move in moves]
    changed = session.connection().execute(statement, rows).rowcount
    if changed != len(moves):
        raise StaleState(f"{len(moves) - changed} of {len(moves)} candidates were no longer {before}")


def event(
    kind: str,
    subject: object,
    name: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    before: str | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    """Make an event's row: what happened to which subject, and the numbers behind it."""
    return {
        "at": now,
        "kind": kind,
        "subject": str(subject),
        "name": name,
        "before": before,
        "after": after,
        "data": dict(data),
    }


def record(session: Session, events: Sequence[Mapping[str, Any]]) -> None:
    """Write events that come with no move of a candidate, or with one made by `advance`."""
    if events:
        # Not by the session, which would make up each row's columns anew.
        session.connection().execute(insert(Event), list(events))
