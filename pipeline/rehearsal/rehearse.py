"""A rehearsal: the whole pipeline against the real crowd server, with simulated people."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import tomli_w

from pipeline.bootstrap import CLOCK_FILE, clock_of_run, make_crowd_tools, make_toolbox, open_wordnet
from pipeline.errors import SettingsError, UserError, WorldError
from pipeline.rehearsal.browser import Browser
from pipeline.rehearsal.crowd import Crowd, Work
from pipeline.rehearsal.forecast import Crew, Forecast, Outcome, Spent, Verdict, forecast
from pipeline.rehearsal.oracle import DatabaseOracle
from pipeline.rehearsal.people import people
from pipeline.rehearsal.servers import Servers
from pipeline.rehearsal.truth import Candidate, Truth, read_candidates
from pipeline.runner import Tick, budget_reached, is_finished, standing, tick
from pipeline.settings import Settings
from pipeline.stages import collect
from pipeline.store import outcomes
from pipeline.store.engine import StateStore
from pipeline.store.facts import remember_simulation
from pipeline.store.insertion import insert_new
from pipeline.store.models import Fact
from pipeline.synsets.choice import add_synsets
from pipeline.tickets.market import NO_CEILING
from pipeline.toolbox import Toolbox
from pipeline.votes import gold_supply

LONGEST_NAP_SECONDS = 5.0
FIRST_SKIP_SECONDS = 900.0
MOST_SKIPS = 10
"""Skips of idle time, each twice as long as the one before, after which a rehearsal is stuck: ten days."""

FULL_BYTES = 1_000_000
"""Free space on a disk with which nobody can work any more."""


class StandsStill(WorldError):
    """The rehearsal stands still: nobody may take what is left. Try more workers."""


Watcher = Callable[[Toolbox, Tick], None]


def settings_for(settings: Settings, folder: Path, candidates: Path, servers: Servers) -> Settings:
    """Point the settings at a rehearsal's own database, pictures and servers."""
    return replace(
        settings,
        database=replace(settings.database, url=_database(folder)),
        storage=replace(settings.storage, pictures=str(folder.absolute() / "pictures"), endpoint=""),
        # Simulated workers may see any file that the list names.
        collect=replace(settings.collect, sources=[f"list:{candidates.absolute()}"], local_folders=["/"]),
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


def prepare(settings: Settings, store: StateStore, wnids: Collection[str], simulated: bool) -> None:
    """Add the synsets that WordNet knows, and remember whether the workers are simulated.

    Raises
    ------
    UserError
        If WordNet knows none, or they do not fit together.
    """
    wordnet = open_wordnet(settings)
    known = [wnid for wnid in sorted(wnids) if wnid in wordnet]
    if not known:
        raise UserError("No candidate names a synset of WordNet 3.0. Its column wnid holds ids as n02123045.")
    with store.writing() as session:
        add_synsets(session, wordnet, known, allow_people=True, now=clock_of_run()())
        if simulated:
            remember_simulation(session)


def require_contact(settings: Settings, candidates: Iterable[Candidate]) -> None:
    """Refuse candidates on the web when hosts could not tell whom to turn to.

    Raises
    ------
    SettingsError
        If so.
    """
    web = sum(one.url.lower().startswith(("http://", "https://")) for one in candidates)
    if web and not settings.collect.may_ask_hosts:
        raise SettingsError(
            f"collect.contact is empty, and hosts of candidates on the web ({web:,}) must know "
            "whom to turn to: give a URL or mail address."
        )


def serve_pages(servers: Servers, settings: Settings) -> None:
    """Start our HIT pages with these settings."""
    file = servers.folder / "settings.toml"
    file.write_text(tomli_w.dumps(asdict(settings)), "utf-8")
    servers.serve_pages([sys.executable, "-m", "sites", "--config", str(file)])


@contextmanager
def stage(
    settings: Settings,
    folder: Path,
    candidates: Path,
    simulated: bool = True,
    truth: Path | None = None,
) -> Iterator[tuple[Toolbox, Servers]]:
    """Set the stage in a folder: servers, database, clock. The same folder goes on after a crash.

    Raises
    ------
    SettingsError
        If there are candidates on the web and no collect.contact.
    UserError
        If the folder holds a rehearsal of other lists or with another seed.
    AlreadyRunning
        If a rehearsal is at work in the folder.
    WorldError
        If a server does not start, or the disk is full.
    """
    offered = read_candidates(candidates)
    require_contact(settings, offered)
    folder.mkdir(parents=True, exist_ok=True)
    store = StateStore(_database(folder))
    servers = Servers(folder, settings.rehearsal.workers, NO_CEILING)
    with _room_on_disk(folder), store.only_pipeline():
        store.upgrade()
        _require_same(store, folder, [candidates, *([truth] if truth else [])], settings.run.seed)
        with servers:
            os.environ[CLOCK_FILE] = str(servers.clock_file)
            own = settings_for(settings, folder, candidates, servers)
            prepare(own, store, {one.wnid for one in offered}, simulated)
            serve_pages(servers, own)
            yield make_toolbox(own), servers


def _require_same(store: StateStore, folder: Path, lists: Iterable[Path], seed: int) -> None:
    """Refuse to go on with other lists or chances: the forecast would be of neither."""
    told = [sha256(file.read_bytes()).hexdigest() for file in lists]
    mine = json.dumps({"lists": told, "seed": seed})
    with store.writing() as session:
        insert_new(session, Fact, [{"name": "rehearsal", "value": mine}], ("name",))
        kept = session.get_one(Fact, "rehearsal").value
    if kept != mine:
        raise UserError(
            f"{folder} holds another rehearsal, of other lists or with another seed. Name another folder."
        )


@contextmanager
def _room_on_disk(folder: Path) -> Iterator[None]:
    # A server on a full disk can only say that it failed.
    try:
        yield
    except (WorldError, OSError) as error:
        if shutil.disk_usage(folder).free < FULL_BYTES:
            raise WorldError(
                f"The disk of {folder.absolute()} is full. Make room and run again; nothing is lost."
            ) from error
        raise


def _database(folder: Path) -> str:
    return f"sqlite:///{folder.absolute() / 'synsetter.sqlite'}"


def foresee(tools: Toolbox, truth: Truth) -> Forecast:
    """Hold what came out against the truth."""
    with tools.store.reading() as session:
        became = [
            Outcome(**row | {"verdict": Verdict(row["verdict"])}) for row in outcomes.candidates(session)
        ]
        spent = [Spent(**row) for row in outcomes.spent(session)]
        short = gold_supply.warnings(session)
    crew = Crew(tools.settings.rehearsal.workers, tools.settings.rehearsal.hours_a_day)
    return forecast(became, truth, spent, crew, short)


def rehearse(tools: Toolbox, servers: Servers, truth: Truth, watch: Watcher) -> Work:
    """Tick and let people work, by turns, until every image is settled.

    Raises
    ------
    BudgetReached
        If crowd.budget_cents is used up.
    StandsStill
        If no one may take what is left.
    """
    crowd_tools = make_crowd_tools(tools)
    crowd = _crowd(tools, servers, truth)
    total, skips = Work(), 0
    collect.look_again(tools)
    while True:
        moved = tick(tools, crowd_tools)
        watch(tools, moved)
        work = crowd.work()
        total += work
        if not moved.still or work.submitted:
            skips = 0
            continue
        state = standing(tools)
        if state.complete:
            if is_finished(crowd_tools):
                return total
            continue
        if moved.short_of_money and not state.under_way:
            raise budget_reached(state)
        if rest := tools.rota.wait():
            # Web hosts live in our time, which cannot be skipped.
            time.sleep(min(rest, LONGEST_NAP_SECONDS))
            continue
        skips += 1
        if skips > MOST_SKIPS:
            raise StandsStill
        servers.skip(FIRST_SKIP_SECONDS * 2**skips)


def _crowd(tools: Toolbox, servers: Servers, truth: Truth) -> Crowd:
    crew = people(tools.settings.rehearsal, tools.settings.run.seed)
    browsers = [Browser(servers.crowd_url, account) for account in servers.arrangement.accounts]
    return Crowd(crew, browsers, truth, DatabaseOracle(tools.store, tools.desk, truth))
