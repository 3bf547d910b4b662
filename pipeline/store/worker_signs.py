"""Signs that somebody may not look, or may be a program: evidence for people to weigh. Nothing acts on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store import ballots as voting
from pipeline.store.ballots import KIND
from pipeline.store.models import Assignment, Synset
from quality.workers import at_chance, constant, records, too_fast

TELLING = 20
"""Answers before a pattern means anything."""

FASTEST_SECONDS = 0.3
"""For one image, on the average of a page: nobody sees and clicks faster."""


def signs(session: Session, worker_id: str) -> list[str]:
    """Say what is odd about a worker's labels, in sentences; nothing, if nothing is."""
    return list(signs_of_all(session).get(worker_id, ()))


def signs_of_all(session: Session) -> Mapping[str, Sequence[str]]:
    """Say what is odd about workers' labels, by worker; of whom nothing is odd, nothing is said."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for worker, sign in (*_patterns(session), *_speed(session)):
        found[worker].append(sign)
    return found


def _patterns(session: Session) -> Iterator[tuple[str, str]]:
    workers, synsets = voting.voters(session), session.scalars(select(Synset.wnid)).all()
    found = records(voting.load(session, synsets, workers).ballots)
    for n in constant(found, TELLING).nonzero()[0].tolist():
        yield workers[n], f"the same answer {found.votes[n]:.0f} times"
    for n in at_chance(found, TELLING).nonzero()[0].tolist():
        agreed = f"agrees with others on {found.agreed[n]:.0f} of {found.compared[n]:.0f} images"
        yield workers[n], f"{agreed}; {found.by_chance[n]:.0f} would by chance"


def _speed(session: Session) -> Iterator[tuple[str, str]]:
    timed = (Assignment.kind == KIND, Assignment.items > 0, Assignment.active_seconds.is_not(None))
    rows = session.execute(
        select(Assignment.worker_id, Assignment.active_seconds, Assignment.items).where(*timed)
    ).all()
    seconds, items = (np.array([row[column] for row in rows], np.float64) for column in (1, 2))
    fast = too_fast(seconds, items, FASTEST_SECONDS)
    pages = Counter(row.worker_id for row in rows)
    hasty = Counter(rows[n].worker_id for n in fast.nonzero()[0].tolist())
    for worker, number in sorted(hasty.items()):
        yield worker, f"{number} of {pages[worker]} pages at under {FASTEST_SECONDS} seconds an image"
