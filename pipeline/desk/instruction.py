"""Whether a worker knows what is asked: a quiz on the first page of a synset, a reminder after a miss.

Nobody is punished for a miss: all answers count, and the next page of the synset says again what is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from pipeline.hits.label_images import Look
from pipeline.store.journal import event, record
from pipeline.store.models import Candidate, Lease, LeaseItem

KIND = "label_images"
PROMPT = "What is meant by “{words}” here?"
REMINDERS = {
    "quiz": "In your last HIT of this kind you chose another definition. What is meant is: {definition}",
    "gold": (
        "In your last HIT of this kind you judged some photos otherwise than experts had done. "
        "Please look once more at what is meant: {definition}"
    ),
}

_before = (
    Lease.worker_id == bindparam("worker"),
    Lease.kind == bindparam("of_kind"),
    Lease.wnid == bindparam("of"),
    Lease.id < bindparam("this"),
)
SEEN = select(Lease.id).where(*_before, Lease.state != "expired").limit(1)
MISSED = select(Lease.missed).where(*_before, Lease.state == "answered").order_by(Lease.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Done:
    """A page that was handed in: what was chosen in its quiz, and said of each candidate."""

    lease: Lease
    chosen: int | None
    said: Mapping[int, Any]


def is_first(session: Session, lease: Lease) -> bool:
    """Tell whether a worker labels images of this synset for the first time."""
    return lease.kind == KIND and session.scalar(SEEN, _named(lease)) is None


def missed_before(session: Session, lease: Lease) -> str | None:
    """Tell what the worker missed (`quiz`, `gold`) on their last page of the same kind and synset."""
    return session.scalar(MISSED, _named(lease))


def _named(lease: Lease) -> dict[str, Any]:
    return {"worker": lease.worker_id, "of_kind": lease.kind, "of": lease.wnid, "this": lease.id}


def note_misses(session: Session, done: Sequence[Done], now: datetime) -> None:
    """Remember, on their leases and in events, the quizzes and the gold that were answered wrongly."""
    gold = _gold(session, [one.lease.id for one in done])
    told = []
    for one in done:
        if wrong := [row for row, truth in gold.get(one.lease.id, ()) if _contradicts(one.said[row], truth)]:
            one.lease.missed = "gold"
            told.append(_missed(one.lease, {"candidates": wrong}, now))
        choices = one.lease.quiz or ()
        if one.chosen is not None and choices[one.chosen] != one.lease.wnid:
            one.lease.missed = "quiz"
            told.append(_missed(one.lease, {"chose": choices[one.chosen]}, now))
    record(session, told)


def _gold(session: Session, lease_ids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    shown = (
        select(LeaseItem.lease_id, LeaseItem.subject, Candidate.gold)
        .join(Candidate, Candidate.id == LeaseItem.subject)
        .where(LeaseItem.lease_id.in_(lease_ids), LeaseItem.gold, Candidate.gold.is_not(None))
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for lease_id, candidate, truth in session.execute(shown.order_by(LeaseItem.position)):
        found.setdefault(lease_id, []).append((candidate, truth or 0))
    return found


def _contradicts(said: Any, truth: int) -> bool:
    return bool(said == (Look.NO if truth else Look.YES))


def _missed(lease: Lease, what: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    data = {"wnid": lease.wnid, "lease": lease.id, **what}
    return event("worker", lease.worker_id, f"{lease.missed} missed", data, now)
