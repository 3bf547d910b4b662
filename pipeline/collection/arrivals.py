"""Candidates that wait for what becomes of their pictures, and are taken in a synset's together.

So which of two copies stays depends on the candidates of a round, and not on what was examined first.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.collection.examination import Outcome

PART = 500
"""Candidates that are worth a transaction."""


class Arrivals:
    """Candidates (`id`, `wnid`, `fetch_url`) that are awaited, and what has come of their URLs until now."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._parts: deque[list[Any]] = deque()
        self._wanted = Counter[str]()

    def expect(self, waiting: Iterable[Any]) -> list[str]:
        """Await more; give the URLs to ask for, each once, in the order in which candidates are taken in."""
        parts = list(_parts(waiting))
        urls = [row.fetch_url for part in parts for row in part]
        new = [url for url in dict.fromkeys(urls) if url not in self._wanted]
        self._parts += parts
        self._wanted.update(urls)
        return new

    def add(self, outcomes: Iterable[Outcome]) -> Iterator[Sequence[Any]]:
        """Note what became of some URLs; give the parts complete by that, each to be taken in at once."""
        self.outcomes |= {outcome[0].url: outcome for outcome in outcomes}
        while self._parts and all(row.fetch_url in self.outcomes for row in self._parts[0]):
            part = self._parts.popleft()
            yield part
            self._forget(part)

    def rest(self) -> Iterator[Sequence[Any]]:
        """When nothing more comes: give the parts left, without the candidates of which nothing was heard."""
        while self._parts:
            if arrived := [row for row in self._parts.popleft() if row.fetch_url in self.outcomes]:
                yield arrived

    def _forget(self, part: Iterable[Any]) -> None:
        self._wanted -= Counter(row.fetch_url for row in part)
        for url in {row.fetch_url for row in part} - self._wanted.keys():
            del self.outcomes[url]


def _parts(waiting: Iterable[Any]) -> Iterator[list[Any]]:
    """Put candidates together by synset, and small synsets with the next ones."""
    by_synset: dict[str, list[Any]] = defaultdict(list)
    for row in waiting:
        by_synset[row.wnid].append(row)
    part: list[Any] = []
    for rows in by_synset.values():
        part += rows
        if len(part) >= PART:
            yield part
            part = []
    if part:
        yield part
