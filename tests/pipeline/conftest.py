"""Both databases, and on each a pipeline with a crowd in memory."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pipeline.store import chunks
from pipeline.store.engine import StateStore
from pipeline.synsets.wordnet import WordNet
from tests.pipeline.world import World, build_world


@pytest.fixture(scope="session")
def wordnet() -> WordNet:
    return WordNet.load()


@pytest.fixture(scope="session")
def pattern(quick_folder: Path) -> Path:
    """A SQLite database with all tables."""
    file = quick_folder / "pattern.sqlite"
    store = StateStore(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    return file


@pytest.fixture
def new_sqlite(pattern: Path) -> Callable[[], str]:
    """URLs of new SQLite databases with all tables: the first of any test has the same."""
    files = (pattern.with_name(f"run{number}.sqlite") for number in itertools.count())
    return lambda: f"sqlite:///{copied(pattern, next(files))}"


def copied(pattern: Path, file: Path) -> Path:
    """Put a copy of a database in place of another that nobody uses any more, or of none."""
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    shutil.copy(pattern, file)
    return file


@pytest.fixture
def empty_again(pattern: Path) -> Callable[[StateStore], None]:
    """Bring a store's SQLite database back to tables without rows."""

    def empty(store: StateStore) -> None:
        store.close()
        copied(pattern, Path(str(store.url.database)))

    return empty


@pytest.fixture(scope="session")
def postgres_pattern(postgres_server: Callable[..., str]) -> str:
    """The name of a PostgreSQL database with all tables."""
    store = StateStore(postgres_server("pattern"))
    store.upgrade()
    store.close()
    return "pattern"


@pytest.fixture
def new_postgres(postgres_server: Callable[..., str], postgres_pattern: str) -> Callable[[], str]:
    """URLs of new PostgreSQL databases with all tables: the first of any test has the same."""
    names = (f"run{number}" for number in itertools.count())
    return lambda: postgres_server(next(names), postgres_pattern)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with all tables, on each of the two kinds."""
    name = "new_sqlite" if request.param == "sqlite" else "new_postgres"
    return str(request.getfixturevalue(name)())


@pytest.fixture(scope="session")
def stores() -> dict[str, StateStore]:
    """Stores by URL: each knows the statements that it has compiled, for whichever test."""
    return {}


@pytest.fixture
def make_world(
    quick_folder: Path, wordnet: WordNet, stores: dict[str, StateStore]
) -> Iterator[Callable[..., World]]:
    """Build a pipeline at a database's URL, with these settings laid over the tests' own."""

    def make(url: str, *knobs: str) -> World:
        folder = Path(tempfile.mkdtemp(dir=quick_folder))
        stores[url] = stores.get(url) or StateStore(url)
        return build_world(stores[url], folder, wordnet, *knobs)

    yield make
    for store in stores.values():
        store.close()


@pytest.fixture
def world(make_world: Callable[..., World], database_url: str) -> World:
    """A pipeline on each kind of database."""
    return make_world(database_url)


@pytest.fixture
def light_world(make_world: Callable[..., World], new_sqlite: Callable[[], str]) -> World:
    """A pipeline on SQLite alone, for what does not depend on the database."""
    return make_world(new_sqlite())


@pytest.fixture
def rows_read() -> Callable[[StateStore], AbstractContextManager[list[int]]]:
    """Tell, once a block is over, how many rows each of its queries gives."""

    @contextmanager
    def counted(store: StateStore) -> Iterator[list[int]]:
        asked: list[tuple[str, Any]] = []
        found: list[int] = []

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            if statement.startswith("SELECT"):
                asked.append((statement, values))

        event.listen(store.engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(store.engine, "before_cursor_execute", note)
        with store.reading() as session:
            found += [len(session.connection().exec_driver_sql(*one).all()) for one in asked]

    return counted


@pytest.fixture
def few_values(monkeypatch: pytest.MonkeyPatch) -> Callable[[StateStore], AbstractContextManager[None]]:
    """Hold every query to 30 values, as databases hold them to some ten thousands; parts are of 20."""
    monkeypatch.setattr(chunks, "MOST", 20)

    def refuse(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        assert not statement.startswith("SELECT") or len(values) <= 30, statement

    @contextmanager
    def held(store: StateStore) -> Iterator[None]:
        event.listen(store.engine, "before_cursor_execute", refuse)
        try:
            yield
        finally:
            event.remove(store.engine, "before_cursor_execute", refuse)

    return held
