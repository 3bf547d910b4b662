"""Pictures that the curator has: a folder with a sub-folder for each synset, named by its wnid."""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from urllib.parse import quote_from_bytes

from pipeline.errors import UserError
from pipeline.ports import Found, Page
from pipeline.synsets.search_queries import SearchQuery
from pipeline.votes.judgements import TRUTHS

PAGE = 1000


class FolderSource:
    """A `ports.ImageSource` of `<wnid>/*`, at any depth below the wnid; hidden files are left out."""

    name = "folder"
    by_query = False

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UserError(f"There is no folder {folder} to collect from.")
        self._folder = folder.resolve()

    @property
    def state(self) -> str:
        """Name the folder and digest the names, sizes and times of its files."""
        digest = hashlib.sha256()
        for path in _files(self._folder):
            seen = Path(path).stat()
            digest.update(f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\0".encode(errors="surrogateescape"))
        return f"{self._folder} {digest.hexdigest()}"

    async def find(self, wanted: Mapping[str, Sequence[SearchQuery]]) -> AsyncIterator[Page]:
        """Yield every file, in order of wnid and path; `url` is the path below the folder."""
        entries = self._entries()
        while page := tuple(islice(entries, PAGE)):
            yield Page(page)

    def _entries(self) -> Iterator[Found]:
        for synset in sorted(path for path in self._folder.iterdir() if path.is_dir()):
            for path in _files(synset):
                below = path.removeprefix(os.fspath(self._folder)).lstrip("/")
                # Names of old disks are not always UTF-8, and then no text.
                name = os.fsencode(below).decode("utf-8", "backslashreplace")
                yield Found(synset.name, name, f"file://{quote_from_bytes(os.fsencode(path))}", self.name)


class KnownFolderSource(FolderSource):
    """A `ports.ImageSource` of `<wnid>/yes/*` and `<wnid>/no/*`: pictures whose truth is known."""

    name = "known"

    def _entries(self) -> Iterator[Found]:
        for found in super()._entries():
            told = found.url.split("/")[1]
            if told in TRUTHS and found.url.count("/") > 1:
                yield replace(found, gold=TRUTHS[told])


def _files(folder: Path) -> Iterator[str]:
    # Not as Path, which for a million files costs as much as all the rest.
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (f"{parent}/{name}" for name in sorted(names) if not name.startswith("."))
