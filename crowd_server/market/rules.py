"""The life cycles, as tables of allowed moves. Nothing else in the server decides what may follow what.

A HIT is `Assignable` while it is alive and has assignments to give; `Unassignable` while workers hold the
rest; `Reviewable` when nobody holds one and none is to be given, or it has expired. The requester moves it
between `Reviewable` and `Reviewing`, and disposes of it for good. So a HIT's status follows from its
counters and its expiration, and is recomputed with every move of an assignment; but only the sweeper, or a
change of its expiration, ends an `Assignable` HIT: whoever does also releases its money and tells of it.

An assignment is `accepted` until its worker submits or returns it, or its deadline passes (`abandoned`).
A returned or abandoned one goes back to its HIT. A submitted one is approved or rejected; a rejection can
be overridden.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case

from crowd_server.store.models.hits import Hit
from crowd_server.store.models.table import bare

HIT = bare(Hit).c


@dataclass(frozen=True)
class Effect:
    """What is added to a HIT's counters. A move of an assignment adds up to zero.

    With `by_clock`, an Assignable HIT whose time is up ends.
    """

    available: int = 0
    pending: int = 0
    submitted: int = 0
    completed: int = 0
    by_clock: bool = False

    @property
    def total(self) -> int:
        """By how many assignments the HIT grows."""
        return self.available + self.pending + self.submitted + self.completed


class Counted(NamedTuple):
    """A HIT after its counters changed. `listened`: its requester asked to be told of some events."""

    hit_id: str
    hit_type_id: str
    requester_id: str
    status: str
    policies: dict[str, Any]
    listened: bool


MOVES: dict[tuple[str, str], Effect] = {
    ("offered", "accepted"): Effect(available=-1, pending=+1),
    ("accepted", "submitted"): Effect(pending=-1, submitted=+1),
    ("accepted", "returned"): Effect(pending=-1, available=+1),
    ("accepted", "abandoned"): Effect(pending=-1, available=+1),
    ("submitted", "approved"): Effect(submitted=-1, completed=+1),
    ("submitted", "rejected"): Effect(submitted=-1, completed=+1),
    ("rejected", "approved"): Effect(),
}

LIVE = ("accepted", "submitted", "approved", "rejected")
SUBMITTED = ("submitted", "approved", "rejected")
REVIEWABLE = ("Reviewable", "Reviewing")
OPEN = ("Assignable", "Unassignable", *REVIEWABLE)

DISPOSAL_DAYS = 120
OVERRIDE_DAYS = 30
TOKEN_HOURS = 24
BIG_HIT = 10


def status_after(effect: Effect, in_time: ColumnElement[bool]) -> ColumnElement[str]:
    """The HIT status that follows when `effect` is added, as SQL, so that one UPDATE does both."""
    alive = in_time if effect.by_clock else in_time | (HIT.status == "Assignable")
    return case(
        (HIT.status == "Disposed", "Disposed"),
        ((HIT.available + effect.available > 0) & alive, "Assignable"),
        (HIT.pending + effect.pending > 0, "Unassignable"),
        (HIT.status == "Reviewing", "Reviewing"),
        else_="Reviewable",
    )
