"""Screening: the rules of the settings, applied to what workers' labels tell.

Who is screened follows from the rules and the work alone: corrected gold or milder rules let workers back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, tuple_
from sqlalchemy.orm import Session

from pipeline.rules import Rule
from pipeline.store import worker_shares
from pipeline.store.ballots import KIND
from pipeline.store.journal import event, record
from pipeline.store.models import Screened, Synset
from quality.workers import share_below

TURNED_AWAY = select(Screened.kind).where(
    Screened.worker_id == bindparam("worker"), Screened.action == "turn_away"
)

Standing = tuple[str, str, str]
"""A worker, where a rule applies to them (all labels, or a family's), and its action."""


def screen(session: Session, rules: Sequence[Rule], now: datetime) -> int:
    """Apply the rules to everybody who has labelled; give how many workers' standing has changed."""
    found = _found(session, rules)
    held = {(row.worker_id, row.kind, row.action) for row in session.scalars(select(Screened))}
    new, gone = sorted(found.keys() - held), sorted(held - found.keys())
    rows = [dict(zip(("worker_id", "kind", "action"), one, strict=True)) | {"at": now} for one in new]
    if rows:
        session.execute(insert(Screened), rows)
    which = tuple_(Screened.worker_id, Screened.kind, Screened.action)
    session.execute(delete(Screened).where(which.in_(gone)))
    told = [_event("screened", one, found[one], now) for one in new]
    told += [_event("screened no more", one, {}, now) for one in gone]
    record(session, told)
    return len(told)


def is_turned_away(session: Session, worker_id: str, kind: str, wnid: str) -> bool:
    """Tell whether a rule keeps a worker from a kind of work, or from it on a synset's family."""
    scopes = set(session.scalars(TURNED_AWAY, {"worker": worker_id}))
    family = session.scalar(select(Synset.family).where(Synset.wnid == wnid)) if scopes else None
    return kind in scopes or (kind == KIND and family in scopes)


def _found(session: Session, rules: Sequence[Rule]) -> dict[Standing, dict[str, Any]]:
    found: dict[Standing, dict[str, Any]] = {}
    for rule in rules:
        shares = worker_shares.read(session, rule.collector, rule.per_family)
        below, at_most = share_below(shares.right, shares.asked, rule.below, rule.after)
        for n in below.nonzero()[0].tolist():
            worker, scope = shares.of[n]
            found[worker, scope, rule.action] = {
                "collector": rule.collector,
                "right": int(shares.right[n]),
                "asked": int(shares.asked[n]),
                "at_most": round(float(at_most[n]), 4),
                "below": rule.below,
            }
    return found


def _event(name: str, one: Standing, evidence: dict[str, Any], now: datetime) -> dict[str, Any]:
    worker, scope, action = one
    return event("worker", worker, name, {"kind": scope, "action": action, **evidence}, now)
