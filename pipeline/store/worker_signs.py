"""Signs that somebody may not look, or may be a program: evidence for people to weigh. Nothing acts on it."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store import ballots as voting
from pipeline.store.ballots import KIND
from pipeline.store.models import Assignment, Synset, Vote
from quality.workers import at_chance, constant, records, too_fast

TELLING = 20
"""Answers before a pattern means anything."""

FASTEST_SECONDS = 0.3
"""For one image, on the average of a page: nobody sees and clicks faster."""


def signs(session: Session, worker_id: str) -> list[str]:
    """Say what is odd about a worker's labels, in sentences; nothing, if nothing is."""
    return [*_patterns(session, worker_id), *_speed(session, worker_id)]


def _patterns(session: Session, worker_id: str) -> list[str]:
    workers = voting.voters(session)
    if worker_id not in workers:
        return []
    judged = select(Vote.subject).where(Vote.kind == KIND, Vote.worker_id == worker_id)
    synsets = session.scalars(select(Synset.wnid)).all()
    found = records(voting.load(session, synsets, workers, session.scalars(judged).all()).ballots)
    me, told = workers.index(worker_id), []
    if constant(found, TELLING)[me]:
        told.append(f"the same answer {found.votes[me]:.0f} times")
    if at_chance(found, TELLING)[me]:
        told.append(
            f"agrees with others on {found.agreed[me]:.0f} of {found.compared[me]:.0f} images; "
            f"{found.by_chance[me]:.0f} would by chance"
        )
    return told


def _speed(session: Session, worker_id: str) -> list[str]:
    mine = (Assignment.worker_id == worker_id, Assignment.kind == KIND, Assignment.items > 0)
    timed = select(Assignment.active_seconds, Assignment.items).where(
        *mine, Assignment.active_seconds.is_not(None)
    )
    pages = np.array([tuple(row) for row in session.execute(timed)], np.float64).reshape(-1, 2)
    fast = int(too_fast(pages[:, 0], pages[:, 1], FASTEST_SECONDS).sum())
    return [f"{fast} of {len(pages)} pages at under {FASTEST_SECONDS} seconds an image"] if fast else []
