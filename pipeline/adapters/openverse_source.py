"""Openverse: openly licensed images, searched through its public API (version 1)."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from math import ceil
from typing import Any
from urllib.parse import urlencode

from pipeline.ports import Fetcher, FetchFailed, Found, Page, RefusedEntry
from pipeline.search_queries import SearchQuery, shares

PAGE = 20  # what the API gives at most without a key

_PUBLIC_DOMAIN = {"cc0": "CC0", "pdm": "Public Domain Mark"}
_EXTRA = ("id", "title", "creator_url", "license_url", "attribution", "provider", "width", "height")


class OpenverseSource:
    """A `ports.ImageSource`; the images wanted of a synset are shared out evenly among its queries."""

    name = "openverse"

    def __init__(self, fetcher: Fetcher, base_url: str, per_synset: int) -> None:
        self._fetcher = fetcher
        self._base_url = base_url
        self._per_synset = per_synset

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        """Yield the results of every query page by page. Raises FetchFailed."""
        for wnid, query, share in shares(wanted, self._per_synset):
            async for page in self._search(wnid, query, share):
                yield page

    async def _search(self, wnid: str, query: SearchQuery, share: int) -> AsyncIterator[Page]:
        for number in range(1, ceil(share / PAGE) + 1):
            parameters = {"q": query.text, "page": number, "page_size": min(PAGE, share)}
            results, pages = _read(await self._fetcher.ask(f"{self._base_url}?{urlencode(parameters)}"))
            yield Page.of(self._entry(wnid, query, result) for result in results)
            if number >= pages:
                return

    def _entry(self, wnid: str, query: SearchQuery, result: dict[str, Any]) -> Found | RefusedEntry:
        url = str(result.get("url") or "")
        if not url.startswith(("http://", "https://")):
            where = f"{self.name} {result.get('id', '?')}"
            return RefusedEntry(where, "scheme", "the result has no http or https URL", wnid, url)
        return Found(
            wnid,
            url,
            url,
            self.name,
            query.text,
            query.language,
            license=_license(result),
            creator=str(result.get("creator") or ""),
            source_page=str(result.get("foreign_landing_url") or ""),
            extra={name: str(result[name]) for name in _EXTRA if result.get(name) is not None},
        )


def _read(data: bytes) -> tuple[list[dict[str, Any]], int]:
    try:
        answer = json.loads(data)
        return [dict(result) for result in answer["results"]], int(answer["page_count"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise FetchFailed(
            "Openverse sends no list of results. Check collect.openverse, or try again later."
        ) from error


def _license(result: Mapping[str, Any]) -> str:
    code = str(result.get("license") or "")
    name = _PUBLIC_DOMAIN.get(code, f"CC {code.upper()}")
    return f"{name} {result.get('license_version') or ''}".strip() if code else ""
