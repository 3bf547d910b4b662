"""Inserting rows that may be there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pipeline.store.models import Row


def insert_new(
    session: Session, table: type[Row], rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> int:
    """Insert the rows whose key is not taken, in one statement; give their number."""
    if not rows:
        return 0
    dialect = session.get_bind().dialect.name
    maker = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = maker(table).on_conflict_do_nothing(index_elements=list(key))
    counted = statement.execution_options(preserve_rowcount=True)
    return session.connection().execute(counted, [dict(row) for row in rows]).rowcount


def put(session: Session, table: type[Row], row: Mapping[str, Any], key: Sequence[str]) -> None:
    """Insert a row, or change the one that has its key."""
    maker = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = maker(table).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in key}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))
