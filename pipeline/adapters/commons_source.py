"""Wikimedia Commons: freely licensed files, searched through MediaWiki's public API."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from math import ceil
from typing import Any
from urllib.parse import urlencode

from pipeline.ports import Fetcher, FetchFailed, Found, Page, RefusedEntry
from pipeline.search_queries import SearchQuery, shares

PAGE = 50  # what the API gives at most with image information
WIDTH = 1280  # Commons asks programs to take its scaled copies, of usual widths, rather than originals

_WEB = ("http://", "https://")
_PARAMETERS = {
    "action": "query",
    "format": "json",
    "formatversion": 2,
    "generator": "search",
    "gsrnamespace": 6,
    "prop": "imageinfo",
    "iiprop": "url|size|mime|extmetadata",
    "iiurlwidth": WIDTH,
    "iiextmetadatafilter": "LicenseShortName|LicenseUrl|Artist|Credit",
}


@dataclass(frozen=True, slots=True)
class _File:
    title: str
    url: str
    fetch_url: str
    page: str
    notes: Mapping[str, str]


class CommonsSource:
    """A `ports.ImageSource`; the images wanted of a synset are shared out evenly among its queries.

    `url` is that of the original, `fetch_url` that of a copy scaled to WIDTH where the original is wider.
    """

    name = "commons"

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
        search = {"gsrsearch": f"{query.text} filetype:bitmap", "gsrlimit": min(PAGE, share)}
        parameters: dict[str, Any] = {**_PARAMETERS, **search}
        for _ in range(ceil(share / PAGE)):
            files, rest = _read(await self._fetcher.ask(f"{self._base_url}?{urlencode(parameters)}"))
            yield Page.of(self._entry(wnid, query, file) for file in files)
            if not rest:
                return
            parameters.update(rest)

    def _entry(self, wnid: str, query: SearchQuery, file: _File) -> Found | RefusedEntry:
        if not file.fetch_url.startswith(_WEB) or not file.url.startswith(_WEB):
            where = f"{self.name} {file.title}"
            return RefusedEntry(where, "scheme", "the result has no http or https URL", wnid, file.url)
        return Found(
            wnid,
            file.url,
            file.fetch_url,
            self.name,
            query.text,
            query.language,
            license=file.notes.get("LicenseShortName", ""),
            creator=file.notes.get("Artist") or file.notes.get("Credit", ""),
            source_page=file.page,
            extra={"title": file.title, "license_url": file.notes.get("LicenseUrl", "")},
        )


def _read(data: bytes) -> tuple[list[_File], dict[str, Any]]:
    try:
        answer = json.loads(data)
        if "error" in answer:
            raise FetchFailed(f"Wikimedia Commons refuses the search: {answer['error']}.")
        # Pages come in any order, `index` is the search's own; no `query` means that nothing was found.
        pages = sorted(answer.get("query", {}).get("pages", []), key=lambda page: page.get("index", 0))
        return [_file(page) for page in pages], dict(answer.get("continue", {}))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise FetchFailed(
            "Wikimedia Commons sends no search results. Check collect.commons, or try again later."
        ) from error


def _file(page: Mapping[str, Any]) -> _File:
    info = (page.get("imageinfo") or [{}])[0]
    url = str(info.get("url") or "")
    return _File(
        title=str(page.get("title") or ""),
        url=url,
        fetch_url=str(info.get("thumburl") or url) if info.get("width", 0) > WIDTH else url,
        page=str(info.get("descriptionurl") or ""),
        notes={name: _plain(note.get("value")) for name, note in (info.get("extmetadata") or {}).items()},
    )


def _plain(html: object) -> str:
    return unescape(re.sub(r"<[^>]*>", "", str(html or ""))).strip()
