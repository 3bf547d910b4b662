"""A real crowd server, in a process of its own."""

import json
import os
import signal
import socket
import time
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import requests
from argon2 import PasswordHasher
from botocore.config import Config

from crowd_server.clock import real_time
from crowd_server.people import accounts
from crowd_server.store.engine import Database
from crowd_server.store.models.accounts import AccessKey, Worker
from tests import forked
from tests.crowd_server.worker import Browser

PASSWORD = "a whippet is a hound"
# What proving it costs is in the hash, and people of the tests sign in hundreds of times.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


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
    process: ForkServerProcess | None = None
    connections: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> "LiveServer":
        self.clock_file.write_text("0")
        command = ["serve", "--database", self.database, "--port", str(self.port), "--workers", "1"]
        options = (*command, "--clock-file", str(self.clock_file), *self.options)
        self.process = forked.start(
            forked.command, "crowd_server", options, self.folder, out=os.devnull, err=self.log
        )
        while self.process.is_alive():
            try:
                if requests.get(self.url + "/health", timeout=5).ok:
                    return self
            except requests.ConnectionError:
                time.sleep(0.02)
        raise AssertionError(f"the server ended: {self.log.read_text()}")

    def stop(self) -> None:
        for connection in self.connections:  # the server waits seconds for those that are kept alive
            connection.close()
        self.connections.clear()
        if self.process is not None:
            assert self.process.pid is not None
            os.kill(self.process.pid, signal.SIGINT)  # quick: no request is under way
            self.process.join(40)
            assert self.process.exitcode == 0, self.log.read_text()
            self.process.close()
            self.process = None
        self.books.close()

    def move_clock(self, seconds: float) -> None:
        """Move the server's time on by so much in all."""
        spare = self.clock_file.with_suffix(".new")
        spare.write_text(str(seconds))
        spare.replace(self.clock_file)

    def crowd(self, *arguments: str) -> Any:
        """Run a command of `synsetter-crowd` on the same database."""
        done = forked.run("crowd_server", *arguments, "--database", self.database, folder=self.folder)
        assert done.exit_code == 0, done.err
        return json.loads(done.out) if "--json" in arguments else done.out

    @cached_property
    def books(self) -> Database:
        """The server's database, opened by the test."""
        return Database(self.database)

    def add_requester(self, balance_cents: int) -> AccessKey:
        """A new requester's keys."""
        with self.books.writing() as session:
            return accounts.add_requester(session, "Lab", balance_cents, real_time())

    def add_workers(self, count: int) -> list[Worker]:
        """New workers, whose password is PASSWORD."""
        with self.books.writing() as session:
            return [
                accounts.add_worker(
                    session, f"{uuid4().hex}@example.org", PASSWORD, real_time(), password_hash=PASSWORD_HASH
                )
                for _ in range(count)
            ]

    def requester(self, balance_cents: int = 100_000) -> Any:
        """A boto3 client of a new requester."""
        key = self.add_requester(balance_cents)
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

    def workers(self, count: int = 1) -> list[Browser]:
        """New workers, signed in."""
        rows = self.add_workers(count)
        browsers = [Browser(self.url, row.worker_id, row.email or "", PASSWORD).sign_in() for row in rows]
        self.connections += [browser.web for browser in browsers]
        return browsers
