"""Backup and restore, of SQLite and PostgreSQL alike: every row as a line of JSON, gzipped."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Table, func, inspect, select, text

from crowd_server.store import schema
from crowd_server.store.engine import Database
from crowd_server.store.models.table import Table as Model
from crowd_server.store.models.table import Time

BATCH = 1000


class BackupError(Exception):
    """A backup cannot be restored; the message says why."""


def back_up(database: Database, path: Path) -> int:
    """Write one consistent view of a database, in use or not, to its owner's file; the number of rows."""
    schema.load()
    partial = path.with_name(path.name + ".partial")
    # SQLite's transactions see one state anyway.
    level = {} if database.is_sqlite else {"isolation_level": "REPEATABLE READ"}
    engine = database.engine.execution_options(**level)
    partial.unlink(missing_ok=True)  # of a backup that was killed
    with (
        open(partial, "xb", opener=_private) as raw,
        gzip.open(raw, "wt", encoding="utf-8") as file,
        engine.connect() as connection,
    ):
        file.write(json.dumps({"revision": _revision(connection)}) + "\n")
        rows = sum(_write_table(file, connection, table) for table in Model.metadata.sorted_tables)
        file.write(json.dumps({"rows": rows}) + "\n")
    partial.replace(path)
    return rows


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _revision(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _write_table(file: IO[str], connection: Connection, table: Table) -> int:
    rows = 0
    for row in connection.execute(select(table).execution_options(yield_per=BATCH)).mappings():
        file.write(json.dumps([table.name, dict(row)], default=_plain) + "\n")
        rows += 1
    return rows


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def restore(database: Database, path: Path) -> int:
    """Fill an empty database from a backup, all or nothing; the number of rows."""
    schema.load()
    engine = database.engine.execution_options(writes=True)
    # The tables are made in the transaction that fills them, so a file that breaks off leaves none behind.
    with (
        gzip.open(path, "rt", encoding="utf-8") as file,
        engine.connect() as connection,
        connection.begin(),
    ):
        if inspect(connection).has_table("alembic_version"):
            raise BackupError("The database is not empty. Restore into a new one.")
        schema.upgrade_within(connection, json.loads(next(file))["revision"])
        rows = _read_rows(file, connection)
        schema.upgrade_within(connection)
        if connection.dialect.name == "postgresql":
            _set_sequences(connection)
    return rows


def _read_rows(file: IO[str], connection: Connection) -> int:
    tables = Model.metadata.tables
    written = 0
    for name, rows in _batches(file):
        connection.execute(tables[name].insert(), [_typed(tables[name], row) for row in rows])
        written += len(rows)
    return written


def _batches(file: IO[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows of one table at a time; BackupError if the file ends early."""
    name, rows = "", list[dict[str, Any]]()
    for total, line in enumerate(file):
        document = json.loads(line)
        if isinstance(document, dict):
            if document["rows"] != total:
                raise BackupError("The backup is incomplete.")
            yield from ((name, rows),) if rows else ()
            return
        if rows and (document[0] != name or len(rows) == BATCH):
            yield name, rows
            rows = []
        name = document[0]
        rows.append(document[1])
    raise BackupError("The backup ends early.")


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    times = {column.name for column in table.columns if isinstance(column.type, Time)}
    return {
        name: datetime.fromisoformat(value) if name in times and value is not None else value
        for name, value in row.items()
    }


def _set_sequences(connection: Connection) -> None:
    for table in Model.metadata.sorted_tables:
        if "id" in table.columns:
            last = connection.execute(select(func.max(table.c.id))).scalar()
            if last is not None:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, last)))
