"""Wikimedia Commons: freely licensed files, searched through MediaWiki's public API."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from html import unescape
from math import ceil
from typing import Any

from pipeline.ports import FetchFailed, Found
from pipeline.sources.image_search import ImageSearch
from pipeline.synsets.search_queries import SearchQuery

PAGE = 50  # what the API gives at most with image information
WIDTH = 1280  # Commons asks programs to take its scaled copies, of usual widths, rather than originals

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


class CommonsSource(ImageSearch):
    """A `ports.ImageSource`; `fetch_url` is that of a copy scaled to WIDTH where the original is wider."""

    name = "commons"
    by_query = True

    async def _search(self, wnid: str, query: SearchQuery, share: int) -> AsyncIterator[list[Found]]:
        search = {"gsrsearch": f"{query.text} filetype:bitmap", "gsrlimit": min(PAGE, share)}
        parameters: dict[str, Any] = {**_PARAMETERS, **search}
        for _ in range(ceil(share / PAGE)):
            results, rest = _read(await self._ask(parameters), wnid, query)
            yield results
            if not rest:
                return
            parameters.update(rest)


def _read(data: bytes, wnid: str, query: SearchQuery) -> tuple[list[Found], dict[str, Any]]:
    try:
        answer = json.loads(data)
        if "error" in answer:
            raise FetchFailed(f"Wikimedia Commons refuses the search: {answer['error']}.")
        # Pages come in any order, `index` is the search's own; no `query` means that nothing was found.
        pages = sorted(answer.get("query", {}).get("pages", []), key=lambda page: page.get("index", 0))
        return [_found(wnid, query, page) for page in pages], dict(answer.get("continue", {}))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise FetchFailed(
            "Wikimedia Commons sends no search results. Check collect.commons, or try again later."
        ) from error


def _found(wnid: str, query: SearchQuery, page: Mapping[str, Any]) -> Found:
    info = (page.get("imageinfo") or [{}])[0]
    url = str(info.get("url") or "")
    notes = {name: _plain(note.get("value")) for name, note in (info.get("extmetadata") or {}).items()}
    return Found(
        wnid,
        url,
        str(info.get("thumburl") or url) if info.get("width", 0) > WIDTH else url,
        CommonsSource.name,
        query.text,
        query.language,
        license=notes.get("LicenseShortName", ""),
        creator=notes.get("Artist") or notes.get("Credit", ""),
        source_page=str(info.get("descriptionurl") or ""),
        extra={"id": str(page.get("title") or ""), "license_url": notes.get("LicenseUrl", "")},
    )


def _plain(html: object) -> str:
    return unescape(re.sub(r"<[^>]*>", "", str(html or ""))).strip()
