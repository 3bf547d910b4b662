"""Gold on a label page: what rates its worker, and what is shown as examples."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from pipeline.hits.label_images import KIND
from pipeline.leases import met
from pipeline.store.models import Candidate, Hit

SHARE = 16
"""One image in so many is good gold, one is bad: ImageNetV2 mixed three of each into pages of 48."""

EXAMPLES = 3
KEPT = 4
"""Known images of a truth for each one that is shown as an example: those do not rate anybody any more."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Candidates that a page shows as good and as bad ones."""

    good: tuple[int, ...] = ()
    bad: tuple[int, ...] = ()


def of_each_truth(images: int) -> int:
    """Count the gold of each truth that one worker meets while labelling so many images."""
    each = KIND.items_per_hit // SHARE
    pages = -(-images // (KIND.items_per_hit - 2 * each))
    return each * pages


def examples(session: Session, wnid: str) -> Examples:
    """Choose a synset's examples from its gold: always the same ones, unless gold changes."""
    known = select(Candidate.id, Candidate.gold).where(
        Candidate.wnid == wnid, Candidate.gold.is_not(None), Candidate.picture.is_not(None)
    )
    rows = session.execute(known.order_by(Candidate.shuffle, Candidate.id)).all()
    of = {truth: tuple(row.id for row in rows if row.gold == truth) for truth in (1, 0)}
    good, bad = (ids[: min(EXAMPLES, len(ids) // KEPT)] for ids in (of[1], of[0]))
    return Examples(good, bad)


def gold_items(session: Session, hit: Hit, worker_id: str, shown: Collection[int]) -> list[Any]:
    """Choose gold that the worker has not met, nor sees as an example, of either truth as far as there is."""
    chosen: list[Any] = []
    for truth in (1, 0):
        gold = select(Candidate.id, literal(0).label("box_id")).where(
            Candidate.wnid == hit.wnid,
            Candidate.gold == truth,
            Candidate.picture.is_not(None),
            Candidate.id.not_in(shown),
            ~met(hit.kind, worker_id),
        )
        chosen += session.execute(gold.order_by(Candidate.shuffle).limit(hit.items // SHARE)).all()
    return chosen
