"""Screening: the rules of the settings, applied to what workers' votes on gold tell.

Who is screened follows from the rules and the votes alone: corrected gold or milder rules let workers back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from pipeline.rules import Rule
from pipeline.store import ballots as voting
from pipeline.store.ballots import KIND
from pipeline.store.journal import event, record
from pipeline.store.models import Candidate, Screened, Synset
from quality.workers import Records, records, surely_below


def screen(session: Session, rules: Sequence[Rule], now: datetime) -> int:
    """Apply the rules to everybody who has voted; give how many workers' standing has changed."""
    found = _found(session, rules)
    held = {(row.worker_id, row.action) for row in session.scalars(select(Screened))}
    new, gone = sorted(found.keys() - held), sorted(held - found.keys())
    rows = [{"worker_id": worker, "kind": KIND, "action": action, "at": now} for worker, action in new]
    if rows:
        session.execute(insert(Screened), rows)
    session.execute(delete(Screened).where(tuple_(Screened.worker_id, Screened.action).in_(gone)))
    told = [event("worker", one[0], "screened", {"action": one[1], **found[one]}, now) for one in new]
    told += [event("worker", one[0], "screened no more", {"action": one[1]}, now) for one in gone]
    record(session, told)
    return len(told)


def is_turned_away(session: Session, worker_id: str, kind: str) -> bool:
    """Tell whether a rule keeps a worker from a kind of work."""
    return session.get(Screened, (worker_id, kind, "turn_away")) is not None


def _found(session: Session, rules: Sequence[Rule]) -> dict[tuple[str, str], dict[str, Any]]:
    gold = session.scalars(select(Candidate.id).where(Candidate.gold.is_not(None))).all()
    if not rules or not gold:
        return {}
    synsets, workers = session.scalars(select(Synset.wnid)).all(), voting.voters(session)
    record_of = records(voting.load(session, synsets, workers, gold).ballots)
    return {
        (workers[n], rule.action): _evidence(rule, record_of, n)
        for rule in rules
        for n in surely_below(record_of, rule.below, rule.after).nonzero()[0].tolist()
    }


def _evidence(rule: Rule, record_of: Records, worker: int) -> dict[str, Any]:
    return {
        "kind": KIND,
        "collector": rule.collector,
        "right": int(record_of.gold_right[worker]),
        "asked": int(record_of.gold_asked[worker]),
        "at_most": round(float(record_of.gold_high[worker]), 4),
        "below": rule.below,
    }
