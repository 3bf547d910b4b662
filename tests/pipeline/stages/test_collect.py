"""Collection: what cannot be used is a row and an event, copies end here, what is missing is fetched."""

import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, event, insert, select, update

from pipeline.adapters.list_source import ListSource
from pipeline.adapters.web import addresses, exchange
from pipeline.adapters.web.politeness import GIVEN_UP_SECONDS
from pipeline.bootstrap import make_toolbox
from pipeline.collection.candidate_search import note_page
from pipeline.ports import Found, HostNote, Page
from pipeline.sources.rota import Rota
from pipeline.stages import collect
from pipeline.states import State
from pipeline.store import queries
from pipeline.store.models import Candidate, Event, Fact, Picture, Synset

CAT, MUG = "n02123045", "n03063599"


def photograph(number: int, side: int = 96) -> Image.Image:
    coarse = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def huge_png() -> bytes:
    """A 50,000 x 50,000 PNG of a few hundred bytes: only its header is true."""
    small = encoded(Image.new("RGB", (1, 1)), "PNG")
    header = bytearray(small)
    header[16:24] = (50_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    return bytes(header)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Good and bad files, by name."""
    deep = np.linspace(0, 65535, 96 * 96, dtype=np.uint16).reshape(96, 96)
    frames = [photograph(n) for n in (20, 21)]
    files = {
        "good.jpg": encoded(photograph(1)),
        "same_bytes.jpg": encoded(photograph(1)),
        "same_photo.jpg": encoded(photograph(1).resize((64, 64), Image.Resampling.LANCZOS), quality=80),
        "page.jpg": b"<!doctype html><title>404</title>",
        "huge.png": huge_png(),
        "cut.jpg": encoded(photograph(2))[:1500],
        "cmyk.jpg": encoded(photograph(3).convert("CMYK")),
        "moves.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "deep.png": encoded(Image.fromarray(deep), "PNG"),
        "empty.jpg": b"",
        "tiny.jpg": encoded(photograph(4, 16)),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that counts as public, and whose every answer leads inside."""

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path == "/robots.txt" else 302)
            self.send_header("Location", "http://127.0.0.1:9/secret.jpg")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.2")
    server = ThreadingHTTPServer(("127.0.0.2", 0), Redirect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.2:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def collecting(make_world: Callable[..., Any]) -> Callable[..., Any]:
    """Make a pipeline that collects from a list of these lines, with the columns that the header names."""

    def make(url: str, folder: Path, lines: list[str], *knobs: str, header: str = "wnid,url") -> Any:
        listed = folder / "candidates.csv"
        listed.write_text("\n".join([header, *lines]))
        world = make_world(
            url,
            f"collect.sources=['list:{listed}']",
            "collect.contact=curator@example.org",
            "collect.retries=1",
            "collect.processes=1",
            "collect.host_interval_seconds=0.0",
            *knobs,
        )
        with world.store.writing() as session:
            session.execute(update(Synset).values(searched=False))
        folder_of_blobs = replace(world.tools.settings.storage, pictures=str(folder / "pictures"))
        whole = make_toolbox(replace(world.tools.settings, storage=folder_of_blobs))
        parts = ("settings", "blobs", "open_blobs", "fetcher", "sources")
        world.tools = replace(world.tools, **{name: getattr(whole, name) for name in parts})
        whole.store.close()
        return world

    return make


def test_every_bad_input_is_a_row_and_an_event(
    collecting: Callable[..., Any], database_url: str, album: Path, outside: str
) -> None:
    names = sorted(path.name for path in album.iterdir() if path.is_file())
    urls = [*names, "missing.jpg", "http://127.0.0.1:9/x.jpg", f"{outside}/photo.jpg"]
    lines = [*(f"{CAT},{url}" for url in urls), "n99999999,good.jpg", f"{CAT},", f"{CAT},ftp://a/b.jpg"]
    world = collecting(database_url, album, lines)
    while collect.tick(world.tools):
        pass
    rows = {row.url: row for row in world.rows(Candidate)}
    assert {name: (row.state, row.reason) for name, row in rows.items()} == {
        "good.jpg": ("collected", None),
        "same_bytes.jpg": ("duplicate", None),
        "same_photo.jpg": ("duplicate", None),
        "cmyk.jpg": ("collected", None),
        "deep.png": ("collected", None),
        "page.jpg": ("refused", "html"),
        "huge.png": ("refused", "too_large"),
        "cut.jpg": ("refused", "truncated"),
        "moves.gif": ("refused", "animated"),
        "empty.jpg": ("refused", "empty"),
        "tiny.jpg": ("refused", "too_small"),
        "missing.jpg": ("refused", rows["missing.jpg"].reason),
        "http://127.0.0.1:9/x.jpg": ("refused", "private_address"),
        f"{outside}/photo.jpg": ("refused", "private_address"),
    }
    assert rows["missing.jpg"].reason
    for row in rows.values():
        (event,) = world.rows_of_events(row.id)
        assert (event.before, event.after) == ("found", row.state)
        assert row.state != "refused" or event.data["text"]
    assert rows["same_photo.jpg"].duplicate_of == rows["good.jpg"].id
    refused = [event.data for event in world.events("entry refused")]
    assert sorted(data["reason"] for data in refused) == ["bad_row", "scheme", "unknown_synset"]


def test_bytes_are_stored_once_and_the_provenance_is_kept(
    collecting: Callable[..., Any], database_url: str, album: Path
) -> None:
    header = "wnid,url,license,creator,source_page,language,camera"
    line = "good.jpg,CC BY 4.0,Ada,https://example.org/1,en,Zorki"
    world = collecting(database_url, album, [f"{CAT},{line}", f"{MUG},{line}"], header=header)
    collect.tick(world.tools)
    (picture,) = world.rows(Picture)
    assert world.tools.blobs.get(picture.sha256)
    for row in world.rows(Candidate):
        assert (row.state, row.picture, row.license, row.creator) == (
            "collected",
            picture.sha256,
            "CC BY 4.0",
            "Ada",
        )
        assert (row.source_page, row.language, row.extra, row.source) == (
            "https://example.org/1",
            "en",
            {"camera": "Zorki"},
            "list",
        )
        assert row.fetched_at == world.clock()
        assert len(row.source_sha256) == 64


def test_text_that_a_database_cannot_hold_stops_nothing(
    collecting: Callable[..., Any], database_url: str, album: Path
) -> None:
    header = "wnid,url,language,creator"
    lines = [f"{CAT},good.jpg,{'x' * 100},Ada", f"{CAT},cmyk.jpg,en,A\0da", f"{CAT},deep.png,en,Zoë 🐈"]
    world = collecting(database_url, album, lines, header=header)
    collect.tick(world.tools)
    assert [(row.url, row.state) for row in world.rows(Candidate)] == [
        ("good.jpg", "collected"),
        ("deep.png", "collected"),
    ]
    assert [event.data["reason"] for event in world.events("entry refused")] == ["bad_row"]


def test_again_only_what_is_missing_is_collected(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], album: Path
) -> None:
    world = collecting(new_sqlite(), album, [f"{CAT},good.jpg", f"{CAT},cmyk.jpg"])
    collect.tick(world.tools)
    before = world.rows(Event)
    assert collect.tick(world.tools) == 0
    with world.store.writing() as session:
        session.execute(update(Synset).values(searched=False))
    with (album / "candidates.csv").open("a") as listed:
        listed.write(f"\n{CAT},deep.png")
    assert collect.tick(world.tools) == 2
    assert [row.url for row in world.rows(Candidate)] == ["good.jpg", "cmyk.jpg", "deep.png"]
    assert len(world.rows(Event)) == len(before) + 1


def test_what_is_there_counts_once_when_a_search_is_repeated(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], album: Path
) -> None:
    """A search that a crash cut short is done again, and ends where it would have ended."""
    lines = [f"{CAT},missing{n}.jpg" for n in (*range(5), *range(5), *range(5, 9))]
    world = collecting(new_sqlite(), album, lines)
    assert collect.search(world.tools) == 9
    with world.store.writing() as session:
        session.execute(update(Synset).values(searched=False))
        session.execute(delete(Fact).where(Fact.name.like("read:%")))
    assert collect.search(world.tools) == 0
    assert len(world.scalars(select(Candidate.url))) == 9


def test_a_source_that_is_down_is_asked_again_a_few_times(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], album: Path
) -> None:
    knobs = ("collect.allow_private=true", "collect.retries=2", "collect.timeout_seconds=3.0")
    world, now = collecting(new_sqlite(), album, [f"{CAT},http://127.0.0.1:9/x.jpg"], *knobs), [0.0]
    world.tools = replace(world.tools, rota=Rota(0.0, lambda: now[0]))
    assert collect.tick(world.tools) == 2
    assert [(row.state, row.fetch_tries) for row in world.rows(Candidate)] == [("found", 1)]
    assert (collect.tick(world.tools), world.tools.rota.wait()) == (0, GIVEN_UP_SECONDS)
    now[0] += GIVEN_UP_SECONDS
    assert collect.tick(world.tools) == 1
    (row,) = world.rows(Candidate)
    assert (row.state, bool(row.reason)) == ("refused", True)


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
            return [row.fetch_url[7:] for row in collect._waiting(session, world.tools)]

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


def test_what_the_list_knows_is_decided_without_a_vote(
    collecting: Callable[..., Any], database_url: str, album: Path
) -> None:
    lines = [f"{CAT},good.jpg,yes", f"{CAT},cmyk.jpg,no", f"{CAT},deep.png,"]
    world = collecting(database_url, album, lines, header="wnid,url,gold")
    for _ in range(3):
        world.tick()
    stands = {row.url: (row.gold, row.state) for row in world.rows(Candidate)}
    assert stands == {
        "good.jpg": (1, "accepted"),
        "cmyk.jpg": (0, "rejected"),
        "deep.png": (None, "collected"),
    }
