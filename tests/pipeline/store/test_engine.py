"""Migrations, the two kinds of transaction, and the place of the one pipeline."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from pipeline.errors import AlreadyRunning, SettingsError, UserError, WorldError
from pipeline.store.engine import MIGRATIONS, StateStore
from pipeline.store.models import Assignment, Fact, Picture, Row
from tests import forked


def test_the_migrated_tables_are_those_of_the_models(database_url: str) -> None:
    store = StateStore(database_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []
    store.require_current()
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(tmp_path: Path, request: pytest.FixtureRequest) -> StateStore:
    """A store with no tables yet, on each of the two kinds of database."""
    new = {"sqlite": lambda: f"sqlite:///{tmp_path}/old.sqlite"}
    new["postgresql"] = lambda: request.getfixturevalue("postgres_server")("old")
    return StateStore(new[request.param]())


def test_pictures_outlive_each_revision(old_store: StateStore) -> None:
    store = old_store
    store.upgrade("0001")
    with store.writing() as session:
        session.execute(
            text(
                "INSERT INTO pictures (sha256, width, height, size, changes, hash_name, phash, "
                "signature_name, signature, fidelity, stored_at) "
                "VALUES ('a', 1, 2, 3, '[]', 'h', 4, 's', :signature, 5.5, :now)"
            ),
            {"signature": b"6", "now": datetime(2026, 1, 5, tzinfo=UTC)},
        )
    for script in sorted(MIGRATIONS.glob("versions/[0-9]*.py")):
        store.upgrade(script.name[:4])
    with store.reading() as session:
        (picture,) = session.scalars(select(Picture))
        assert (picture.sha256, picture.height, picture.signature, picture.lost) == ("a", 2, b"6", None)
    store.close()


@pytest.mark.parametrize(("fees", "expected"), [((3, 21), 11), ((0, 0), 0)])
def test_fees_on_earlier_bonuses_follow_from_those_on_rewards(
    old_store: StateStore, fees: tuple[int, int], expected: int
) -> None:
    """11 and 101 cents at a fifth, each rounded up: the second tells the rate better."""
    old_store.upgrade("0006")
    hit = (
        "INSERT INTO hits "
        "(id, kind, wnid, items, reward_cents, fee_cents, tested, state, planned_at, expires_at) "
        "VALUES (:id, 'k', 'n1', 1, :reward, :fee, false, 'paid', :now, :now)"
    )
    done = (
        "INSERT INTO assignments (assignment_id, hit, kind, worker_id, answer, state, "
        "accepted_at, submitted_at, items, paid_cents, bonus_cents) "
        "VALUES (:name, 1, 'k', 'W', '', 'paid', :now, :now, 1, 1, :bonus)"
    )
    now = datetime(2026, 1, 5, tzinfo=UTC)
    with old_store.writing() as session:
        for number, (reward, fee) in enumerate(zip((11, 101), fees, strict=True), start=1):
            session.execute(text(hit), {"id": number, "reward": reward, "fee": fee, "now": now})
        for name, bonus in (("a", 50), ("b", 0), ("c", None)):
            session.execute(text(done), {"name": name, "bonus": bonus, "now": now})
    old_store.upgrade()
    with old_store.reading() as session:
        rows = session.execute(select(Assignment.assignment_id, Assignment.bonus_fee_cents))
        assert dict(rows.all()) == {"a": expected, "b": 0, "c": 0}
    old_store.close()


def test_an_empty_database_is_refused_until_it_is_upgraded(tmp_path: Path) -> None:
    store = StateStore(f"sqlite:///{tmp_path}/new/synsetter.sqlite")
    (tmp_path / "new").mkdir()
    with pytest.raises(UserError, match=r"no database .*new/synsetter\.sqlite.* run: synsetter database upg"):
        store.require_current()
    assert not list((tmp_path / "new").iterdir())
    (tmp_path / "new/synsetter.sqlite").touch()
    with pytest.raises(UserError, match="Run: synsetter database upgrade"):
        store.require_current()
    store.upgrade()
    store.upgrade()
    store.require_current()
    store.close()


def test_tables_of_a_newer_program_are_left_alone(database_url: str) -> None:
    store = StateStore(database_url)
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    for act in (store.require_current, store.upgrade):
        with pytest.raises(UserError, match="made by a newer Synsetter: it is at revision 0099"):
            act()
    store.close()


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE candidates (name TEXT)",),
        ("CREATE TABLE votes (name TEXT)",),
        ("CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('0002')"),
    ],
)
def test_tables_of_another_program_are_left_alone(
    old_store: StateStore, tmp_path: Path, statements: tuple[str, ...]
) -> None:
    (tmp_path / "old.sqlite").touch()
    with old_store.writing() as session:
        for statement in statements:
            session.execute(text(statement))
    for act in (old_store.require_current, old_store.upgrade):
        with pytest.raises(UserError, match="holds tables of another program"):
            act()
    old_store.close()


def test_an_upgrade_that_the_database_refuses_is_no_traceback(old_store: StateStore) -> None:
    with old_store.writing() as session:
        session.execute(text("CREATE VIEW votes AS SELECT 1 AS name"))
    with pytest.raises(UserError, match=r"cannot be upgraded, and are as they were: .*votes"):
        old_store.upgrade()
    assert inspect(old_store.engine).get_table_names() == []
    old_store.close()


def test_indexes_are_those_of_the_models(database_url: str) -> None:
    store = StateStore(database_url)
    found = inspect(store.engine)
    for table in Row.metadata.sorted_tables:
        names = {index["name"] for index in found.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= names, table.name
    store.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("foo:bar", "not a URL"),
        ("mysql://x:hush@y/z", r"mysql://x:\*\*\*@y/z"),
        ("postgresql://a@host:port/b", "not a URL"),
        ("sqlite+aiosqlite:///x", r"sqlite\+aiosqlite:///x\. Write sqlite:///FILE"),
        ("sqlite://", "sqlite://, a database in memory only"),
        ("sqlite:///:memory:", "sqlite:///:memory:, a database in memory only"),
    ],
)
def test_a_url_of_no_database_of_ours_is_a_wrong_setting(url: str, shown: str) -> None:
    with pytest.raises(SettingsError, match=rf"database\.url is {shown}"):
        StateStore(url)


def test_a_misspelt_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no folder .*tpyo\. Make it, or mend database\.url"):
        StateStore(f"sqlite:///{tmp_path}/tpyo/run.sqlite").upgrade()
    assert not list(tmp_path.iterdir())


def test_a_transaction_is_all_or_nothing(database_url: str) -> None:
    store = StateStore(database_url)
    with pytest.raises(RuntimeError), store.writing() as session:
        session.add(Fact(name="a", value="1"))
        session.flush()
        raise RuntimeError
    with store.reading() as session:
        assert session.scalars(select(Fact.name)).all() == []
    store.close()


def test_a_reader_sees_one_state_of_things(database_url: str) -> None:
    store = StateStore(database_url)
    with store.reading() as session:
        assert session.scalars(select(Fact.name)).all() == []
        with store.writing() as other:
            other.add(Fact(name="a", value="1"))
        assert session.scalars(select(Fact.name)).all() == []
    store.close()


def test_a_second_pipeline_stops_and_the_place_is_free_again_afterwards(database_url: str) -> None:
    first, second = StateStore(database_url), StateStore(database_url)
    with first.only_pipeline(), pytest.raises(AlreadyRunning), second.only_pipeline():
        raise AssertionError("two pipelines")
    with second.only_pipeline():
        pass
    with first.only_pipeline():
        pass
    first.close()
    second.close()


def hold(url: str) -> None:
    """Be the one pipeline for a minute."""
    with StateStore(url).only_pipeline():
        print("held", flush=True)
        time.sleep(60)


def test_kill_9_frees_the_place_and_the_command_says_busy_before(database_url: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    holder = forked.start(hold, database_url, out=said, err=tmp_path / "complaints")
    assert forked.heard(holder, said) == "held\n"
    nowhere = "http://127.0.0.1:9"
    knobs = (f"database.url={database_url}", f"crowd.endpoint={nowhere}", f"crowd.site={nowhere}")
    options = (word for knob in knobs for word in ("--set", knob))
    busy = forked.run("pipeline", *options, "run", folder=tmp_path)
    assert (busy.exit_code, busy.err.count("\n")) == (4, 1), busy.err
    assert "Another pipeline is at work" in busy.err
    holder.kill()
    holder.join()
    store = StateStore(database_url)
    with store.only_pipeline():
        pass
    store.close()


@pytest.mark.parametrize("table", ["events", "votes"])
@pytest.mark.parametrize("change", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}"])
def test_events_and_votes_cannot_be_changed(database_url: str, table: str, change: str) -> None:
    store = StateStore(database_url)
    rows = {
        "events": "INSERT INTO events (at, kind, subject, name, data) "
        "VALUES ('2026-01-01 00:00:00', 'run', '1', 'made', '{}')",
        "votes": "INSERT INTO votes (kind, subject, box_id, worker_id, assignment_id, answer, voted_at) "
        "VALUES ('label_images', 1, 0, 'W', 'A', 'yes', '2026-01-01 00:00:00')",
    }
    with store.writing() as session:
        session.execute(text(rows[table]))
    with pytest.raises(Exception, match="kept for ever"), store.writing() as session:
        session.execute(text(change.format(table)))
    with store.reading() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    store.close()


def test_postgresql_cannot_truncate_events_either(new_postgres: Callable[[], str]) -> None:
    store = StateStore(new_postgres())
    with pytest.raises(Exception, match="kept for ever"), store.writing() as session:
        session.execute(text("TRUNCATE events"))
    store.close()


def test_a_file_that_is_no_database_is_the_worlds_fault(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    store = StateStore(f"sqlite:///{tmp_path}/letter.txt")
    with pytest.raises(WorldError, match="not a database"):
        store.require_current()


def test_a_database_that_may_not_be_written_names_how_to_look_at_it(new_sqlite: Callable[[], str]) -> None:
    file = new_sqlite().removeprefix("sqlite:///")
    locked = StateStore(f"sqlite:///file:{file}?mode=ro&uri=true")
    looking = rf"sqlite:///file:{file}\?mode=ro&immutable=1&uri=true"
    advice = rf"readonly database\. .*--set 'database\.url={looking}'"
    with pytest.raises(WorldError, match=advice), locked.writing() as session:
        session.add(Fact(name="a", value="1"))
    store = StateStore(looking.replace("\\", ""))
    store.require_current()
    store.close()
    locked.close()


def test_a_database_server_that_is_away_is_the_worlds_fault() -> None:
    store = StateStore("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    with pytest.raises(WorldError, match="fails"):
        store.require_current()


def test_a_connection_that_the_server_has_ended_is_replaced(new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    store, other = StateStore(url), StateStore(url)
    with store.reading() as session:
        assert list(session.scalars(select(Picture))) == []
    with other.writing() as session:
        ours = "datname = current_database() AND pid != pg_backend_pid()"
        ended = text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
        assert list(session.scalars(ended)) == [True]
    with store.writing() as session:
        assert list(session.scalars(select(Picture))) == []
    store.close()
    other.close()
