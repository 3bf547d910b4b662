"""Collecting again: only a list that has changed, a new source and a new query are asked."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipeline import progress_figures
from pipeline.adapters.folder_source import FolderSource
from pipeline.adapters.list_source import ListSource
from pipeline.collection import searches
from pipeline.errors import SettingsError
from pipeline.ports import Found, Page
from pipeline.stages import collect
from pipeline.store.models import Candidate
from pipeline.synsets.search_queries import SearchQuery, Translations

CAT, MUG = "n02123045", "n03063599"


class Engine:
    """A search that finds the same for every query of one synset, and keeps what it was asked."""

    by_query, state = True, ""

    def __init__(self, name: str = "engine", urls: int = 0) -> None:
        self.name, self.urls = name, urls
        self.asked: list[tuple[str, list[str]]] = []

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        for wnid, queries in wanted.items():
            self.asked.append((wnid, [query.text for query in queries]))
            urls = [f"https://example.org/{n}.jpg" for n in range(self.urls if wnid == CAT else 0)]
            yield Page(tuple(Found(wnid, url, url, self.name) for url in urls))


@asynccontextmanager
async def no_fetcher(*_: Any) -> AsyncIterator[None]:
    yield None


@pytest.fixture
def start(make_world: Callable[..., Any], database_url: str) -> Callable[..., Any]:
    """Start a pipeline, always the same one, with these sources: let it look again, and search."""
    worlds: list[Any] = []

    def begin(*sources: Any, **collecting: Any) -> Any:
        world = worlds[0] if worlds else make_world(database_url)
        worlds.append(world)
        world.set("collect", **collecting)
        world.tools = replace(world.tools, fetcher=no_fetcher, sources=lambda _: sources)
        collect.look_again(world.tools)
        collect.search(world.tools)
        return world

    return begin


def urls(world: Any) -> list[str]:
    return list(world.scalars(select(Candidate.url).order_by(Candidate.id)))


def note(world: Any) -> str:
    with world.store.reading() as session:
        return progress_figures.read(session, 0).stages[0].note


def test_a_list_that_has_grown_is_read_again_and_its_refusals_are_told_once(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    listed = tmp_path / "candidates.csv"
    listed.write_text(f"wnid,url\n{CAT},a.jpg\n{CAT},ftp://a/b.jpg\nn99999999,c.jpg\n")
    for _ in range(2):
        world = start(ListSource(listed))
    with listed.open("a") as more:
        more.write(f"{CAT},b.jpg\n{CAT},\n")
    assert collect.search(world.tools) == 0
    start(ListSource(listed))
    assert urls(world) == ["a.jpg", "b.jpg"]
    refused = [event.data["reason"] for event in world.events("entry refused")]
    assert refused == ["scheme", "unknown_synset", "bad_row"]
    assert note(world) == "0 refused, 3 entries of sources refused"
    with world.store.reading() as session:
        assert searches.warnings(session) == (
            "3 entries of sources name no candidate: 1 bad_row, 1 scheme, 1 unknown_synset.",
        )


def test_text_that_no_database_holds_stops_nothing(start: Callable[..., Any], tmp_path: Path) -> None:
    rows = [{"url": "a\ud800.jpg"}, {"url": "b.jpg", "creator": "\udce9"}, {"url": "c.jpg"}]
    rows += [{"url": "d\0.jpg"}, {"url": "e.jpg", "camera": "\0"}]
    listed = tmp_path / "candidates.jsonl"
    listed.write_text("".join(json.dumps({"wnid": CAT, **row}) + "\n" for row in rows))
    world = start(ListSource(listed))
    assert urls(world) == ["c.jpg"]
    refused = {event.data["url"] for event in world.events("entry refused")}
    assert refused == {"a\\ud800.jpg", "b.jpg", "d\\0.jpg", "e.jpg"}
    assert note(world) == "0 refused, 4 entries of sources refused"


def test_a_folder_that_has_grown_is_read_again(start: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / CAT).mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / CAT / name).write_bytes(b"picture")
        world = start(FolderSource(tmp_path))
    assert urls(world) == [f"{CAT}/a.jpg", f"{CAT}/b.jpg"]


def test_only_a_new_source_a_new_query_and_a_larger_wish_are_searched(start: Callable[..., Any]) -> None:
    first, second = Engine(), Engine("other")
    start(first)
    world = start(first)
    assert [wnid for wnid, _ in first.asked] == [CAT, MUG]
    start(first, second)
    assert (len(first.asked), [wnid for wnid, _ in second.asked]) == (2, [CAT, MUG])
    world.tools = replace(world.tools, translations=[Translations("spa", {CAT: ("gato atigrado",)})])
    start(first, second)
    assert first.asked[2:] == second.asked[2:] == [(CAT, ["gato atigrado"])]
    start(first, per_synset=2000)
    assert [wnid for wnid, _ in first.asked[3:]] == [CAT, MUG]


def test_what_a_search_finds_beyond_what_is_wanted_is_counted(start: Callable[..., Any]) -> None:
    world = start(Engine(urls=5), per_synset=2)
    assert len(urls(world)) == 2
    assert [event.data for event in world.events("more than wanted")] == [{CAT: 3}]
    assert note(world) == "0 refused, 3 found beyond those wanted"


def test_a_curators_own_list_is_taken_whole(start: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("wnid,url\n" + "".join(f"{CAT},{n}.jpg\n" for n in range(5)))
    assert len(urls(start(ListSource(tmp_path / "list.csv"), per_synset=2))) == 5


def test_without_a_contact_nothing_is_fetched_and_nothing_is_lost(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(f"wnid,url\n{CAT},a.jpg\n{CAT},https://example.org/x.jpg\n")
    world = start(ListSource(tmp_path / "list.csv"))
    with pytest.raises(SettingsError, match=r"^collect\.contact is empty, .* of candidates on the web \(1\)"):
        collect.tick(world.tools)
    assert world.states() == {"found": 2}
