"""The paper of an entry test: which known photos are on it, and how its worker judged them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import exists, literal, select
from sqlalchemy.orm import Session

from pipeline.desk.names import Names
from pipeline.desk.subjects import item_sizes
from pipeline.hits.desk import LeaseRefused, Marked
from pipeline.hits.entry_test import EACH, KIND, question_of
from pipeline.hits.label_images import Look
from pipeline.hits.submission import Asked, lease_named
from pipeline.store.leases import leased_items
from pipeline.store.models import Candidate, Hit, Lease, LeaseItem, Qualification, Synset
from pipeline.tickets.skills import passed
from pipeline.votes.page_gold import KNOWN, examples

TRUTH = {1: Look.YES, 0: Look.NO}


def test_items(session: Session, hit: Hit, worker_id: str, dice: np.random.Generator) -> list[Any]:
    """Choose known photos that no test has told the worker about, as many good as bad; all or none.

    Those that the worker has not met while labelling come first; of them, every worker gets others.
    """
    if _is_tested(session, hit.wnid, worker_id):
        return []
    shown = examples(session, hit.wnid)
    asked = (LeaseItem.kind == question_of(KIND.name), LeaseItem.subject == Candidate.id)
    mine = (*asked, LeaseItem.worker_id == worker_id)
    told = exists().where(*mine, LeaseItem.lease_id == Lease.id, Lease.kind == KIND.name)
    chosen: list[Any] = []
    for truth in TRUTH:
        known = select(Candidate.id, literal(0).label("box_id"), exists().where(*mine).label("met")).where(
            Candidate.wnid == hit.wnid,
            Candidate.gold == truth,
            *KNOWN,
            Candidate.id.not_in((*shown.good, *shown.bad)),
            ~told,
        )
        rows = session.execute(known.order_by(Candidate.id)).all()
        rows = [rows[n] for n in dice.permutation(len(rows))]
        chosen += sorted(rows, key=lambda row: bool(row.met))[:EACH]
    return chosen if len(chosen) == KIND.items_per_hit else []


def _is_tested(session: Session, wnid: str, worker_id: str) -> bool:
    family = session.scalar(select(Synset.family).where(Synset.wnid == wnid)) or ""
    scored = exists().where(
        Qualification.name == passed(family),
        Qualification.worker_id == worker_id,
        Qualification.value.is_not(None),
    )
    begun = exists().where(
        Lease.kind == KIND.name,
        Lease.worker_id == worker_id,
        Lease.state == "open",
        Lease.wnid == Synset.wnid,
        Synset.family == family,
    )
    return bool(session.scalar(select(scored | begun)))


def mark(session: Session, names: Names, raw: str, needed: int, now: datetime) -> Marked:
    """Keep the answers to a test for good, and tell the truth; asked again, tell what was answered first.

    Raises
    ------
    LeaseRefused
        If they answer no test that is open.
    BadAnswer
        If they cannot be read.
    """
    lease = session.get(Lease, names.lease_id(lease_named(raw)))
    if lease is None or lease.kind != KIND.name or lease.state != "open" or lease.expires_at <= now:
        raise LeaseRefused
    items = leased_items(session, [lease.id])
    sizes = item_sizes(session, KIND.name, items)
    key = {item.position: names.item(lease.id, item.position) for item in items}
    asked = Asked(names.lease(lease.id), {key[item.position]: sizes[item.subject] for item in items})
    said = {answer.key: str(answer.value) for answer in KIND.read(asked, raw).answers}
    if lease.first_answers is None:
        lease.first_answers = {str(place): said[name] for place, name in key.items()}
    truth = truths(session, [item.subject for item in items])
    return Marked(
        answers={name: lease.first_answers[str(place)] for place, name in key.items()},
        truth={key[item.position]: str(truth[item.subject]) for item in items if item.subject in truth},
        needed=needed,
    )


def truths(session: Session, candidates: Sequence[int]) -> dict[int, Look]:
    """Give what is right to say of known photos."""
    known = select(Candidate.id, Candidate.gold).where(
        Candidate.id.in_(candidates), Candidate.gold.in_(TRUTH)
    )
    return {row.id: TRUTH[row.gold] for row in session.execute(known)}


def score(said: Mapping[int, Look], truth: Mapping[int, Look]) -> int:
    """Count the photos judged rightly; one whose truth has come into doubt meanwhile counts as right."""
    return sum(look == truth.get(candidate, look) for candidate, look in said.items())
