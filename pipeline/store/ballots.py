"""Label votes as the arrays that a voting policy reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from pipeline.states import State
from pipeline.store.models import Candidate, Vote, Worker
from quality.arrays import NO, NOT_SURE, UNKNOWN, YES, Ballots

ANSWERS = {"yes": YES, "no": NO, "unsure": NOT_SURE, "report": NOT_SURE}
"""A report says nothing of the synset, but it is an answer: without it, everybody would be asked in turn."""

COLUMNS = {"yes": ("yes",), "no": ("no",), "unsure": ("unsure", "report")}
KIND = "label_images"
IN_VIEW = frozenset(State) - {State.FOUND, State.REFUSED, State.DUPLICATE}


@dataclass(frozen=True, slots=True)
class NumberedBallots:
    """Ballots, and what their numbers stand for: candidate ids and states by item."""

    ballots: Ballots
    ids: list[int]
    states: list[State]
    floors: list[int]
    settled_as: list[str | None]


def excluded() -> Select[str]:
    """Select the workers whose votes do not count."""
    return select(Worker.worker_id).where(Worker.excluded_at.is_not(None))


def counts() -> ColumnElement[bool]:
    """Say that a vote counts: its worker is not excluded."""
    return Vote.worker_id.not_in(excluded())


def recount(session: Session, candidates: Sequence[int]) -> None:
    """Bring the counts on decided candidates up to votes that came too late to decide."""
    number = {
        column: select(func.count())
        .where(Vote.kind == KIND, Vote.subject == Candidate.id, Vote.answer.in_(answers), counts())
        .scalar_subquery()
        for column, answers in COLUMNS.items()
    }
    decided = (Candidate.id.in_(candidates), Candidate.state != State.COLLECTED)
    session.execute(update(Candidate).where(*decided).values(**number))


def count_votes(session: Session, wnids: Sequence[str]) -> int:
    """Count the label votes on candidates of some synsets."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Vote)
            .join(Candidate, Candidate.id == Vote.subject)
            .where(Vote.kind == KIND, counts(), Candidate.wnid.in_(wnids))
        )
        or 0
    )


def load(
    session: Session, synsets: Sequence[str], workers: Sequence[str], only: Sequence[int] | None = None
) -> NumberedBallots:
    """Read the votes of some synsets, numbered by the lists given; `only` keeps to some candidates.

    Workers who are not in the list get numbers after it.
    """
    number = {wnid: n for n, wnid in enumerate(synsets)}
    columns = (
        Candidate.id,
        Candidate.wnid,
        Candidate.seed,
        Candidate.gold,
        Candidate.prior,
        Candidate.state,
        Candidate.votes_floor,
        Candidate.settled_as,
    )
    wanted = (
        select(*columns)
        .where(Candidate.wnid.in_(synsets), Candidate.state.in_(IN_VIEW))
        .order_by(Candidate.id)
    )
    votes = (
        select(Vote.subject, Vote.worker_id, Vote.answer)
        .join(Candidate, Candidate.id == Vote.subject)
        .where(
            Vote.kind == KIND,
            counts(),
            Vote.answer.in_(ANSWERS),
            Candidate.wnid.in_(synsets),
            Candidate.state.in_(IN_VIEW),
        )
        .order_by(Vote.id)
    )
    if only is not None:
        wanted, votes = wanted.where(Candidate.id.in_(only)), votes.where(Vote.subject.in_(only))
    rows: Sequence[Any] = session.execute(wanted).all()
    item = {row.id: n for n, row in enumerate(rows)}
    worker = {name: n for n, name in enumerate(workers)}
    cast = session.execute(votes).all()
    ballots = Ballots.of(
        [item[subject] for subject, _, _ in cast],
        [worker.setdefault(name, len(worker)) for _, name, _ in cast],
        [ANSWERS[answer] for _, _, answer in cast],
        n_items=len(rows),
        n_workers=len(worker),
        synset=[number[row.wnid] for row in rows],
        gold=[UNKNOWN if row.gold is None else row.gold for row in rows],
        seed=[row.seed for row in rows],
        prior=np.array([np.nan if row.prior is None else row.prior for row in rows], np.float64),
    )
    return NumberedBallots(
        ballots,
        [row.id for row in rows],
        [State(row.state) for row in rows],
        [row.votes_floor for row in rows],
        [row.settled_as for row in rows],
    )


def voters(session: Session) -> list[str]:
    """List everyone whose votes on labels count, in a fixed order."""
    whose = select(Vote.worker_id).where(Vote.kind == KIND, counts())
    return list(session.scalars(whose.distinct().order_by(Vote.worker_id)))
