"""Collection: who is asked for next, and that neither many candidates nor slow hosts hold it up."""

import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from pipeline.adapters.list_source import ListSource
from pipeline.adapters.web import exchange
from pipeline.collection.candidate_search import note_page
from pipeline.ports import Found, HostNote, Page
from pipeline.sources.rota import Rota
from pipeline.stages import collect
from pipeline.states import State
from pipeline.store import queries
from pipeline.store.models import Candidate, Synset
from pipeline.synsets.search_queries import SearchQuery
from tests.pipeline.stages.files import encoded, photograph

CAT = "n02123045"


def plans(world: Any, act: Callable[[], object]) -> list[str]:
    """How SQLite would carry out each statement that asks for candidates."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "candidates" in statement:
            asked.append((statement, parameters))

    event.listen(world.store.engine, "before_cursor_execute", note)
    act()
    event.remove(world.store.engine, "before_cursor_execute", note)
    with world.store.engine.connect() as connection:
        explained = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given) for one, given in asked]
        return [row.detail for rows in explained for row in rows]


def pages(count: int) -> Iterator[Page]:
    for number in range(count):
        yield Page((Found(CAT, f"{number}.jpg", f"file:///{number}.jpg", "list"),))


def test_a_page_of_a_search_looks_up_its_own_names_alone(light_world: Any) -> None:
    """Nothing that takes longer the more candidates there are: no count, no scan, no sort."""
    light_world.add(3, state=State.FOUND)
    held, source = Counter({CAT: 3}), ListSource(Path(__file__))

    def note() -> None:
        for page in pages(3):
            nonlocal held
            held = note_page(light_world.tools, source, page, held)

    looks = {line for line in plans(light_world, note) if "candidates" in line}
    assert all(line.startswith("SEARCH") and line.endswith("(wnid=? AND url=?)") for line in looks)
    assert looks
    assert held == {CAT: 6}
    assert light_world.count(Candidate) == 6


def test_who_waits_is_found_without_a_look_at_the_rest(light_world: Any) -> None:
    def look() -> None:
        with light_world.store.reading() as session:
            list(queries.found_candidates(session, 7, 10))

    (plan,) = set(plans(light_world, look))
    assert plan.startswith("SEARCH candidates USING INDEX ix_candidates_found")


def waiting(world: Any, urls: list[str]) -> None:
    blank = dict.fromkeys(("query", "language", "license", "creator", "source_page"), "")
    rows = [
        {"wnid": CAT, "url": url, "fetch_url": url, "source": "", "extra": {}, "state": State.FOUND}
        for url in urls
    ]
    with world.store.writing() as session:
        session.execute(insert(Candidate), [blank | row for row in rows])


def test_a_round_passes_over_hosts_that_rest_and_goes_round_the_list(light_world: Any) -> None:
    world, now = light_world, [0.0]
    rota = Rota(10.0, lambda: now[0])  # two requests a host and round
    world.tools = replace(world.tools, rota=rota)
    world.set("run", tick_items=3)
    waiting(world, [f"http://{host}/{number}" for host in "abc" for number in range(4)])

    def looked_at() -> list[str]:
        with world.store.reading() as session:
            return [row.fetch_url[7:] for row in collect._waiting(session, world.tools, rota.sieve())]

    assert looked_at() == ["a/0", "a/1", "b/0"]
    rota.note({"b": HostNote(60.0, 3)})
    assert looked_at() == ["c/0", "c/1"]
    assert looked_at() == ["a/0", "a/1", "c/0"]
    now[0] = 61.0
    assert looked_at() == ["c/1", "c/2"]
    assert looked_at() == ["a/0", "a/1", "b/0"]
    assert rota.strikes() == {"b": 3}
    rota.note({"b": HostNote(0.0, 0)})
    assert rota.strikes() == {}


@pytest.fixture
def two_hosts() -> Iterator[tuple[str, str]]:
    """A site that asks for a long pause between requests, and one that does not care; the same pictures."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rules = b"User-agent: *\nCrawl-delay: 100\n" if self.server.server_address[0] == SLOW else b""
            number = self.path.strip("/").partition(".")[0]
            body = rules if "robots" in self.path else encoded(photograph(int(number)))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain" if "robots" in self.path else "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    servers = [ThreadingHTTPServer((host, 0), Site) for host in (SLOW, QUICK)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tuple(f"http://{host}:{port}" for host, port in (server.server_address for server in servers))
    for server in servers:
        server.shutdown()
        server.server_close()


SLOW, QUICK = "127.0.0.2", "127.0.0.3"


def test_a_host_that_wants_long_pauses_holds_up_nobody(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], album: Path, two_hosts: tuple[str, str]
) -> None:
    slow, quick = two_hosts
    urls = [f"{slow}/{number}.jpg" for number in range(100, 140)]
    urls += [f"{quick}/{number}.jpg" for number in range(200, 210)]
    world = collecting(new_sqlite(), album, [f"{CAT},{url}" for url in urls], "collect.allow_private=true")
    began = time.monotonic()
    assert collect.tick(world.tools) == len(urls) + 1 + 10
    assert time.monotonic() - began < 15
    done = [row for row in world.rows(Candidate) if row.state == "collected"]
    assert sum(row.url.startswith(quick) for row in done) == 10
    assert {row.fetch_tries for row in world.rows(Candidate)} == {0}
    # Nor is the host asked again before its time.
    assert collect.tick(world.tools) == 0
    assert world.states() == {"collected": 11, "found": 39}


def test_bytes_in_memory_are_bounded_whatever_hosts_send(
    collecting: Callable[..., Any],
    new_sqlite: Callable[[], str],
    album: Path,
    two_hosts: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With room for one or two pictures, all come, one after the other."""
    monkeypatch.setattr(exchange, "HELD_BYTES", 5_000)
    urls = [f"{two_hosts[1]}/{number}.jpg" for number in range(20)]
    knobs = ("collect.allow_private=true", "collect.max_bytes=5000", "collect.same_host=16")
    world = collecting(new_sqlite(), album, [f"{CAT},{url}" for url in (*urls, "good.jpg")], *knobs)
    collect.tick(world.tools)
    assert world.states() == {"collected": 20, "duplicate": 1}


def test_files_follow_one_another_until_the_round_is_over(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], album: Path
) -> None:
    """As many as a round may hold at a time, without waiting for the next round."""
    lines = [f"{CAT},{number}.jpg" for number in range(180)]
    world = collecting(new_sqlite(), album, lines, "run.tick_items=50")
    assert collect.search(world.tools) == len(lines)
    told = chain([0.0, 0.0, 0.0], repeat(30.0))  # the round begins, hosts are chosen, fifty are under way
    world.tools = replace(world.tools, rota=Rota(0.0, lambda: next(told)))
    assert collect.fetch(world.tools) == 100
    assert world.states() == {"refused": 100, "found": 80}
    world.tools = replace(world.tools, rota=Rota(0.0))
    assert collect.tick(world.tools) == 80
    assert collect.tick(world.tools) == 0


class Index:
    """A source that is searched, and takes its time."""

    name, by_query, state = "index", True, ""

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        for wnid in wanted:
            yield Page((Found(wnid, f"{wnid}.jpg", f"file:///{wnid}.jpg", self.name),))


def test_a_round_searches_for_as_many_synsets_as_it_has_time_for(light_world: Any) -> None:
    world, now = light_world, chain([0.0], repeat(30.0))
    world.tools = replace(world.tools, sources=lambda _: [Index()], rota=Rota(0.0, lambda: next(now)))
    with world.store.writing() as session:
        session.execute(update(Synset).values(searched=False))
    assert collect.search(world.tools) == 1
    world.tools = replace(world.tools, rota=Rota(0.0))
    assert collect.search(world.tools) == world.count(Synset) - 1 > 0
    assert collect.search(world.tools) == 0
