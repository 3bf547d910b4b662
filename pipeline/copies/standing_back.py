"""Copies under two synsets before any vote is bought: one is shown to voters, the other stands back.

It comes back if the voters do not accept the first; if they do, the votes on it are saved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pipeline.settings import Settings
from pipeline.states import VOTED_GOOD, State
from pipeline.store import duplicates
from pipeline.store.journal import Move, advance

FIRST_VOTES = 1
"""Asked of a candidate that comes back: from the first on, the voting policy says how many."""


def stand_back(session: Session, settings: Settings, now: datetime) -> int:
    """Call back those whose copy was not accepted, then let copies of others stand back; give rows moved."""
    return advance(session, _called_back(session), now) + advance(session, _standing_back(session), now)


def _called_back(session: Session) -> list[Move]:
    return [
        Move(
            row.id,
            State.DUPLICATE,
            State.COLLECTED,
            "copy not accepted",
            {"of": row.duplicate_of, "its_state": row.kept_state},
            {"duplicate_of": None, "wanted": FIRST_VOTES, "confidence": None},
        )
        for row in duplicates.deferred(session)
    ]


def _standing_back(session: Session) -> list[Move]:
    pairs = duplicates.copies_to_defer(session, {State.COLLECTED, *VOTED_GOOD})
    members = duplicates.facts(session, {side for pair in pairs for side in (pair.left, pair.right)})
    beside: dict[int, list[tuple[int, Any]]] = {}
    for pair in pairs:
        beside.setdefault(pair.left, []).append((pair.right, pair))
        beside.setdefault(pair.right, []).append((pair.left, pair))
    shown: set[int] = set()
    moves = []
    for one in sorted(members.values(), key=_first_in_line):
        before = [(other, pair) for other, pair in beside[one.id] if other in shown]
        if before and one.untouched:
            moves.append(_stands_back(one, *before[0]))
        else:
            shown.add(one.id)
    return moves


def _first_in_line(one: Any) -> tuple[Any, ...]:
    """Sort those that voters have seen first, then the likeliest to be good, the largest, the earliest."""
    return (one.untouched, -(one.prior or 0), -one.width * one.height, one.id)


def _stands_back(one: Any, other: int, pair: Any) -> Move:
    data = {"of": other, "pair": pair.id, "probability": pair.probability, "measured": pair.measured}
    columns = {"duplicate_of": other, "wanted": 0}
    return Move(one.id, State.COLLECTED, State.DUPLICATE, "copy under another synset", data, columns)
