"""Image searches that were run and stored before: a JSON array of results, in ImageNetV2's layout."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.ports import Found, Page, RefusedEntry
from pipeline.sources.listing_state import file_state
from pipeline.synsets.search_queries import SearchQuery

PAGE = 1000

_OWN = frozenset(["wnid", "url", "search_key", "search_engine"])


class SearchResultsSource:
    """A `ports.ImageSource` of one file of stored results."""

    name = "results"
    by_query = False

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise UserError(f"There is no file of search results {path}.")
        self._path = path

    @property
    def state(self) -> str:
        """Name the file and digest its bytes."""
        return file_state(self._path)

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        """Yield every result, or why it is none. Raises UserError when the file is no JSON array."""
        results = self._read()
        entries = (self._entry(at, result) for at, result in enumerate(results))
        while page := list(islice(entries, PAGE)):
            yield Page.of(page)

    def _read(self) -> list[Any]:
        try:
            results = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"Cannot read the search results {self._path}: {error}.") from error
        if not isinstance(results, list):
            raise UserError(f"{self._path} holds no JSON array of search results.")
        return results

    def _entry(self, at: int, result: Any) -> Found | RefusedEntry:
        where = f"{self._path.name}[{at}]"
        if not isinstance(result, dict):
            return RefusedEntry(where, "bad_row", "not a JSON object")
        wnid, url = str(result.get("wnid") or ""), str(result.get("url") or "")
        if not (wnid and url):
            return RefusedEntry(where, "bad_row", "wnid or url is missing", wnid, url)
        if not url.startswith(("http://", "https://")):
            return RefusedEntry(where, "scheme", f"{url} is neither http nor https", wnid, url)
        extra = {name: str(value) for name, value in result.items() if name not in _OWN and value is not None}
        source = str(result.get("search_engine") or self.name)
        return Found(wnid, url, url, source, query=str(result.get("search_key") or ""), extra=extra)
