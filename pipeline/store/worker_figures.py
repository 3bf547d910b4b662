"""What is known of workers' work: evidence for people to weigh, which punishes nobody by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session

from pipeline.states import VOTED_GOOD, State
from pipeline.store.ballots import ANSWERS, KIND
from pipeline.store.models import Assignment, Candidate, Hit, Vote, Worker
from quality.intervals import wilson

HOUR = 3600
TELLING = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often yes and no were right, of how many, with a 95 % Wilson interval; None of nothing."""

    right: int
    of: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """One worker. `labels` compares votes with what all votes decided, `gold` with known truths.

    Seconds are per image voted on; wages are cents for an hour of active work that was paid.
    """

    worker_id: str
    excluded: bool
    reason: str
    assignments: int
    held: int
    paid_cents: int
    votes: dict[str, int]
    labels: Agreement
    gold: Agreement
    median_seconds: float | None
    fastest_seconds: float | None
    hourly_cents: int | None


def read(session: Session, worker_id: str | None = None) -> list[WorkerFigures]:
    """Give the figures of all workers, or of one, by name; a handful of statements for any number."""
    work = _work(session, worker_id)
    votes, seconds = _votes(session, worker_id), _seconds(session, worker_id)
    standing = {row.worker_id: row for row in session.scalars(select(Worker))}
    return [
        _figures(row, votes[row.worker_id], seconds[row.worker_id], standing.get(row.worker_id))
        for row in work
    ]


def _figures(work: Any, votes: Counter[Any], seconds: list[float], standing: Worker | None) -> WorkerFigures:
    answers = {answer: sum(n for (said, *_), n in votes.items() if said == answer) for answer in ANSWERS}
    excluded = standing is not None and standing.excluded_at is not None
    return WorkerFigures(
        worker_id=work.worker_id,
        excluded=excluded,
        reason=standing.reason if standing else "",
        assignments=work.assignments,
        held=int(work.held),
        paid_cents=int(work.cents),
        votes=answers,
        labels=_agreement(votes, 1),
        gold=_agreement(votes, 2),
        median_seconds=float(np.median(seconds)) if seconds else None,
        fastest_seconds=float(np.percentile(seconds, 5)) if seconds else None,
        hourly_cents=round(int(work.earned) / work.seconds * HOUR) if work.seconds else None,
    )


def _agreement(votes: Counter[Any], column: int) -> Agreement:
    known = [(row[0] == row[column], n) for row, n in votes.items() if row[0] in TELLING and row[column]]
    right, of = sum(n for agrees, n in known if agrees), sum(n for _, n in known)
    low, high = wilson(right, of)
    return Agreement(right, of, right / of if of else None, float(low), float(high))


def _mine(worker_id: str | None, column: Any) -> ColumnElement[bool]:
    return true() if worker_id is None else column == worker_id


def _work(session: Session, worker_id: str | None) -> list[Any]:
    paid = Assignment.state == "paid"
    timed = paid & Assignment.active_seconds.is_not(None)
    pay = Hit.reward_cents + func.coalesce(Assignment.bonus_cents, 0)
    rows = session.execute(
        select(
            Assignment.worker_id,
            func.count().label("assignments"),
            func.sum(case((Assignment.state == "held", 1), else_=0)).label("held"),
            func.sum(case((paid, pay), else_=0)).label("cents"),
            func.sum(case((timed, pay), else_=0)).label("earned"),
            func.sum(case((timed, Assignment.active_seconds), else_=0.0)).label("seconds"),
        )
        .join(Hit, Hit.id == Assignment.hit)
        .where(_mine(worker_id, Assignment.worker_id))
        .group_by(Assignment.worker_id)
        .order_by(Assignment.worker_id)
    )
    return list(rows)


def _votes(session: Session, worker_id: str | None) -> defaultdict[str, Counter[Any]]:
    """Count votes by worker and (answer, what was decided, gold), the last two as answers or None."""
    decided = case((Candidate.state.in_(VOTED_GOOD), "yes"), (Candidate.state == State.REJECTED, "no"))
    gold = case((Candidate.gold == 1, "yes"), (Candidate.gold == 0, "no"))
    rows = session.execute(
        select(Vote.worker_id, Vote.answer, decided, gold, func.count())
        .join(Candidate, Candidate.id == Vote.subject)
        .where(Vote.kind == KIND, Vote.answer.in_(ANSWERS), _mine(worker_id, Vote.worker_id))
        .group_by(Vote.worker_id, Vote.answer, decided, gold)
    )
    found: defaultdict[str, Counter[Any]] = defaultdict(Counter)
    for worker, *row, count in rows:
        found[worker][tuple(row)] += count
    return found


def _seconds(session: Session, worker_id: str | None) -> defaultdict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    mine = (Vote.kind == KIND, Vote.seconds.is_not(None), _mine(worker_id, Vote.worker_id))
    for worker, seconds in session.execute(select(Vote.worker_id, Vote.seconds).where(*mine)):
        found[worker].append(float(seconds or 0))
    return found
