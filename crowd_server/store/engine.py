"""The database: SQLite (WAL) or PostgreSQL by URL, and its two kinds of transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from crowd_server.store.turns import Turns

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=20000",
    "PRAGMA cache_size=-8000",
)


def open_engine(url: str, **options: Any) -> Engine:
    """Connect to `sqlite:///path` or `postgresql://...` (psycopg)."""
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    # What is written is people's own: an error must not carry it into a log.
    engine = create_engine(address, pool_size=16, max_overflow=16, hide_parameters=True, **options)
    if address.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)
    # SQLite's own knows the letters from A to Z only; a search should find Über as über, as PostgreSQL does.
    connection.create_function("lower", 1, lambda text: text and text.lower(), deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail half-way when another has written
    # meanwhile; taking the write lock at the start makes it wait instead.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Sessions that commit as a whole or not at all."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writer = self.engine.execution_options(writes=True)
        # A page reads a few rows. Each statement sees the latest commit, on both databases; BEGIN and
        # ROLLBACK round them, or changing a connection to and fro, would take longer than they do.
        self._reader = open_engine(url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)
        file = Path(self.engine.url.database or "")
        # Where there is no such folder, SQLite says so at the first statement.
        self._turns = Turns(file) if self.is_sqlite and file.name and file.parent.is_dir() else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look at what is committed, statement by statement; nothing is written."""
        with Session(self._reader, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction; it commits at the end, or rolls back when anything is raised."""
        turn = self._turns.mine() if self._turns else nullcontext()
        with turn, Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._reader.dispose()
        if self._turns:
            self._turns.close()
