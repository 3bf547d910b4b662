"""Which images a worker is asked about: those on which their vote is worth most, as the policy knows by now.

Where it knows nothing, and among equals, images are mixed in another way for every page, so that a worker
shares images with many others: two who shared whole pages and contradicted each other could not be told
apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Select
from sqlalchemy.orm import Session

from pipeline.store import ballots as voting
from pipeline.store.leases import Busy
from pipeline.store.models import Candidate
from pipeline.votes.vote_models import Learnt
from quality.arrays import FloatArray

WINDOW = 400
"""Images that are weighed for a page: reading and ranking them takes some hundredths of a second."""

SIGNED = 2**63


def route(
    session: Session,
    free: Select[int, int],
    learnt: Learnt | None,
    worker_id: str,
    number: int,
    dice: np.random.Generator,
) -> list[Any]:
    """Choose up to `number` of the images that a worker may be asked about, and hold their rows.

    Looks at a window of them that begins anywhere in their random order; takes the dearest that nobody
    else holds at this moment.

    Raises
    ------
    Busy
        If all that there is is held by somebody else.
    """
    rows = _window(session, free, int(dice.integers(-SIGNED, SIGNED, dtype=np.int64)))
    rows = [rows[n] for n in dice.permutation(len(rows))]
    if learnt and rows:
        worth = worth_for(session, learnt, [row.id for row in rows], worker_id)
        rows = [rows[n] for n in np.argsort(-worth, kind="stable")]
    held: list[Any] = []
    for part in _parts(rows, number):
        wanted = free.where(Candidate.id.in_([row.id for row in part[: number - len(held)]]))
        held += session.execute(wanted.with_for_update(skip_locked=True, of=Candidate)).all()
        if len(held) == number:
            break
    if rows and not held:
        raise Busy
    return held


def _parts(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    yield from (rows[start : start + size] for start in range(0, len(rows), max(size, 1)))


def _window(session: Session, free: Select[int, int], start: int) -> list[Any]:
    in_order = free.order_by(None).order_by(Candidate.shuffle, Candidate.id)
    rows = list(session.execute(in_order.where(Candidate.shuffle >= start).limit(WINDOW)))
    if len(rows) < WINDOW:
        before = in_order.where(Candidate.shuffle < start).limit(WINDOW - len(rows))
        rows += session.execute(before)
    return rows


def worth_for(session: Session, learnt: Learnt, ids: Sequence[int], worker_id: str) -> FloatArray:
    """Give what a vote of this worker is worth on each image: (ids,), see `Policy.worth`."""
    numbered = voting.load(session, learnt.group.synsets, learnt.workers, ids)
    standing = learnt.policy.follow(numbered.ballots, learnt.model)
    everyone = np.arange(len(numbered.ids))
    worth = standing.worth(everyone, learnt.workers.get(worker_id, len(learnt.workers)))
    of = dict(zip(numbered.ids, worth.tolist(), strict=True))
    return np.array([of.get(one, 0.0) for one in ids])
