"""Inserting rows that may be there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from pipeline.store.models import Row


def insert_new(
    session: Session, table: type[Row], rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> int:
    """Insert the rows whose key is not taken, in one statement; give their number."""
    if not rows:
        return 0
    statement = _maker(session)(table).on_conflict_do_nothing(index_elements=list(key))
    counted = statement.execution_options(preserve_rowcount=True)
    return session.connection().execute(counted, [dict(row) for row in rows]).rowcount


def insert_new_of(
    session: Session,
    table: type[Row],
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    column: InstrumentedAttribute[Any],
) -> list[Any]:
    """Insert the rows whose key is not taken; give what those hold in a column, in no order."""
    if not rows:
        return []
    statement = _maker(session)(table).on_conflict_do_nothing(index_elements=list(key)).returning(column)
    return list(session.scalars(statement, [dict(row) for row in rows]))


def put(session: Session, table: type[Row], row: Mapping[str, Any], key: Sequence[str]) -> None:
    """Insert a row, or change the one that has its key."""
    statement = _maker(session)(table).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in key}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def _maker(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
