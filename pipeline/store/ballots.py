"""Label votes as the arrays that a voting policy reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Integer, Result, bindparam, func, select, update
from sqlalchemy.orm import Session

from pipeline.hits import entry_test
from pipeline.states import State
from pipeline.store.chunks import chunks
from pipeline.store.models import Candidate, Screened, Synset, Vote, Worker
from pipeline.store.models.candidates import UNDECIDED
from quality.arrays import ANONYMOUS, NO, NOT_SURE, UNKNOWN, YES, Ballots

ANSWERS = {"yes": YES, "no": NO, "unsure": NOT_SURE, "report": NOT_SURE}
"""A report says nothing of the synset, but it is an answer: without it, everybody would be asked in turn."""

COLUMNS = {"yes": ("yes",), "no": ("no",), "unsure": ("unsure", "report")}
KIND = "label_images"
AT_ONCE = 50_000
"""Votes that are rows of Python objects at any time."""

IN_VIEW = frozenset(State) - {State.FOUND, State.REFUSED, State.DUPLICATE}


@dataclass(frozen=True, slots=True)
class NumberedBallots:
    """Ballots, and what their numbers stand for: candidate ids and states by item."""

    ballots: Ballots
    ids: list[int]
    states: list[State]
    floors: list[int]
    settled_as: list[str | None]


EXCLUDED = select(Worker.worker_id).where(Worker.excluded_at.is_not(None))
"""The workers whose votes do not count."""


@cache
def counts() -> ColumnElement[bool]:
    """Say that a vote counts: its worker is not excluded, nor are their labels weighed down to nothing.

    Answers to an entry test never count: they rate their worker alone.
    """
    weightless = select(Screened.worker_id).where(Screened.action == "down_weight")
    weighed = (Vote.kind != KIND) | Vote.worker_id.not_in(weightless)
    return Vote.worker_id.not_in(EXCLUDED) & weighed & (Vote.kind != entry_test.KIND.name)


_these = Candidate.id.in_(bindparam("ids", expanding=True))
RECOUNT = (
    update(Candidate)
    .where(_these)
    .values(
        {
            column: select(func.count())
            .where(Vote.kind == KIND, Vote.subject == Candidate.id, Vote.answer.in_(answers), counts())
            .scalar_subquery()
            for column, answers in COLUMNS.items()
        }
    )
)
UNDECIDE = (
    update(Candidate).where(_these, Candidate.state == State.COLLECTED).values(confidence=None, wanted=0)
)
VOTES = select(func.sum(Synset.votes)).where(Synset.wnid.in_(bindparam("wnids", expanding=True)))
NOT_DECIDED = (
    select(Candidate.id)
    .where(UNDECIDED, Candidate.wnid.in_(bindparam("wnids", expanding=True)))
    # In the index's own order, or SQLite would rather walk all candidates than sort a few.
    .order_by(Candidate.wnid, Candidate.id)
    .limit(bindparam("most", type_=Integer))
)

_in_view = (
    Candidate.wnid.in_(bindparam("wnids", expanding=True)),
    Candidate.state.in_(IN_VIEW),
)
# Written out, for each value bound costs the driver of PostgreSQL more than reading its vote.
_only = Candidate.id.in_(bindparam("only", type_=BigInteger, expanding=True, literal_execute=True))
IMAGES = (
    select(
        *(Candidate.id, Candidate.wnid, Candidate.seed, Candidate.gold, Candidate.prior, Candidate.state),
        *(Candidate.votes_floor, Candidate.settled_as),
    )
    .where(*_in_view)
    .order_by(Candidate.id)
)
CAST = (
    select(Vote.subject, Vote.worker_id, Vote.answer)
    .join(Candidate, Candidate.id == Vote.subject)
    .where(Vote.kind == KIND, counts(), Vote.answer.in_(ANSWERS), *_in_view)
    .execution_options(yield_per=AT_ONCE)
)
SOME_IMAGES, SOME_CAST = IMAGES.where(_only), CAST.where(_only)


def recount(session: Session, candidates: Collection[int]) -> None:
    """Bring the counts on candidates up to their votes; those that are open wait to be decided again."""
    connection = session.connection()
    for part in chunks(candidates):
        connection.execute(RECOUNT, {"ids": part})
        connection.execute(UNDECIDE, {"ids": part})


def count_in(session: Session, subjects: Sequence[int]) -> None:
    """Add new votes, by the candidates that they are on, to the counts of their synsets."""
    more: Counter[str] = Counter()
    for part in chunks(set(subjects)):
        wnids = dict(
            session.execute(select(Candidate.id, Candidate.wnid).where(Candidate.id.in_(part))).all()
        )
        more.update(wnids[one] for one in subjects if one in wnids)
    if more:
        adding = update(Synset).where(Synset.wnid == bindparam("row"))
        counted = adding.values(votes=Synset.votes + bindparam("more"))
        rows = [{"row": wnid, "more": number} for wnid, number in sorted(more.items())]
        session.connection().execute(counted, rows)


def count_votes(session: Session, wnids: Sequence[str]) -> int:
    """Give the number of label votes on candidates of some synsets."""
    return session.scalar(VOTES, {"wnids": list(wnids)}) or 0


def undecided(session: Session, wnids: Sequence[str], limit: int) -> list[int]:
    """List open candidates that are new, or have votes that no policy has looked at yet."""
    return list(session.scalars(NOT_DECIDED, {"wnids": list(wnids), "most": limit}))


def load(
    session: Session,
    synsets: Sequence[str],
    workers: Sequence[str] | Mapping[str, int],
    only: Collection[int] | None = None,
) -> NumberedBallots:
    """Read the votes of some synsets, numbered by the lists given; `only` keeps to some candidates.

    Workers who are not in the list are ANONYMOUS. Votes are ordered by candidate and worker.
    """
    known = workers if isinstance(workers, Mapping) else {name: n for n, name in enumerate(workers)}
    images, votes = (IMAGES, CAST) if only is None else (SOME_IMAGES, SOME_CAST)
    parts = [{}] if only is None else [{"only": part} for part in chunks(only)]
    which: list[dict[str, Any]] = [{"wnids": list(synsets)} | part for part in parts]
    rows = [row for these in which for row in session.execute(images, these)]
    ids = np.array([row.id for row in rows], np.int64)
    cast = (columns for these in which for columns in _cast(session.execute(votes, these), ids, known))
    item, worker, answer = np.concatenate([np.zeros((3, 0), np.int32), *cast], axis=1)
    order = np.lexsort((worker, item))
    number = {wnid: n for n, wnid in enumerate(synsets)}
    ballots = Ballots.of(
        item[order],
        worker[order],
        answer[order],
        n_items=len(rows),
        n_workers=len(known),
        synset=[number[row.wnid] for row in rows],
        gold=[UNKNOWN if row.gold is None else row.gold for row in rows],
        seed=[row.seed for row in rows],
        prior=np.array([np.nan if row.prior is None else row.prior for row in rows], np.float64),
    )
    return NumberedBallots(
        ballots,
        ids.tolist(),
        [State(row.state) for row in rows],
        [row.votes_floor for row in rows],
        [row.settled_as for row in rows],
    )


def _cast(
    votes: Result[int, str, str], ids: NDArray[np.int64], workers: Mapping[str, int]
) -> Iterator[NDArray[np.int32]]:
    """Read votes as rows item, worker, answer: (3, votes), some at a time, so that few are Python objects."""
    for part in votes.partitions():
        subjects, names, answers = zip(*part, strict=True)
        item = np.searchsorted(ids, np.array(subjects, np.int64))
        worker = [workers.get(name, ANONYMOUS) for name in names]
        yield np.array([item, worker, [ANSWERS[said] for said in answers]], np.int32)


def voters(session: Session) -> list[str]:
    """List everyone whose votes on labels count, in a fixed order."""
    whose = select(Vote.worker_id).where(Vote.kind == KIND, counts())
    return list(session.scalars(whose.distinct().order_by(Vote.worker_id)))
