"""What has been asked of sources: which lists were read as they are now, and which searches were made.

A start of the pipeline compares this with its settings, so that a list that has grown, a new source and a new
translation are collected from, and nothing is asked twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.insertion import insert_new
from pipeline.store.models import Event, Fact, Search
from pipeline.synsets.search_queries import SearchQuery

REFUSED = "entry refused"
SURPLUS = "more than wanted"
REFUSAL = ("wnid", "url", "reason", "text")
"""What makes two refusals of an entry the same, wherever in its list it stands."""


def is_read(session: Session, state: str, wnids: Sequence[str]) -> bool:
    """Tell whether a list in this state has been read for these synsets."""
    return session.get(Fact, _name(state, wnids)) is not None


def note_read(session: Session, state: str, wnids: Sequence[str]) -> None:
    """Remember that it has."""
    insert_new(session, Fact, [{"name": _name(state, wnids), "value": state}], ("name",))


def _name(state: str, wnids: Sequence[str]) -> str:
    # Rows of a synset that is added later were refused: for it, the list is a new one.
    return f"read:{hashlib.sha256(repr((state, sorted(wnids))).encode()).hexdigest()[:48]}"


def unasked(
    session: Session, source: str, wnid: str, queries: Sequence[SearchQuery], most: int
) -> list[SearchQuery]:
    """Give the queries that a source has not been asked for a synset, or only for fewer results."""
    made = select(Search.language, Search.query).where(
        Search.source == source, Search.wnid == wnid, Search.most >= most
    )
    asked = {(language, query) for language, query in session.execute(made)}
    return [query for query in queries if (query.language, query.text) not in asked]


def note_asked(session: Session, source: str, wnid: str, queries: Sequence[SearchQuery], most: int) -> None:
    """Remember that it has."""
    facts = {"source": source, "wnid": wnid, "most": most}
    rows = [facts | {"language": query.language, "query": query.text} for query in queries]
    insert_new(session, Search, rows, ("source", "wnid", "language", "query", "most"))


def refusals(session: Session, source: str) -> set[tuple[str, ...]]:
    """Give the entries of a source that were refused before."""
    told = (Event.kind == "source", Event.subject == source, Event.name == REFUSED)
    return {refusal(data) for data in session.scalars(select(Event.data).where(*told))}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Entries that became no candidate: refused ones, and those that searches found too many."""

    refused: int
    surplus: int

    def __str__(self) -> str:
        told = ((self.refused, "entries of sources refused"), (self.surplus, "found beyond those wanted"))
        return ", ".join(f"{number:,} {what}" for number, what in told if number)


def left_out(session: Session) -> LeftOut:
    """Count what sources offered and no candidate came of."""
    refused = session.scalar(select(func.count()).where(Event.kind == "source", Event.name == REFUSED)) or 0
    beyond = session.scalars(select(Event.data).where(Event.kind == "source", Event.name == SURPLUS))
    return LeftOut(refused, sum(sum(data.values()) for data in beyond))


def warnings(session: Session) -> tuple[str, ...]:
    """Say how many entries of sources were refused, and why."""
    refused = session.execute(
        select(Event.data["reason"].as_string().label("reason"), func.count().label("entries"))
        .where(Event.kind == "source", Event.name == REFUSED)
        .group_by("reason")
    ).all()
    reasons = ", ".join(f"{some.entries:,} {some.reason}" for some in sorted(refused))
    number = sum(some.entries for some in refused)
    return (f"{number:,} entries of sources name no candidate: {reasons}.",) if refused else ()


def refusal(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what makes two refusals the same."""
    return tuple(str(data.get(name, "")) for name in REFUSAL)
