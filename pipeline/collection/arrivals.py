"""Candidates that wait for what becomes of their pictures, and are taken in a synset's together.

So which of two copies stays depends on the candidates of a round, and not on what was examined first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.collection.examination import Outcome

PART = 500
"""Candidates that are worth a transaction."""


class Arrivals:
    """The candidates of a round (`id`, `wnid`, `fetch_url`), and what has come of their URLs."""

    def __init__(self, waiting: Iterable[Any]) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._parts = deque(_parts(waiting))

    def urls(self) -> list[str]:
        """Give the URLs to ask for, each once, in the order in which candidates are taken in."""
        return list(dict.fromkeys(row.fetch_url for part in self._parts for row in part))

    def add(self, outcomes: Iterable[Outcome]) -> Iterator[Sequence[Any]]:
        """Note what became of some URLs; give parts of the round that are complete by that."""
        self.outcomes |= {outcome[0].url: outcome for outcome in outcomes}
        while self._parts and all(row.fetch_url in self.outcomes for row in self._parts[0]):
            yield self._parts.popleft()

    def rest(self) -> Iterator[Sequence[Any]]:
        """When nothing more comes: give the parts left, without the candidates of which nothing was heard."""
        while self._parts:
            if arrived := [row for row in self._parts.popleft() if row.fetch_url in self.outcomes]:
                yield arrived


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
