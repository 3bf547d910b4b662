"""Long lists of ids, in parts that a statement can hold: databases bound the values of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

MOST = 10_000

Id = TypeVar("Id", int, str)


def chunks(ids: Collection[Id]) -> Iterator[list[Id]]:
    """Give the ids in ascending order, a part at a time."""
    ordered = sorted(ids)
    yield from (ordered[start : start + MOST] for start in range(0, len(ordered), MOST))
