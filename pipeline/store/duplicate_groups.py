"""Groups of pictures that must not straddle splits: copies, and pairs that nobody is sure of yet."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pipeline.store.models import Candidate
from pipeline.store.queries import linked_candidates
from quality.bucket_join import unite


def derived(session: Session) -> dict[int, str]:
    """Derive the groups from the pairs: a name, which is that of one of its pictures, for each candidate."""
    members, left, right = linked_candidates(session)
    roots = unite(np.arange(len(members)), left, right)
    return {member.id: members[root].picture for member, root in zip(members, roots, strict=True)}


def stored(session: Session) -> dict[int, str]:
    """Give the group of each candidate that is in one."""
    grouped = select(Candidate.id, Candidate.duplicate_group).where(Candidate.duplicate_group.is_not(None))
    return {row.id: str(row.duplicate_group) for row in session.execute(grouped)}


def refresh(session: Session) -> None:
    """Store what the pairs say now, where it differs."""
    before, after = stored(session), derived(session)
    rows: list[dict[str, Any]] = [
        {"row": identity, "name": after.get(identity)}
        for identity in before.keys() | after.keys()
        if before.get(identity) != after.get(identity)
    ]
    statement = update(Candidate).where(Candidate.id == bindparam("row"))
    if rows:
        session.connection().execute(statement.values(duplicate_group=bindparam("name")), rows)
