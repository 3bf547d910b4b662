"""What the collectors of rules count of workers' labels, worker by worker, over all synsets or by family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, String, case, cast, func, select
from sqlalchemy.orm import Session

from pipeline.states import VOTED_GOOD, State
from pipeline.store.ballots import KIND
from pipeline.store.models import Assignment, Candidate, Hit, Lease, Synset, Vote
from pipeline.store.worker_signs import FASTEST_SECONDS
from quality.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Shares:
    """Row by row: whose share it is, where (a family, or labels of any), what was right and of how many."""

    of: list[tuple[str, str]]
    right: FloatArray
    asked: FloatArray


def read(session: Session, collector: str, per_family: bool) -> Shares:
    """Count what a collector collects; one statement for any number of workers."""
    right: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for worker, family, good, of in session.execute(COLLECTED[collector]()):
        whose = (worker, family if per_family else KIND)
        right[whose] += int(good)
        asked[whose] += of
    rows = sorted(asked)
    counted = [np.array([counts[row] for row in rows], np.float64) for counts in (right, asked)]
    return Shares(rows, *counted)


def _grouped(worker: Any, right: Any) -> Select[Any]:
    counted = select(worker, Synset.family, func.sum(case((right, 1), else_=0)), func.count())
    return counted.group_by(worker, Synset.family)


def _of_votes(truth: Any, *where: Any) -> Select[Any]:
    return (
        _grouped(Vote.worker_id, Vote.answer == truth)
        .join(Candidate, Candidate.id == Vote.subject)
        .join(Synset, Synset.wnid == Candidate.wnid)
        .where(Vote.kind == KIND, Vote.answer.in_(("yes", "no")), *where)
    )


def _gold() -> Select[Any]:
    return _of_votes(case((Candidate.gold == 1, "yes"), else_="no"), Candidate.gold.is_not(None))


def _agreement() -> Select[Any]:
    decided = case((Candidate.state.in_(VOTED_GOOD), "yes"), else_="no")
    settled = Candidate.state.in_((*VOTED_GOOD, State.REJECTED))
    return _of_votes(decided, settled, Candidate.gold.is_(None))


def _quiz() -> Select[Any]:
    knew = func.coalesce(Lease.missed, "") != "quiz"
    # A lease without a quiz holds none, or JSON's null.
    asked = (Lease.kind == KIND, Lease.state == "answered", cast(Lease.quiz, String) != "null")
    return _grouped(Lease.worker_id, knew).join(Synset, Synset.wnid == Lease.wnid).where(*asked)


def _pace() -> Select[Any]:
    timed = (Assignment.kind == KIND, Assignment.items > 0, Assignment.active_seconds.is_not(None))
    believable = Assignment.active_seconds >= FASTEST_SECONDS * Assignment.items
    whose = _grouped(Assignment.worker_id, believable).join(Hit, Hit.id == Assignment.hit)
    return whose.join(Synset, Synset.wnid == Hit.wnid).where(*timed)


COLLECTED: dict[str, Callable[[], Select[Any]]] = {
    "gold": _gold,
    "agreement": _agreement,
    "quiz": _quiz,
    "pace": _pace,
}
