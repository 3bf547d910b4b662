"""Openverse: openly licensed images, searched through its public API (version 1)."""

import json
from collections.abc import AsyncIterator, Mapping
from math import ceil
from typing import Any

from pipeline.ports import FetchFailed, Found
from pipeline.sources.image_search import ImageSearch
from pipeline.synsets.search_queries import SearchQuery

PAGE, DEPTH = 20, 240  # results on a page, and of a query, that the API shows to those without a key

_PUBLIC_DOMAIN = {"cc0": "CC0", "pdm": "Public Domain Mark"}
_EXTRA = ("id", "title", "creator_url", "license_url", "attribution", "provider", "width", "height")


class OpenverseSource(ImageSearch):
    """A `ports.ImageSource`."""

    name = "openverse"
    by_query = True

    async def _search(self, wnid: str, query: SearchQuery, share: int) -> AsyncIterator[list[Found]]:
        for number in range(1, ceil(min(share, DEPTH) / PAGE) + 1):
            answer = await self._ask({"q": query.text, "page": number, "page_size": min(PAGE, share)})
            results, pages = _read(answer)
            yield [_found(wnid, query, result) for result in results]
            if number >= pages:
                return


def _read(data: bytes) -> tuple[list[dict[str, Any]], int]:
    try:
        answer = json.loads(data)
        return [dict(result) for result in answer["results"]], int(answer["page_count"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise FetchFailed(
            "Openverse sends no list of results. Check collect.openverse, or try again later."
        ) from error


def _found(wnid: str, query: SearchQuery, result: Mapping[str, Any]) -> Found:
    url = str(result.get("url") or "")
    return Found(
        wnid,
        url,
        url,
        OpenverseSource.name,
        query.text,
        query.language,
        license=_license(result),
        creator=str(result.get("creator") or ""),
        source_page=str(result.get("foreign_landing_url") or ""),
        extra={name: str(result[name]) for name in _EXTRA if result.get(name) is not None},
    )


def _license(result: Mapping[str, Any]) -> str:
    code = str(result.get("license") or "")
    name = _PUBLIC_DOMAIN.get(code, f"CC {code.upper()}")
    return f"{name} {result.get('license_version') or ''}".strip() if code else ""
