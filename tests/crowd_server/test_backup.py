"""Backup and restore, across databases; migrations up from empty and from each earlier revision."""

import gzip
import json
import os

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, func, inspect, select

from crowd_server import demo
from crowd_server.clock import real_time
from crowd_server.people import accounts
from crowd_server.store import backup, schema
from crowd_server.store.engine import Database
from crowd_server.store.models.hits import Hit
from crowd_server.store.models.qualifications import QualificationType
from crowd_server.store.models.table import Table


def furnished(database):
    with database.writing() as session:
        demo.furnish(session, real_time())
    return database


def new_url(kind, folder, request):
    if kind == "sqlite":
        return f"sqlite:///{folder / 'new.sqlite3'}"
    return request.getfixturevalue("new_postgres")()


def count(database):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Hit))


def test_there_and_back(database, tmp_path, new_postgres):
    furnished(database)
    rows = backup.back_up(database, tmp_path / "one.gz")
    assert (tmp_path / "one.gz").stat().st_mode & 0o077 == 0, "it holds secrets"
    post = Database(new_postgres())
    assert backup.restore(post, tmp_path / "one.gz") == rows
    with post.writing() as session:  # sequences go on where they were
        accounts.add_operator(session, "second@example.org", "a long password", real_time())
    cursors = set()
    event.listen(
        post.engine, "before_cursor_execute", lambda _, cursor, *__: cursors.add(type(cursor).__name__)
    )
    assert backup.back_up(post, tmp_path / "two.gz") == rows + 1
    assert "ServerCursor" in cursors, "no table is fetched whole"
    lite = Database(f"sqlite:///{tmp_path / 'again.sqlite3'}")
    backup.restore(lite, tmp_path / "two.gz")
    assert count(lite) == count(post) == count(database) > 0
    for opened in (post, lite):
        opened.close()


def test_nobody_else_reads_a_backup_while_it_is_written(database, tmp_path, monkeypatch):
    furnished(database)
    seen, write_table = [], backup._write_table

    def watched(*arguments):
        seen.extend(file.stat().st_mode & 0o077 for file in tmp_path.glob("b.gz*"))
        return write_table(*arguments)

    monkeypatch.setattr(backup, "_write_table", watched)
    (tmp_path / "b.gz.partial").touch(0o644)  # of one that was killed
    before = os.umask(0o022)
    try:
        backup.back_up(database, tmp_path / "b.gz")
    finally:
        os.umask(before)
    assert set(seen) == {0}


def test_only_into_an_empty_database(database, tmp_path):
    furnished(database)
    backup.back_up(database, tmp_path / "b.gz")
    with pytest.raises(backup.BackupError, match="not empty"):
        backup.restore(database, tmp_path / "b.gz")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_half_a_backup_restores_nothing_and_bars_nothing(kind, database, tmp_path, request):
    furnished(database)
    rows = backup.back_up(database, tmp_path / "b.gz")
    whole = (tmp_path / "b.gz").read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    (tmp_path / "half.gz").write_bytes(gzip.compress(b"".join(lines[: len(lines) // 2])))
    (tmp_path / "broken.gz").write_bytes(whole[: len(whole) // 2])
    target = Database(new_url(kind, tmp_path, request))
    with pytest.raises(backup.BackupError, match="ends early"):
        backup.restore(target, tmp_path / "half.gz")
    with pytest.raises(EOFError):
        backup.restore(target, tmp_path / "broken.gz")
    assert inspect(target.engine).get_table_names() == []
    assert backup.restore(target, tmp_path / "b.gz") == rows
    assert count(target) == count(database)
    target.close()


def test_a_backup_of_an_earlier_revision_is_brought_up_to_date(new_postgres, tmp_path):
    lab = {"requester_id": "A", "name": "Lab", "created_at": "2026-10-01T00:00:00+00:00", "closed_at": None}
    lines = ({"revision": "0001"}, ["requesters", lab], {"rows": 1})
    (tmp_path / "old.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    target = Database(new_postgres())
    assert backup.restore(target, tmp_path / "old.gz") == 1
    assert backup.back_up(target, tmp_path / "new.gz") == 1
    target.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database(tmp_path, request):
    """A database of either kind, without a table."""
    made = Database(new_url(request.param, tmp_path, request))
    yield made
    made.close()


def test_twins_among_qualification_types_are_told_apart(bare_database):
    schema.upgrade(bare_database, "0002")
    now = real_time()
    with bare_database.writing() as session:
        lab, other = (accounts.add_requester(session, "Lab", 0, now).requester_id for _ in range(2))
        for type_id, owner, deleted_at in (
            ("A", lab, now),
            ("B", lab, None),
            ("C", lab, None),
            ("D", other, None),
        ):
            made = QualificationType(
                qualification_type_id=type_id, requester_id=owner, name="d" * 200, description="d",
                active=True, created_at=now, deleted_at=deleted_at,
            )  # fmt: skip
            session.add(made)
            session.flush()
    schema.upgrade(bare_database)
    with bare_database.reading() as session:
        names = select(QualificationType.name).order_by(QualificationType.id)
        assert session.scalars(names).all() == ["d" * 200, "d" * 200, "d" * 196 + " (C)", "d" * 200]


def test_migrations_make_the_tables_of_the_models(bare_database):
    database = bare_database
    for revision in ("0001", "0002", "head"):
        schema.upgrade(database, revision)
    schema.load()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Table.metadata) == []
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        command.downgrade(schema.config(connection), "base")
    schema.upgrade(database)
