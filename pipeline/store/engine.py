"""The state database: SQLite (WAL) or PostgreSQL by URL, its transactions, its lock."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from pipeline.errors import AlreadyRunning, SettingsError, UserError, WorldError
from pipeline.store.models import Row

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x5359_4E53
OUTSIDE = ("disk", "unable to open", "readonly", "locked", "malformed", "not a database", "connection")
"""Words by which a database tells of something outside."""


class StateStore:
    """Opens sessions on the state database; each is one transaction.

    Raises
    ------
    SettingsError
        If the URL is none, or one of another database than SQLite and PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        self.url = _read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _open_sqlite(url) if self.is_sqlite else _open_postgresql(url)
        self._writer = self.engine.execution_options(writes=True)
        # SQLite reads one state of things anyhow; PostgreSQL would look anew at every statement.
        snapshot = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**snapshot)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view, never written."""
        with self._explained(), Session(self._reader, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that commits as a whole, or not at all when anything is raised."""
        with self._explained(), Session(self._writer, autoflush=False) as session, session.begin():
            yield session

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if error.connection_invalidated or _words_of(error):
                raise WorldError(
                    f"The state database {self.name} fails: {_reason(error)}. Nothing is half-written; "
                    f"mend it and start again.{self._advice(error)}"
                ) from error
            raise

    def _advice(self, error: DBAPIError) -> str:
        if not (self.file and {"readonly", "unable to open"} & _words_of(error)):
            return ""
        looking = f"sqlite:///file:{quote(str(self.file))}?mode=ro&immutable=1&uri=true"
        return f" To look only, at a copy that nobody writes: --set 'database.url={looking}'"

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database, which its URL may give as a path or as a `file:` URI."""
        named = self.url.database if self.is_sqlite else None
        if not named:
            return None
        return Path(unquote(urlsplit(named).path) if named.startswith("file:") else named).absolute()

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def only_pipeline(self) -> Iterator[None]:
        """Hold the place of the one pipeline on this database; the system frees it even after kill -9.

        Raises
        ------
        AlreadyRunning
            If another process holds it.
        """
        lock = self._file_lock if self.is_sqlite else self._advisory_lock
        with lock():
            yield

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        with Path(f"{self.url.database}.lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning from error
            yield

    @contextmanager
    def _advisory_lock(self) -> Iterator[None]:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
                raise AlreadyRunning
            try:
                yield
            finally:
                # The pool keeps the connection, and the lock with it.
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables up to the newest revision, from whatever they are at.

        Raises
        ------
        UserError
            If the folder of a SQLite file is not there, or the tables are not those of an earlier revision.
        """
        from alembic import command

        if self.file and not self.file.parent.is_dir():
            raise UserError(f"There is no folder {self.file.parent}. Make it, or mend database.url.")
        try:
            with self._explained(), self._writer.begin() as connection:
                self._revision(connection)
                command.upgrade(alembic_config(connection), revision)
        except DBAPIError as error:
            raise UserError(
                f"The tables of {self.name} cannot be upgraded, and are as they were: {_reason(error)}. "
                "May you change them, and does no other program keep tables there?"
            ) from error

    def require_current(self) -> None:
        """Refuse to work on tables of another revision.

        Raises
        ------
        UserError
            If the database is not there, empty, behind, of a newer program or of another.
        """
        if self.file and not self.file.exists():
            raise UserError(
                f"There is no database {self.file}. For another, mend database.url or go to its folder; "
                "to make this one, run: synsetter database upgrade"
            )
        with self._explained(), self.engine.connect() as connection:
            at = self._revision(connection)
        head = _revisions()[0]
        if at != head:
            raise UserError(
                f"The database {self.name} is at revision {at}, the program at {head}. "
                "Run: synsetter database upgrade"
            )

    def _revision(self, connection: Connection) -> str | None:
        """Tell at which of our revisions the tables are; None where there are none yet."""
        tables = set(inspect(connection).get_table_names())
        versioned, ours = "alembic_version" in tables, tables & set(Row.metadata.tables)
        # Other programs number their revisions 0001, 0002, ... as well.
        if versioned != ("candidates" in tables) or (ours and not versioned):
            raise UserError(
                f"The database {self.name} holds tables of another program. Name another in database.url."
            )
        at = connection.scalar(text("SELECT version_num FROM alembic_version")) if versioned else None
        if at and at not in _revisions():
            raise UserError(
                f"The database {self.name} was made by a newer Synsetter: it is at revision {at}, which this "
                "one does not know. Use the newer program, or name another database in database.url."
            )
        return at

    def back_up(self, file: Path) -> None:
        """Copy a SQLite database to a new file, consistently, for its owner alone: it holds keys and names.

        Raises
        ------
        FileExistsError
            If the file is there.
        """
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            self._copy_into(file)
        except BaseException:
            file.unlink(missing_ok=True)
            raise

    def _copy_into(self, file: Path) -> None:
        with self._explained(), self.engine.connect() as connection:
            # Our transactions begin by a statement of ours, and VACUUM must be outside of any.
            connection.exec_driver_sql("COMMIT")
            connection.execute(text("VACUUM INTO :file"), {"file": str(file)})
            connection.exec_driver_sql("BEGIN")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Point Alembic at our migrations and this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def _revisions() -> list[str]:
    """List our revisions, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def _reason(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split()).rstrip(".")


def _read_url(url: str) -> URL:
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        read = None
    kind = read.get_backend_name() if read else ""
    if read is None or not (kind == "postgresql" or read.drivername in ("sqlite", "sqlite+pysqlite")):
        shown = read.render_as_string(hide_password=True) if read else "not a URL of a database"
        raise SettingsError(
            f"database.url is {shown}. Write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME."
        )
    if kind == "sqlite" and (read.database or ":memory:").endswith(":memory:"):
        raise SettingsError(f"database.url is {url}, a database in memory only. Write sqlite:///FILE.")
    return read


def _open_postgresql(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise SettingsError(
            "PostgreSQL needs a driver: write postgresql+psycopg://... and pip install 'synsetter[postgres]'"
        ) from error


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # pysqlite would begin at the first write: a transaction that has read before could then fail half-way.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _words_of(error: DBAPIError) -> set[str]:
    """Give the words in a message that tell of something outside."""
    return {word for word in OUTSIDE if word in str(error.orig).lower()}
