"""Long lists of ids, in parts that a statement can hold: databases bound the values of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

MOST = 10_000


def chunks(ids: Collection[int]) -> Iterator[list[int]]:
    """Give the ids in ascending order, a part at a time."""
    ordered = sorted(ids)
    yield from (ordered[start : start + MOST] for start in range(0, len(ordered), MOST))
