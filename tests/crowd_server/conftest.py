"""A real crowd server, a requester with boto3, and a worker who acts like a browser without JavaScript."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from werkzeug.datastructures import MultiDict

from crowd_server import house
from crowd_server.market import floor, hits
from crowd_server.people import accounts
from crowd_server.store import schema
from crowd_server.store.engine import Database
from tests.crowd_server.live_server import LiveServer

QUESTION = (
    '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>{url}</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>'
)
TYPE = {
    "Title": "Is there a whippet?",
    "Description": "Look at ten pictures.",
    "Keywords": "image, dog",
    "Reward": "0.05",
    "AssignmentDurationInSeconds": 600,
    "AutoApprovalDelayInSeconds": 3600,
}


def failure(call: Callable[..., Any], **members: Any) -> Any:
    """The error response of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response


def question(url: str = "https://tasks.example.org/label?kind=label") -> str:
    return QUESTION.format(url=url.replace("&", "&amp;"))


@pytest.fixture(name="failure", scope="session")
def failure_fixture() -> Callable[..., Any]:
    """`failure(call, **members)`: the error response."""
    return failure


@pytest.fixture(scope="session")
def post_hit() -> Callable[..., dict[str, Any]]:
    """Post a HIT of one's own type (the title tells types apart)."""

    def post(
        client: Any, url: str = "https://tasks.example.org/label?kind=label", **members: Any
    ) -> dict[str, Any]:
        given = {
            "LifetimeInSeconds": 86400,
            "MaxAssignments": 1,
            **TYPE,
            "Question": question(url),
            **members,
        }
        hit: dict[str, Any] = client.create_hit(**given)["HIT"]
        return hit

    return post


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that names DATABASES has its tests run on each of them."""
    kinds = getattr(metafunc.module, "DATABASES", None)
    if kinds and "crowd" in metafunc.fixturenames:
        metafunc.parametrize("crowd", kinds, indirect=True, scope="module")


@pytest.fixture(scope="session")
def new_postgres(postgres_server: Callable[..., str]) -> Callable[[], str]:
    """URLs of new, empty databases on a PostgreSQL of one's own."""
    names = (f"crowd{number}" for number in itertools.count())
    return lambda: postgres_server(next(names)).replace("+psycopg", "", 1)


@pytest.fixture(scope="session")
def pattern(quick_folder: Path) -> Path:
    """A SQLite database with all tables."""
    file = quick_folder / "crowd.sqlite3"
    made = Database(f"sqlite:///{file}")
    schema.upgrade(made)
    made.close()
    return file


@pytest.fixture(scope="session")
def new_sqlite(quick_folder: Path, pattern: Path) -> Callable[[], str]:
    """URLs of new SQLite databases with all tables."""
    files = (quick_folder / f"crowd{number}.sqlite3" for number in itertools.count())
    return lambda: f"sqlite:///{shutil.copy(pattern, next(files))}"


@pytest.fixture(scope="module")
def crowd(request: pytest.FixtureRequest, quick_folder: Path) -> Iterator[LiveServer]:
    """One server a test module, on SQLite unless the module says otherwise."""
    kind = getattr(request, "param", "sqlite")
    url = request.getfixturevalue("new_postgres" if kind == "postgresql" else "new_sqlite")()
    server = LiveServer(url, Path(tempfile.mkdtemp(dir=quick_folder))).start()
    yield server
    server.stop()


@pytest.fixture
def database(new_sqlite: Callable[[], str]) -> Iterator[Database]:
    """An upgraded SQLite database in this process."""
    made = Database(new_sqlite())
    yield made
    made.close()


@pytest.fixture
def postgres(new_postgres: Callable[[], str]) -> Iterator[Database]:
    """An upgraded PostgreSQL database in this process."""
    made = Database(new_postgres())
    schema.upgrade(made)
    yield made
    made.close()


@pytest.fixture(scope="session")
def handed_in() -> Callable[..., list[int]]:
    """Two requesters' HITs, each done by every worker, all due for approval two minutes later."""
    return hand_in


def hand_in(database: Database, workers: int, now: datetime, fee_percent: str = "0") -> list[int]:
    with database.writing() as session:
        house.put_setting(session, "fee_percent", fee_percent)
        people = [
            accounts.add_worker(session, f"{n}@x.org", "a long password", now, password_hash="x")
            for n in range(workers)
        ]
        done = []
        for _ in range(2):
            lab = accounts.add_requester(session, "Lab", 10_000, now).requester_id
            properties = {
                "title": "t", "description": "d", "keywords": "", "reward_cents": 10,
                "duration_seconds": 60, "auto_approval_seconds": 120, "requirements": [],
            }  # fmt: skip
            hit_type = hits.type_for(session, lab, properties, now)
            hits.create(
                session, hit_type, now, question=question(), max_assignments=workers,
                lifetime=timedelta(days=2), policies={},
            )  # fmt: skip
            for worker in people:
                taken = floor.accept(session, worker, hit_type, now)
                floor.hand_in(session, MultiDict({"assignmentId": taken.assignment_id, "a": "x"}), now)
                done.append(taken.id)
    return done


@pytest.fixture
def move_clock(crowd: LiveServer) -> Iterator[Callable[[float], None]]:
    """Move the server's clock on by so many seconds more; time never goes back within a module."""
    start = float(crowd.clock_file.read_text())
    moved = [start]

    def move(seconds: float) -> None:
        moved[0] += seconds
        crowd.move_clock(moved[0])

    yield move


@pytest.fixture
def start_server(quick_folder: Path, new_sqlite: Callable[[], str]) -> Iterator[Callable[..., LiveServer]]:
    """Start servers with options of one's own; they are stopped at the end."""
    started: list[LiveServer] = []

    def start(*options: str, database: str | None = None) -> LiveServer:
        folder = Path(tempfile.mkdtemp(dir=quick_folder))
        server = LiveServer(database or new_sqlite(), folder, options).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
