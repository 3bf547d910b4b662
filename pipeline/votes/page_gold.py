"""Gold on a label page: what rates its worker, and what is shown as examples."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, bindparam, exists, literal, select
from sqlalchemy.orm import Session

from pipeline.hits.label_images import KIND
from pipeline.states import VOTED_GOOD, State
from pipeline.store.models import Candidate, Hit, LeaseItem
from quality.gold import choose

ONE_IN = 16
"""One image in so many is good gold, one is bad: ImageNetV2 mixed three of each into pages of 48."""

EACH = KIND.items_per_hit // ONE_IN
"""Gold of each truth on a whole page."""

EXAMPLES = 3
KEPT = 4
"""Known images of a truth for each one that is shown as an example: those do not rate anybody any more."""


KNOWN = (
    Candidate.gold.is_not(None),
    Candidate.picture.is_not(None),
    Candidate.state != State.DUPLICATE,
)
"""Gold that can be shown."""

AGREED = 3
"""Votes of one mind that make a settled image fit to be shown as an example."""

GOLD = (
    select(Candidate.id, Candidate.gold)
    .where(Candidate.wnid == bindparam("of"), *KNOWN)
    .order_by(Candidate.shuffle, Candidate.id)
)
_settled = (
    select(Candidate.id)
    .where(Candidate.wnid == bindparam("of"), Candidate.gold.is_(None), Candidate.picture.is_not(None))
    .order_by(Candidate.shuffle, Candidate.id)
    .limit(EXAMPLES)
)
GOOD = _settled.where(Candidate.state.in_(VOTED_GOOD), Candidate.yes >= AGREED, Candidate.no == 0)
BAD = _settled.where(Candidate.state == State.REJECTED, Candidate.no >= AGREED, Candidate.yes == 0)


@dataclass(frozen=True, slots=True)
class Examples:
    """Candidates that a page shows as good and as bad ones."""

    good: tuple[int, ...] = ()
    bad: tuple[int, ...] = ()


def of_each_truth(images: int) -> int:
    """Count the gold of each truth that one worker meets while labelling so many images."""
    pages = -(-images // (KIND.items_per_hit - 2 * EACH))
    return EACH * pages


def examples(session: Session, wnid: str) -> Examples:
    """Choose a synset's examples from its gold: always the same ones, unless gold changes."""
    rows = session.execute(GOLD, {"of": wnid}).all()
    of = {truth: tuple(row.id for row in rows if row.gold == truth) for truth in (1, 0)}
    good, bad = (ids[: as_examples(len(ids))] for ids in (of[1], of[0]))
    return Examples(good or _agreed(session, wnid, GOOD), bad or _agreed(session, wnid, BAD))


def _agreed(session: Session, wnid: str, settled: Select[int]) -> tuple[int, ...]:
    """Where gold is too short to show any, choose what several voters agreed on: it rates nobody."""
    return tuple(session.scalars(settled, {"of": wnid}))


def as_examples(known: int) -> int:
    """Count the examples that so many known images of a truth allow."""
    return min(EXAMPLES, known // KEPT)


def gold_items(
    session: Session, hit: Hit, worker_id: str, shown: Collection[int], dice: np.random.Generator
) -> list[Any]:
    """Choose gold of either truth for a worker's page: never what they had before, nor what is an example.

    What the fewest workers have answered goes first, at random among equals, so that no two workers can
    tell gold by what their pages share. A page that was left unanswered counts as seen.
    """
    had = exists().where(
        LeaseItem.kind == hit.kind, LeaseItem.subject == Candidate.id, LeaseItem.worker_id == worker_id
    )
    answers = (Candidate.yes + Candidate.no + Candidate.unsure).label("answers")
    known = select(Candidate.id, literal(0).label("box_id"), Candidate.gold, answers, had.label("had")).where(
        Candidate.wnid == hit.wnid, *KNOWN, Candidate.id.not_in(shown)
    )
    rows = session.execute(known.order_by(Candidate.id)).all()
    chosen = choose(
        np.array([row.gold for row in rows], np.int8),
        np.array([row.had for row in rows], np.bool_),
        np.array([row.answers for row in rows], np.int32),
        hit.items // ONE_IN,
        hit.items // ONE_IN,
        dice,
    )
    return [rows[n] for n in chosen]
