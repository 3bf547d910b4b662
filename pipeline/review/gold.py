"""Gold: candidates whose truth is known for sure. It decides them, and rates the workers who judge them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.errors import UserError
from pipeline.review.reopening import Rederived, rederive
from pipeline.settings import Label
from pipeline.store.ballots import KIND
from pipeline.store.chunks import chunks
from pipeline.store.journal import event, record
from pipeline.store.models import Candidate, Vote
from pipeline.votes.judgements import read_rows, read_truth

VOTES = (Candidate.yes, Candidate.no, Candidate.unsure)


def read_gold(session: Session, file: Path) -> dict[int, int]:
    """Read wnid,url,truth rows; give the truth by candidate.

    Raises
    ------
    UserError
        If a row names no candidate, a truth is not yes or no, or two rows contradict each other.
    """
    truths: dict[int, int] = {}
    for line, cells in read_rows(file, ("wnid", "url", "truth")):
        mine = (Candidate.wnid == cells["wnid"], Candidate.url == cells["url"])
        identity = session.scalar(select(Candidate.id).where(*mine))
        if identity is None:
            named = f"{cells['url']} is no candidate of {cells['wnid']}"
            raise UserError(f"{file}, line {line}: {named}. Nothing was changed.")
        truth = read_truth(file, line, cells["truth"])
        if truths.setdefault(identity, truth) != truth:
            raise UserError(
                f"{file}, line {line}: {cells['url']} has the other truth before. Nothing was changed."
            )
    return truths


def set_gold(
    session: Session, settings: Label, truths: Mapping[int, int | None], now: datetime
) -> tuple[int, Rederived]:
    """Set or (None) forget the truth of candidates, and decide again what depended on it.

    Gives how many truths changed. What depends on a truth: the candidate, and all that was judged by workers
    who have voted on it, since it is by gold that they are believed.
    """
    before = {
        row.id: row.gold
        for part in chunks(truths)
        for row in session.execute(select(Candidate.id, Candidate.gold).where(Candidate.id.in_(part)))
        if row.gold != truths[row.id]
    }
    if not before:
        return 0, Rederived(0, 0)
    statement = update(Candidate).where(Candidate.id == bindparam("row")).values(gold=bindparam("truth"))
    rows = [{"row": identity, "truth": truths[identity]} for identity in before]
    session.connection().execute(statement, rows)
    record(
        session,
        [
            event("candidate", row, "gold", {"truth": truths[row], "before": was}, now)
            for row, was in before.items()
        ],
    )
    why = {"why": "gold corrected", "gold": sorted(before)}
    return len(before), rederive(session, settings, _dependent(session, before), why, now)


def _dependent(session: Session, gold: Collection[int]) -> set[int]:
    """Give the gold itself, and all that was judged by workers who have judged some of it."""
    mine, found = select(Vote.subject).where(Vote.kind == KIND), set(gold)
    for part in chunks(gold):
        judges = select(Vote.worker_id).where(Vote.kind == KIND, Vote.subject.in_(part))
        found.update(session.scalars(mine.where(Vote.worker_id.in_(judges)).distinct()))
    return found


def list_gold(session: Session) -> list[dict[str, Any]]:
    """List candidates of known truth, with the votes that count on each."""
    facts = (Candidate.id, Candidate.wnid, Candidate.gold, *VOTES, Candidate.url)
    names = ("candidate", "wnid", "truth", "yes", "no", "unsure", "url")
    rows = session.execute(
        select(*facts).where(Candidate.gold.is_not(None)).order_by(Candidate.wnid, Candidate.id)
    )
    return [dict(zip(names, row, strict=True)) for row in rows]
