"""Auditors' second looks: random samples of accepted images, and the precision that they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import UserError
from pipeline.release.figures import Share
from pipeline.run_figures import KnownTruth
from pipeline.states import VOTED_GOOD
from pipeline.store.chunks import chunks
from pipeline.store.journal import event, record
from pipeline.store.models import Candidate, Event, Synset
from pipeline.votes.judgements import read_rows, read_truth
from quality.intervals import wilson

JUDGED = "audited"
COLUMNS = ("candidate", "wnid", "url", "picture", "truth")


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the accepted images of a synset that auditors judged, how many are right; 95 % Wilson interval."""

    wnid: str
    accepted: int
    audited: int
    right: int
    precision: float | None
    low: float
    high: float


def sample(session: Session, wnids: tuple[str, ...], size: int, seed: int) -> list[dict[str, Any]]:
    """Draw accepted images that nobody has audited yet, `size` of each synset, in random order.

    The same until judgements are recorded; then those drawn before are left out, so that all samples of a
    synset together are one random sample.

    Raises
    ------
    UserError
        If a wnid is none of the dataset's.
    """
    known = session.scalars(select(Synset.wnid).order_by(Synset.wnid)).all()
    if unknown := [wnid for wnid in wnids if wnid not in known]:
        raise UserError(f"Not in the dataset: {', '.join(unknown)}. See: synsetter synsets list")
    seen = judgements(session)
    facts = (Candidate.id, Candidate.wnid, Candidate.url, Candidate.picture)
    accepted = select(*facts).where(Candidate.state.in_(VOTED_GOOD)).order_by(Candidate.id)
    drawn: list[dict[str, Any]] = []
    for wnid in wnids or known:
        fresh = [row for row in session.execute(accepted.where(Candidate.wnid == wnid)) if row.id not in seen]
        dice = np.random.default_rng([seed, int(wnid[1:])])
        drawn += [_row(fresh[at]) for at in dice.permutation(len(fresh))[:size]]
    return drawn


def _row(one: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, (one.id, one.wnid, one.url, one.picture, ""), strict=True))


def judgements(session: Session) -> dict[int, int]:
    """Give the truth that auditors found, by candidate; the latest judgement counts."""
    mine = (Event.kind == "candidate", Event.name == JUDGED)
    told = session.execute(select(Event.subject, Event.data).where(*mine).order_by(Event.id))
    return {int(subject): data["truth"] for subject, data in told}


def record_judgements(session: Session, file: Path, now: datetime) -> tuple[dict[int, int], int]:
    """Keep the rows of a CSV (candidate, truth) as events; give the truths, and how many rows had none yet.

    Raises
    ------
    UserError
        If a row names no candidate, a truth is not yes or no, or two rows contradict each other. Then nothing
        is kept.
    """
    rows = read_rows(file, ("candidate", "truth"))
    told = [(line, cells["candidate"], cells["truth"]) for line, cells in rows if cells["truth"]]
    states = _states(session, {identity for _, identity, _ in told})
    events: list[dict[str, Any]] = []
    truths: dict[int, int] = {}
    for line, identity, word in told:
        truth = read_truth(file, line, word)
        if identity not in states:
            raise UserError(f"{file}, line {line}: there is no candidate {identity!r}. Nothing was kept.")
        events.append(event("candidate", identity, JUDGED, {"truth": truth, "state": states[identity]}, now))
        if truths.setdefault(int(identity), truth) != truth:
            raise UserError(
                f"{file}, line {line}: candidate {identity!r} is both yes and no. Nothing was kept."
            )
    record(session, events)
    return truths, len(rows) - len(told)


def _states(session: Session, identities: Collection[str]) -> dict[str, str]:
    """Give the states of those that are candidates."""
    numbers = {int(one) for one in identities if one.isascii() and one.isdigit() and len(one) < 19}
    facts = select(Candidate.id, Candidate.state)
    rows = (session.execute(facts.where(Candidate.id.in_(part))) for part in chunks(numbers))
    return {str(row.id): row.state for part in rows for row in part}


def precision(session: Session) -> list[Precision]:
    """Give the audited precision of every synset that has accepted images, and of all together ("")."""
    truths = judgements(session)
    accepted = select(Candidate.id, Candidate.wnid).where(Candidate.state.in_(VOTED_GOOD))
    total: Counter[str] = Counter()
    audited: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for identity, wnid in session.execute(accepted):
        for name in (wnid, ""):
            total[name] += 1
            audited[name] += identity in truths
            right[name] += truths.get(identity, 0)
    return [_precision(name, total[name], audited[name], right[name]) for name in sorted(total, key=_last)]


def known_truth(session: Session) -> KnownTruth | None:
    """Hand the audited precision to the report of a release; None while no accepted image was audited."""
    audited = {one.wnid: Share(one.right, one.audited) for one in precision(session) if one.audited}
    audited.pop("", None)  # the report adds the synsets up itself
    return KnownTruth("an audit sample", precision=audited) if audited else None


def _last(wnid: str) -> tuple[bool, str]:
    return not wnid, wnid


def _precision(wnid: str, accepted: int, audited: int, right: int) -> Precision:
    low, high = wilson(right, audited)
    return Precision(
        wnid, accepted, audited, right, right / audited if audited else None, float(low), float(high)
    )
