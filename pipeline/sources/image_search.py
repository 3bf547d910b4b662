"""What searches through an API have in common: they share the images wanted of a synset among its queries."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from math import ceil
from typing import Any
from urllib.parse import urlencode

from pipeline.ports import Fetcher, Found, Page, RefusedEntry
from pipeline.synsets.search_queries import SearchQuery


class ImageSearch(ABC):
    """A `ports.ImageSource` that asks an API; how it asks and reads is left to the API's adapter."""

    name: str
    state = ""

    def __init__(self, fetcher: Fetcher, base_url: str, per_synset: int) -> None:
        self._fetcher = fetcher
        self._base_url = base_url
        self._per_synset = per_synset

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        """Yield the results of every query page by page. Raises FetchFailed."""
        for wnid, queries in wanted.items():
            for query in queries:
                async for results in self._search(wnid, query, ceil(self._per_synset / len(queries))):
                    yield Page.of(map(_from_the_web, results))

    @abstractmethod
    def _search(self, wnid: str, query: SearchQuery, share: int) -> AsyncIterator[list[Found]]:
        """Yield pages of results until there are `share` of them or no more. Raises FetchFailed."""

    async def _ask(self, parameters: Mapping[str, Any]) -> bytes:
        return await self._fetcher.ask(f"{self._base_url}?{urlencode(parameters)}")


def _from_the_web(found: Found) -> Found | RefusedEntry:
    # An answer must not make us read local files.
    if all(url.startswith(("http://", "https://")) for url in (found.url, found.fetch_url)):
        return found
    where = f"{found.source} {found.extra.get('id', '?')}"
    return RefusedEntry(where, "scheme", "the result has no http or https URL", found.wnid, found.url)
