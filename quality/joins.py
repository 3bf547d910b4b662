"""The exact joins of `quality.bucket_join`, for many hashes in loops that are compiled, if numba is there."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from quality import bucket_join, compiled_join
from quality.bucket_join import Hashes, Hits, Rows

MANY = 5_000
"""Hashes from which compiled loops are taken: fewer cost numpy a tenth of what starting numba costs."""

COMPILED = find_spec("numba") is not None
"""Whether the `fast` extra is installed."""


def join_within(hashes: Hashes, t: int) -> Iterator[Hits]:
    """Stream every pair of the (n, words) hashes at most t bits apart, each once, in no order."""
    join = compiled_join.join_within if _pays(len(hashes)) else bucket_join.join_within
    return join(hashes, t)


def join_between(left: Hashes, right: Hashes, t: int) -> Iterator[Hits]:
    """Stream every pair of a left and a right hash at most t bits apart, each once, in no order."""
    most = max(len(left), len(right))
    join = compiled_join.join_between if _pays(most) else bucket_join.join_between
    return join(left, right, t)


def connected(hashes: Hashes, t: int) -> Rows:
    """Name the component of each of the (n, words) hashes under steps of at most t bits by one row, (n,)."""
    connect = compiled_join.connected if _pays(len(hashes)) else bucket_join.connected
    return connect(hashes, t)


def _pays(hashes: int) -> bool:
    return COMPILED and hashes >= MANY
