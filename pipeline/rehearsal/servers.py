"""The servers of a rehearsal: a crowd server and our HIT pages as child processes, in a folder of their own.

What was arranged (ports, keys, accounts, the clock) is kept in that folder, so that a rehearsal that was
killed goes on there: HITs that are on the market name the pages' old port.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.errors import UserError, WorldError
from pipeline.rehearsal.browser import Account

CROWD = (sys.executable, "-m", "crowd_server")
TETHER = (sys.executable, "-m", "pipeline.rehearsal.tether")
CROWD_PROCESSES = "2"
HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a rehearsal folder remembers."""

    crowd_port: int
    pages_port: int
    access_key: str
    secret_key: str
    accounts: tuple[Account, ...]


class Servers:
    """Runs the servers while its `with` block lasts; they end with this process, however that ends.

    Raises
    ------
    UserError
        If the folder was arranged for another number of workers.
    WorldError
        If a server does not start.
    """

    def __init__(self, folder: Path, workers: int, balance_cents: int) -> None:
        self.folder = folder
        self.clock_file = folder / "clock"
        self._record = folder / "rehearsal.json"
        self._workers = workers
        self._balance_cents = balance_cents
        self._children: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.clock_file.exists():
            self._set_clock(0.0)
        try:
            self.arrangement = self._recall() if self._record.exists() else self._arrange()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def crowd_url(self) -> str:
        """Where both the Requester API and the worker site are."""
        return f"http://{HOST}:{self.arrangement.crowd_port}"

    @property
    def pages_url(self) -> str:
        """Where the HIT pages are, once they are served."""
        return f"http://{HOST}:{self.arrangement.pages_port}"

    def serve_pages(self, command: Sequence[str]) -> None:
        """Start the HIT pages, which must listen at `pages_url` and print a line when they do."""
        self._start(command, "pages.log")

    def skip(self, seconds: float) -> None:
        """Move the common clock on, past waiting that nobody would miss."""
        self._set_clock(float(self.clock_file.read_text()) + seconds)

    def _set_clock(self, offset: float) -> None:
        spare = self.clock_file.with_suffix(".new")
        spare.write_text(f"{offset}\n")
        spare.replace(self.clock_file)

    def _recall(self) -> Arrangement:
        kept = json.loads(self._record.read_text("utf-8"))
        accounts = tuple(Account(**account) for account in kept.pop("accounts"))
        if len(accounts) != self._workers:
            raise UserError(
                f"{self.folder} holds a rehearsal with {len(accounts)} workers, not {self._workers}. "
                "Rehearse with as many, or in another folder."
            )
        arrangement = Arrangement(**kept, accounts=accounts)
        self._start_crowd(arrangement.crowd_port)
        return arrangement

    def _arrange(self) -> Arrangement:
        crowd_port, pages_port = _free_ports(2)
        self._start_crowd(crowd_port)
        with ThreadPoolExecutor() as both:
            purse = ("Rehearsal", "--balance-cents", str(self._balance_cents))
            requester = both.submit(self._crowd, "requesters", "add", *purse)
            accounts = self._crowd("workers", "add", "--count", str(self._workers))
            key = requester.result()
        arrangement = Arrangement(
            crowd_port=crowd_port,
            pages_port=pages_port,
            access_key=key["access_key"],
            secret_key=key["secret_key"],
            accounts=tuple(Account(**account) for account in accounts),
        )
        spare = self._record.with_suffix(".new")
        spare.write_text(json.dumps(asdict(arrangement), indent=1), "utf-8")
        spare.replace(self._record)
        return arrangement

    def _start_crowd(self, port: int) -> None:
        options = (
            "--host",
            HOST,
            "--port",
            str(port),
            "--workers",
            CROWD_PROCESSES,
            "--clock-file",
            str(self.clock_file),
        )
        self._start((*CROWD, "serve", "--database", self._database, *options), "crowd.log")

    @property
    def _database(self) -> str:
        return f"sqlite:///{self.folder.absolute() / 'crowd.sqlite3'}"

    def _crowd(self, *arguments: str) -> Any:
        command = (*CROWD, *arguments, "--database", self._database, "--json")
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise WorldError(f"The crowd server refuses `{' '.join(arguments)}`: {_end_of(done.stderr)}")
        return json.loads(done.stdout)

    def _start(self, command: Sequence[str], log_name: str) -> None:
        log = self.folder / log_name
        with log.open("a") as stderr:
            child = subprocess.Popen(  # noqa: S603
                (*TETHER, str(os.getpid()), *command),
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,  # Ctrl-C is for the pipeline, which stops its servers last
            )
        self._children.append(child)
        assert child.stdout is not None
        ready, _, _ = select.select([child.stdout], [], [], READY_SECONDS)
        if not (ready and child.stdout.readline()):
            raise WorldError(f"`{' '.join(command)}` does not start: {_end_of(log.read_text())} See {log}.")

    def _stop(self) -> None:
        for child in self._children:
            child.send_signal(signal.SIGINT)  # quick, for a web server: no request is under way
        while self._children:
            child = self._children.pop()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _end_of(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it says nothing."
