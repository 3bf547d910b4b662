"""A rehearsal: the whole pipeline against the real crowd server, with simulated people."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import tomli_w

from pipeline.bootstrap import CLOCK_FILE, clock_of_run, make_crowd_tools, make_toolbox
from pipeline.errors import WorldError
from pipeline.rehearsal.browser import Browser
from pipeline.rehearsal.crowd import Crowd, Work
from pipeline.rehearsal.forecast import Crew, Forecast, Outcome, Spent, Verdict, forecast
from pipeline.rehearsal.oracle import DatabaseOracle
from pipeline.rehearsal.people import people
from pipeline.rehearsal.servers import Servers
from pipeline.rehearsal.truth import Truth, read_candidates
from pipeline.runner import Tick, is_finished, standing, tick
from pipeline.settings import Settings
from pipeline.store import outcomes
from pipeline.store.engine import StateStore
from pipeline.synset_choice import add_synsets
from pipeline.toolbox import Toolbox
from pipeline.wordnet import WordNet

FIRST_SKIP_SECONDS = 900.0
MOST_SKIPS = 10
"""Skips of idle time, each twice as long as the one before, after which a rehearsal is stuck: ten days."""

Watcher = Callable[[Toolbox, Tick], None]


def settings_for(settings: Settings, folder: Path, candidates: Path, servers: Servers) -> Settings:
    """Point the settings at a rehearsal's own database, pictures and servers."""
    return replace(
        settings,
        database=replace(settings.database, url=f"sqlite:///{folder.absolute() / 'synsetter.sqlite'}"),
        storage=replace(settings.storage, pictures=str(folder.absolute() / "pictures"), endpoint=""),
        collect=replace(settings.collect, sources=[f"list:{candidates.absolute()}"]),
        release=replace(settings.release, folder=str(folder.absolute() / "releases")),
        crowd=replace(
            settings.crowd,
            endpoint=servers.crowd_url,
            site=servers.crowd_url,
            access_key=servers.arrangement.access_key,
            secret_key=servers.arrangement.secret_key,
            budget_cents=settings.crowd.budget_cents or NO_CEILING,
        ),
        sites=replace(
            settings.sites, url=servers.pages_url, host="127.0.0.1", port=servers.arrangement.pages_port
        ),
    )


NO_CEILING = 1_000_000_000
"""A rehearsal without a budget finds out what the run would cost."""


def prepare(settings: Settings, wnids: Collection[str]) -> None:
    """Make the database and add the synsets.

    Raises
    ------
    UserError
        If the synsets do not fit together.
    """
    store = StateStore(settings.database.url)
    store.upgrade()
    with store.writing() as session:
        add_synsets(session, WordNet.load(), sorted(wnids), allow_people=True, now=clock_of_run()())
    store.close()


def serve_pages(servers: Servers, settings: Settings) -> None:
    """Start our HIT pages with these settings."""
    file = servers.folder / "settings.toml"
    file.write_text(tomli_w.dumps(asdict(settings)), "utf-8")
    servers.serve_pages([sys.executable, "-m", "sites", "--config", str(file)])


@contextmanager
def stage(settings: Settings, folder: Path, candidates: Path) -> Iterator[tuple[Toolbox, Servers]]:
    """Set the stage in a folder: servers, database, clock. The same folder goes on after a crash."""
    with Servers(folder, settings.rehearsal.workers, NO_CEILING) as servers:
        os.environ[CLOCK_FILE] = str(servers.clock_file)
        own = settings_for(settings, folder, candidates, servers)
        prepare(own, {one.wnid for one in read_candidates(candidates)})
        tools = make_toolbox(own)
        with tools.store.only_pipeline():
            serve_pages(servers, own)
            yield tools, servers


def foresee(tools: Toolbox, truth: Truth) -> Forecast:
    """Hold what came out against the truth."""
    with tools.store.reading() as session:
        became = [
            Outcome(**row | {"verdict": Verdict(row["verdict"])}) for row in outcomes.candidates(session)
        ]
        spent = [Spent(**row) for row in outcomes.spent(session)]
    crew = Crew(tools.settings.rehearsal.workers, tools.settings.rehearsal.hours_a_day)
    return forecast(became, truth, spent, crew)


def rehearse(tools: Toolbox, servers: Servers, truth: Truth, watch: Watcher) -> Work:
    """Tick and let people work, by turns, until every image is settled.

    Raises
    ------
    WorldError
        If the run stands still for good: no one may take what is left.
    """
    crowd_tools = make_crowd_tools(tools)
    crowd = _crowd(tools, servers, truth)
    total, skips = Work(), 0
    while True:
        moved = tick(tools, crowd_tools)
        watch(tools, moved)
        work = crowd.work()
        total += work
        if not moved.still or work.submitted:
            skips = 0
            continue
        if standing(tools).complete:
            if is_finished(crowd_tools):
                return total
            continue
        skips += 1
        if skips > MOST_SKIPS:
            raise WorldError("The rehearsal stands still: nobody may take what is left. Try more workers.")
        servers.skip(FIRST_SKIP_SECONDS * 2**skips)


def _crowd(tools: Toolbox, servers: Servers, truth: Truth) -> Crowd:
    crew = people(tools.settings.rehearsal, tools.settings.run.seed)
    browsers = [Browser(servers.crowd_url, account) for account in servers.arrangement.accounts]
    return Crowd(crew, browsers, truth, DatabaseOracle(tools.store, tools.desk, truth))
