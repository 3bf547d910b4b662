"""Collection: what cannot be used is a row and an event, copies end here, what is missing is fetched."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from pipeline.adapters.web import addresses
from pipeline.adapters.web.politeness import GIVEN_UP_SECONDS
from pipeline.sources.rota import Rota
from pipeline.stages import collect
from pipeline.store.models import Candidate, Event, Fact, Picture, Synset
from quality.copies import find_copies

CAT, MUG = "n02123045", "n03063599"


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


def test_others_can_write_while_copies_are_looked_for(
    collecting: Callable[..., Any], database_url: str, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = collecting(database_url, album, [f"{CAT},good.jpg", f"{CAT},same_photo.jpg"])
    looked = []

    def look(*args: Any, **keywords: Any) -> Any:
        with world.store.writing() as session:
            looked.append(session.execute(update(Synset).values(searched=True)).rowcount)
        return find_copies(*args, **keywords)

    monkeypatch.setattr(collect, "find_copies", look)
    collect.tick(world.tools)
    assert looked == [2]
    assert world.states() == {"collected": 1, "duplicate": 1}


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
