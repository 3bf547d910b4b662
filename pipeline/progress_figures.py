"""How far a run is, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.collection.searches import left_out
from pipeline.states import State
from pipeline.store.models import Box, Candidate, Hit, Pair, Vote
from pipeline.tickets.market import spending


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what went through it, of how many, and a word on the outcome."""

    name: str
    done: int
    total: int
    note: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A run at one moment. Money is cents."""

    stages: tuple[Stage, ...]
    open_hits: int
    paid: int
    committed: int
    ceiling: int
    settled_share: float


def read(session: Session, ceiling: int) -> Figures:
    """Count, in the database: a handful of statements and rows, whatever the size of the run."""
    counted = session.execute(select(Candidate.state, func.count()).group_by(Candidate.state))
    states = {State(state): count for state, count in counted}
    votes = dict(session.execute(select(Vote.kind, func.count()).group_by(Vote.kind)).all())
    boxes = dict(session.execute(select(Box.state, func.count()).group_by(Box.state)).all())
    pairs = dict(session.execute(select(Pair.verdict, func.count()).group_by(Pair.verdict)).all())
    left = str(left_out(session))
    money = spending(session, ceiling)
    open_hits = session.scalar(select(func.count()).where(Hit.state == "open")) or 0
    stages = _stages(states, votes, boxes, pairs, left)
    return Figures(stages, open_hits, money.paid, money.committed, money.ceiling, _settled_share(stages))


def _stages(
    states: Mapping[State, int],
    votes: Mapping[str, int],
    boxes: Mapping[str, int],
    pairs: Mapping[str, int],
    left: str,
) -> tuple[Stage, ...]:
    def count(*these: State) -> int:
        return sum(states.get(state, 0) for state in these)

    everything = sum(states.values()) - count(State.BORROWED)
    found, refused, collected = count(State.FOUND), count(State.REFUSED), count(State.COLLECTED)
    usable = everything - found - refused - count(State.DUPLICATE)
    boxing = count(State.ACCEPTED, State.DRAWN, State.CHECKED)
    boxed, unboxed = count(State.BOXED), count(State.UNBOXED)
    good = boxing + boxed + unboxed
    note = ", ".join(filter(None, (f"{refused:,} refused", left)))
    copies = f"{pairs.get('copy', 0):,} pairs of copies, {pairs.get('doubtful', 0):,} doubtful"
    return (
        Stage("collect", everything - found, everything, note),
        Stage(
            "label", usable - collected, usable, f"{votes.get('label_images', 0):,} votes, {good:,} accepted"
        ),
        Stage(
            "draw, verify",
            boxed + unboxed,
            good,
            f"{boxes.get('accepted', 0):,} boxes, {unboxed:,} not fully boxed",
        ),
        Stage("dedup", count(State.DUPLICATE), count(State.DUPLICATE), copies),
    )


def _settled_share(stages: tuple[Stage, ...]) -> float:
    shares = [stage.done / stage.total if stage.total else 0.0 for stage in stages[:3]]
    return sum(shares) / len(shares)
