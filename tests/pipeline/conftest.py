"""Both databases, and on each a pipeline with a crowd in memory."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.store.engine import StateStore
from pipeline.synsets.wordnet import WordNet
from tests.pipeline.world import World, build_world


@pytest.fixture(scope="session")
def wordnet() -> WordNet:
    return WordNet.load()


@pytest.fixture(scope="session")
def new_sqlite(quick_folder: Path) -> Callable[[], str]:
    """URLs of new SQLite databases with all tables."""
    pattern = quick_folder / "pattern.sqlite"
    store = StateStore(f"sqlite:///{pattern}")
    store.upgrade()
    store.close()

    def make() -> str:
        copy = Path(tempfile.mkdtemp(dir=pattern.parent)) / "synsetter.sqlite"
        shutil.copy(pattern, copy)
        return f"sqlite:///{copy}"

    return make


@pytest.fixture
def empty_again(quick_folder: Path, new_sqlite: Callable[[], str]) -> Callable[[StateStore], None]:
    """Bring a store's SQLite database back to tables without rows."""

    def empty(store: StateStore) -> None:
        store.close()
        shutil.copy(quick_folder / "pattern.sqlite", str(store.url.database))

    return empty


@pytest.fixture(scope="session")
def new_postgres(postgres_server: Callable[..., str]) -> Callable[[], str]:
    """URLs of new PostgreSQL databases with all tables."""
    numbers = itertools.count()
    store = StateStore(postgres_server("pattern"))
    store.upgrade()
    store.close()
    return lambda: postgres_server(f"run{next(numbers)}", "pattern")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with all tables, on each of the two kinds."""
    name = "new_sqlite" if request.param == "sqlite" else "new_postgres"
    return str(request.getfixturevalue(name)())


@pytest.fixture
def make_world(quick_folder: Path, wordnet: WordNet) -> Iterator[Callable[..., World]]:
    """Build a pipeline at a database's URL, with these settings laid over the tests' own."""
    stores: dict[str, StateStore] = {}  # each knows the statements that it has compiled

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
