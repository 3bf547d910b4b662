"""What the pipeline asks of the world: sources of candidates, a fetcher of bytes, a store of blobs."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeVar

from pipeline.errors import WorldError
from pipeline.synsets.search_queries import SearchQuery

Shard = TypeVar("Shard")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate that a source names, with its provenance.

    `url` is written as the source gave it; `fetch_url` is the absolute http, https or file URL of the bytes.
    `gold` is 1 or 0 where it is known for sure whether the synset is shown.
    """

    wnid: str
    url: str
    fetch_url: str
    source: str
    query: str = ""
    language: str = ""
    license: str = ""
    creator: str = ""
    source_page: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    gold: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry of a source that names no candidate: where it stands, and why in a word and a sentence."""

    where: str
    reason: str
    text: str
    wnid: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The next entries of a source."""

    found: tuple[Found, ...]
    refused: tuple[RefusedEntry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Found | RefusedEntry]) -> Self:
        """Sort entries into the two kinds."""
        listed = list(entries)
        return cls(
            tuple(entry for entry in listed if isinstance(entry, Found)),
            tuple(entry for entry in listed if isinstance(entry, RefusedEntry)),
        )


class ImageSource(Protocol):
    """Somewhere that candidates come from; `by_query` tells a search from a list or a folder.

    `state` names a list or folder and digests what it holds now; a search has none.
    """

    name: str
    by_query: bool

    @property
    def state(self) -> str:
        """Which list this is and what it holds."""
        ...

    def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        """Yield candidates page by page; `wanted` maps wnids to queries.

        A search asks its queries. A list or a folder ignores `wanted` and yields all that it holds.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one URL: its bytes or a refusal.

    `refusal` is a word for programs, `text` says it to people, `retry` tells that a later run may do better.
    Neither bytes nor a refusal: its host's turn did not come.
    """

    url: str
    final_url: str
    status: int | None = None
    data: bytes | None = None
    refusal: str = ""
    text: str = ""
    retry: bool = False

    @property
    def is_done(self) -> bool:
        """Whether there is an outcome at all."""
        return self.data is not None or bool(self.refusal)


@dataclass(frozen=True, slots=True)
class HostNote:
    """How we left a host: seconds for which it wants to be left alone, and its failures in a row."""

    rest: float
    strikes: int


class FetchFailed(WorldError):
    """An image search does not answer as it should. Nothing is lost; try again later."""


class Fetcher(Protocol):
    """Gets bytes from the web, politely and safely."""

    def fetch_all(self, urls: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[Fetched]:
        """Yield one outcome for each URL, in the order of arrival."""
        ...

    async def ask(self, url: str) -> bytes:
        """Return what an API made for programs answers, robots.txt aside. Raises FetchFailed."""
        ...

    def notes(self) -> dict[str, HostNote]:
        """Tell how the hosts are that were asked, by name."""
        ...


OpenFetcher = Callable[[Mapping[str, int]], AbstractAsyncContextManager[Fetcher]]
"""Opens a fetcher that knows how often hosts have failed before, in a row."""


class BlobMissing(WorldError):
    """The store of pictures lacks bytes that the database knows of."""


class BlobDamaged(WorldError):
    """Bytes in the store of pictures no longer match their SHA-256. Restore them from a copy."""


class BlobStore(Protocol):
    """Keeps bytes once, under their SHA-256 (64 hexadecimal digits)."""

    def put(self, data: bytes) -> str:
        """Store bytes, unless they are there, and return their SHA-256."""
        ...

    def put_all(self, blobs: Iterable[bytes]) -> list[str]:
        """Store blobs as they come; when their SHA-256 are returned all are safe."""
        ...

    def get(self, sha256: str) -> bytes:
        """Return bytes, checked against their name. Raises BlobMissing and BlobDamaged."""
        ...

    def has(self, sha256: str) -> bool:
        """Tell whether bytes of this name are stored."""
        ...

    def remove(self, sha256: str) -> None:
        """Remove bytes, if they are there: for what was stored for a while only."""
        ...


class EngineFailed(WorldError):
    """The engine that the settings name does not do its work. What is stored is kept; run again."""


class Engine(Protocol):
    """Many machines that do the same work on shards."""

    def map(self, work: Callable[[Shard], Result], shards: Sequence[Shard]) -> Iterator[Result]:
        """Yield what `work` gives for each shard, in any order; a shard that a lost worker had is done again.

        Raises EngineFailed.
        """
        ...
