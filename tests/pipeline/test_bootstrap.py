"""From settings to adapters: what is missing or misspelt is said before anything begins."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.bootstrap import make_crowd_tools, make_toolbox, remembered
from pipeline.clock import shifted_clock, system_clock
from pipeline.errors import SettingsError, UserError
from pipeline.settings import load
from pipeline.store.engine import StateStore


@pytest.fixture
def url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        (["label.policy=mayority:3"], "label.policy: no voting policy is called 'mayority:3'"),
        (["wordnet.folder=/nowhere"], "No WordNet nouns at"),
    ],
)
def test_a_toolbox_needs_settings_that_mean_something(url: str, knobs: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make_toolbox(load(None, [f"database.url={url}", *knobs]))


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ([], "crowd.endpoint is empty"),
        (["crowd.endpoint=http://127.0.0.1:9", "sites.url=http://pages.example.org"], "by https"),
        (["crowd.endpoint=localhost:8765"], "crowd.endpoint"),
    ],
)
def test_a_crowd_needs_an_address_and_https(url: str, knobs: list[str], message: str) -> None:
    tools = make_toolbox(load(None, [f"database.url={url}", *knobs]))
    with pytest.raises(SettingsError, match=message):
        make_crowd_tools(tools)


def test_every_source_that_is_named_can_be_opened(url: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("wnid,url\n")
    (tmp_path / "results.json").write_text("[]")
    named = ["folder:.", "known:.", "list:list.csv", "results:results.json"]
    named = [name.replace(":", f":{tmp_path}/") for name in named]
    knobs = [f"collect.sources={[*named, 'openverse', 'commons']}", "collect.contact=me@example.org"]
    tools = make_toolbox(load(None, [f"database.url={url}", *knobs]))
    opened = [source.name for source in tools.sources(tools.fetcher({}))]
    assert opened == ["folder", "known", "list", "results", "openverse", "commons"]


@pytest.mark.parametrize("source", ["nonsense", "list", "photos:x"])
def test_sources_that_do_not_exist_are_named(url: str, source: str) -> None:
    with pytest.raises(SettingsError, match="is no source"):
        make_toolbox(load(None, [f"database.url={url}", f"collect.sources=['{source}']"]))


def test_the_web_wants_to_know_whom_to_turn_to(url: str) -> None:
    tools = make_toolbox(load(None, [f"database.url={url}", "collect.sources=['openverse']"]))
    with pytest.raises(SettingsError, match=r"collect\.contact is empty"):
        tools.fetcher({})


def test_an_empty_database_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="synsetter database upgrade"):
        make_toolbox(load(None, [f"database.url=sqlite:///{tmp_path}/new.sqlite"]))


def test_what_a_database_remembers_stays(url: str) -> None:
    store = StateStore(url)
    secret = remembered(store, "secret")
    assert len(secret) >= 32
    assert remembered(store, "secret") == secret != remembered(store, "run_id")
    store.close()


def test_a_shared_clock_is_set_forward_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("3600\n")
    ahead = shifted_clock(tmp_path / "clock")() - system_clock()
    assert 3590 < ahead.total_seconds() < 3610
