"""What a stage is given: settings, the store, the clock and the ports to the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.clock import Clock
from pipeline.crowd import Crowd
from pipeline.desk.lease_desk import LeaseDesk
from pipeline.ports import BlobStore, Engine, Fetcher, ImageSource, OpenFetcher
from pipeline.settings import Settings
from pipeline.sources.rota import Rota
from pipeline.store.engine import StateStore
from pipeline.synsets.search_queries import Translations
from pipeline.synsets.wordnet import WordNet
from pipeline.tickets.requester import Requester


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Made by `bootstrap`, the only place that chooses adapters."""

    settings: Settings
    store: StateStore
    clock: Clock
    blobs: BlobStore
    open_blobs: Callable[[], BlobStore]
    wordnet: WordNet
    translations: Sequence[Translations]
    desk: LeaseDesk
    fetcher: OpenFetcher
    sources: Callable[[Fetcher], Sequence[ImageSource]]
    rota: Rota
    engine: Engine | None = None
    """Where pictures are fetched, examined and compared; none: on this machine's cores."""


@dataclass(frozen=True, slots=True)
class CrowdTools:
    """What speaks to the crowd: needed by a run, not by those who only look."""

    crowd: Crowd
    requester: Requester
