"""A list of candidates: CSV with a header, or JSON lines, of wnid, url and whatever else is known of them."""

import csv
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

from pipeline.errors import UserError
from pipeline.ports import Found, Page, RefusedEntry
from pipeline.sources.listing_state import file_state
from pipeline.synsets.search_queries import SearchQuery
from pipeline.votes.judgements import TRUTHS

PAGE = 1000

_KNOWN = ("query", "language", "license", "creator", "source_page")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)
_WEB = frozenset(["http", "https"])


class ListSource:
    """A `ports.ImageSource` of a `.csv` or `.jsonl` file with the columns `wnid` and `url`.

    A url is http, https or file, or a path, from the list's folder if it is relative. Files must lie in the
    list's folder or in one of `folders`, links followed: a stranger's list must not show workers ours.
    The columns query, language, license, creator and source_page are provenance; gold (yes or no) is for
    images whose truth is known; all others are kept as `extra`.
    """

    name = "list"
    by_query = False

    def __init__(self, path: Path, folders: Iterable[Path] = ()) -> None:
        if not path.is_file():
            raise UserError(f"There is no candidate list {path}.")
        self._path = path
        self._folders = [folder.resolve() for folder in (path.parent, *folders)]

    @property
    def state(self) -> str:
        """Name the file and digest its bytes."""
        return file_state(self._path)

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        """Yield every row, or why it is none. Raises UserError when the file is no list at all."""
        try:
            with self._path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                rows = _json_rows(file) if self._path.suffix in {".jsonl", ".ndjson"} else _csv_rows(file)
                entries = (self._entry(line, row) for line, row in rows)
                while page := list(islice(entries, PAGE)):
                    yield Page.of(page)
        except (OSError, csv.Error) as error:
            raise UserError(f"Cannot read the candidate list {self._path}: {error}.") from error

    def _entry(self, line: int, row: Mapping[str, str] | str) -> Found | RefusedEntry:
        where = f"{self._path.name}:{line}"
        if isinstance(row, str):
            return RefusedEntry(where, "bad_row", row)
        wnid, url = row.get("wnid", ""), row.get("url", "")
        if not (wnid and url):
            return RefusedEntry(where, "bad_row", "wnid or url is empty", wnid, url)
        try:
            fetch_url = self._absolute(url)
        except NotOurs as refusal:
            return RefusedEntry(where, refusal.reason, refusal.text, wnid, url)
        truth = row.get("gold", "").lower()
        if truth and truth not in TRUTHS:
            return RefusedEntry(where, "bad_row", f"gold is {truth!r}; write yes or no", wnid, url)
        known = {name: row.get(name, "") for name in _KNOWN}
        extra = {name: value for name, value in row.items() if name not in {"wnid", "url", "gold", *_KNOWN}}
        return Found(wnid, url, fetch_url, self.name, **known, extra=extra, gold=TRUTHS.get(truth))

    def _absolute(self, url: str) -> str:
        scheme = _SCHEME.match(url)
        if not scheme:
            return self._file(url)
        if scheme[1].lower() in _WEB:
            return url
        if scheme[1].lower() != "file":
            raise NotOurs("scheme", f"{url} is neither http, https, file nor a path")
        parts = urlsplit(url)
        if parts.netloc not in {"", "localhost"}:
            raise NotOurs("elsewhere", f"{url} is a file of another machine")
        return self._file(unquote(parts.path))

    def _file(self, path: str) -> str:
        try:
            file = (self._folders[0] / path).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise NotOurs("bad_row", f"{path!r} is no path: {error}") from error
        if not any(file.is_relative_to(folder) for folder in self._folders):
            text = f"{file} is outside the list's folder; name its folder in collect.local_folders"
            raise NotOurs("elsewhere", text)
        return file.as_uri()


class NotOurs(Exception):
    """A row names nothing that may be fetched: why, in a word and a sentence."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def _csv_rows(file: TextIO) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    reader = csv.DictReader(file)
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    if not {"wnid", "url"} <= set(reader.fieldnames):
        raise UserError(f"{file.name} has no columns wnid and url in its first line, with commas between.")
    for row in reader:
        if None in row:
            yield reader.line_num, "more cells than columns"
        else:
            yield reader.line_num, {name: (value or "").strip() for name, value in row.items()}


def _json_rows(file: TextIO) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    for line, text in enumerate(file, 1):
        if text.strip():
            yield line, _json_row(text)


def _json_row(text: str) -> Mapping[str, str] | str:
    try:
        row: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    if not isinstance(row, dict):
        return "not a JSON object"
    return {name: _text(value) for name, value in row.items() if value is not None}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value)
