"""From settings to the toolbox: the only place that chooses adapters.

Those that reach the web or a market are imported when they are chosen: boto3 and aiohttp take half as long
as everything else that a command imports.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.adapters.commons_source import CommonsSource
from pipeline.adapters.folder_source import FolderSource, KnownFolderSource
from pipeline.adapters.list_source import ListSource
from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.adapters.openverse_source import OpenverseSource
from pipeline.adapters.search_results_source import SearchResultsSource
from pipeline.clock import Clock, shifted_clock, system_clock
from pipeline.crowd import Crowd
from pipeline.desk.lease_desk import LeaseDesk
from pipeline.errors import SettingsError
from pipeline.hits.kinds import KINDS
from pipeline.ports import BlobStore, Engine, Fetcher, ImageSource
from pipeline.rules import parse_rules
from pipeline.settings import Settings
from pipeline.sources.rota import ROUND_SECONDS, Rota
from pipeline.store.engine import StateStore
from pipeline.store.insertion import insert_new
from pipeline.store.models import Fact
from pipeline.synsets.cards import SynsetCards
from pipeline.synsets.search_queries import Translations
from pipeline.synsets.wordnet import WordNet
from pipeline.tickets.admission import Admission
from pipeline.tickets.requester import Requester
from pipeline.toolbox import CrowdTools, Toolbox

SEARCHES = ("openverse", "commons")
LISTS: Mapping[str, Callable[[Path], ImageSource]] = {
    "folder": FolderSource,
    "known": KnownFolderSource,
    "list": ListSource,
    "results": SearchResultsSource,
}

CLOCK_FILE = "SYNSETTER_CLOCK_FILE"
"""Environment variable of rehearsals: a file with the seconds by which time is set forward."""


def open_store(settings: Settings) -> StateStore:
    """Open the state database, whose tables must be those of this program.

    Raises
    ------
    UserError
        If they are not.
    """
    store = StateStore(settings.database.url)
    store.require_current()
    return store


def open_wordnet(settings: Settings) -> WordNet:
    """Open the WordNet that the settings name."""
    return WordNet.load(Path(settings.wordnet.folder) if settings.wordnet.folder else None)


def make_toolbox(settings: Settings) -> Toolbox:
    """Choose and open everything that stages and pages need."""
    _require_sources(settings.collect.sources)
    store = open_store(settings)
    wordnet = open_wordnet(settings)
    blobs, clock = open_blobs(settings), clock_of_run()
    return Toolbox(
        settings=settings,
        store=store,
        clock=clock,
        blobs=blobs,
        open_blobs=partial(open_blobs, settings),
        wordnet=wordnet,
        translations=[Translations.read(Path(file)) for file in settings.wordnet.translations],
        desk=LeaseDesk(
            store,
            blobs,
            SynsetCards(wordnet),
            clock,
            settings.sites.secret or remembered(store, "secret"),
            settings.boxes.distinct_workers,
            settings.workers.entry_test,
        ),
        fetcher=partial(_fetcher, settings),
        sources=partial(_sources, settings),
        rota=Rota(settings.collect.host_interval_seconds),
        engine=_engine(settings),
    )


def _require_kinds(rewards: Mapping[str, int]) -> None:
    for kind, cents in rewards.items():
        if kind not in KINDS:
            raise SettingsError(
                f"pay.rewards: there is no kind {kind!r}; there are {', '.join(sorted(KINDS))}."
            )
        if cents < 1:
            raise SettingsError(f"pay.rewards.{kind} must be at least 1 cent, not {cents}.")


def _require_sources(sources: Sequence[str]) -> None:
    for name in sources:
        kind, _, where = name.partition(":")
        if not (name in SEARCHES or (kind in LISTS and where)):
            raise SettingsError(
                f"{name!r} in collect.sources is no source. "
                "There are folder:DIR, known:DIR, list:FILE, results:FILE, openverse and commons."
            )


def make_crowd_tools(tools: Toolbox) -> CrowdTools:
    """Reach for the crowd.

    Raises
    ------
    SettingsError
        If the settings do not say where it is, or where workers find our pages.
    """
    settings = tools.settings
    _require_kinds(settings.pay.rewards)
    crowd = open_crowd(settings)
    _require_https(settings.sites.url)
    rules = parse_rules(settings.workers.rules)
    run_id = f"{settings.run.name[:80]}:{remembered(tools.store, 'run_id')}"
    return CrowdTools(
        crowd,
        Requester(
            tools.store,
            crowd,
            tools.clock,
            settings.crowd,
            settings.pay,
            settings.sites.url,
            run_id,
            Admission(settings.workers.entry_test, any(rule.per_family for rule in rules)),
        ),
    )


def open_crowd(settings: Settings) -> Crowd:
    """Open the way to the marketplace.

    Raises
    ------
    SettingsError
        If the settings do not say where it is.
    """
    from pipeline.adapters.mturk.crowd import MTurkCrowd

    crowd = settings.crowd
    if not crowd.endpoint:
        raise SettingsError("crowd.endpoint is empty: give the URL of an MTurk-compatible Requester API.")
    if urlsplit(settings.crowd.endpoint).scheme not in ("http", "https"):
        raise SettingsError(
            f"crowd.endpoint is {settings.crowd.endpoint}: it must begin with https:// or http://."
        )
    return MTurkCrowd(
        crowd.endpoint, crowd.region, crowd.access_key, crowd.secret_key, crowd.calls_per_second
    )


def clock_of_run() -> Clock:
    """Give the machine's clock, or the one that a rehearsal sets forward."""
    shifted = os.environ.get(CLOCK_FILE)
    return shifted_clock(Path(shifted)) if shifted else system_clock


def open_blobs(settings: Settings) -> BlobStore:
    """Open the store of picture bytes: a folder or an S3 bucket."""
    where = settings.storage.pictures
    if not where.startswith("s3://"):
        return LocalBlobs(Path(where))
    import boto3
    from botocore.config import Config

    from pipeline.adapters.s3_blobs import S3Blobs

    parts = urlsplit(where)
    # Checksums in trailers are an extension that stores other than Amazon's may not know.
    config = Config(request_checksum_calculation="when_required")
    client = boto3.client("s3", endpoint_url=settings.storage.endpoint or None, config=config)
    return S3Blobs(client, parts.netloc, parts.path.strip("/"))


def remembered(store: StateStore, name: str) -> str:
    """Give a random value that this database keeps for ever, making it at the first call."""
    with store.writing() as session:
        insert_new(session, Fact, [{"name": name, "value": secrets.token_urlsafe(32)}], ("name",))
        return _fact(session, name)


def _fact(session: Session, name: str) -> str:
    return str(session.scalars(select(Fact.value).where(Fact.name == name)).one())


def _fetcher(settings: Settings, strikes: Mapping[str, int]) -> AbstractAsyncContextManager[Fetcher]:
    from pipeline.adapters.web.exchange import FetchPolicy
    from pipeline.adapters.web.fetcher import WebFetcher

    collect = settings.collect
    if not collect.contact and any(source in SEARCHES for source in collect.sources):
        raise SettingsError(
            "collect.contact is empty: give a URL or mail address that web sites can turn to."
        )
    return WebFetcher(
        FetchPolicy(
            contact=collect.contact,
            same_host=collect.same_host,
            host_interval_seconds=collect.host_interval_seconds,
            timeout_seconds=collect.timeout_seconds,
            retries=collect.retries,
            max_bytes=collect.max_bytes,
            allow_private=collect.allow_private,
            start_within_seconds=ROUND_SECONDS,
        ),
        strikes=strikes,
    )


def _engine(settings: Settings) -> Engine | None:
    engine, cluster = settings.collect.engine, settings.collect.cluster
    if engine == "processes":
        return None
    if engine != "dask":
        raise SettingsError(f"collect.engine is {engine!r}; there are processes and dask.")
    if not cluster:
        raise SettingsError("collect.cluster is empty: give your Dask scheduler's address, tcp://HOST:8786.")
    try:
        module = import_module("pipeline.adapters.dask_engine")
    except ModuleNotFoundError as error:
        raise SettingsError("Dask is not installed. Next: pip install 'synsetter[dask]'") from error
    opened: Engine = module.DaskEngine(cluster)
    return opened


def _sources(settings: Settings, fetcher: Fetcher) -> Sequence[ImageSource]:
    return [_source(settings, fetcher, name) for name in settings.collect.sources]


def _source(settings: Settings, fetcher: Fetcher, name: str) -> ImageSource:
    collect = settings.collect
    if name == "openverse":
        return OpenverseSource(fetcher, collect.openverse, collect.per_synset)
    if name == "commons":
        return CommonsSource(fetcher, collect.commons, collect.per_synset)
    kind, _, where = name.partition(":")
    if kind == "list":
        return ListSource(Path(where), [Path(folder) for folder in collect.local_folders])
    return LISTS[kind](Path(where))


def _require_https(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        near = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        near = False
    if parts.scheme != "https" and not near:
        raise SettingsError(f"sites.url is {url}: workers' browsers must reach our pages by https.")
