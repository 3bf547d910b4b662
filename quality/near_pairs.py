"""Exact near-duplicate search over perceptual hashes: every pair within t bits, in linear memory.

Hashes are (n,) uint64 for 64 bits, or (n, words) uint64 for 64 * words bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.bucket_join import Hits, Rows
from quality.joins import connected, join_between, join_within


class Pairs(NamedTuple):
    """Pairs of rows and their distance in bits, (k,) each, sorted by left and then right row."""

    left: Rows
    right: Rows
    distance: NDArray[np.uint16]


class Distinct(NamedTuple):
    """Distinct hashes, and the rows that hold each: rows[starts[k]:starts[k + 1]]."""

    hashes: NDArray[np.uint64]
    rows: Rows
    starts: Rows

    def sizes(self) -> Rows:
        """Give how many rows hold each distinct hash."""
        return np.diff(self.starts)


def pairs_within(hashes: NDArray[np.uint64], t: int) -> Pairs:
    """Find every pair of rows at most t bits apart, left < right.

    The output grows with the square of a cluster: for millions of hashes take `components`.

    Examples
    --------
    >>> pairs_within(np.array([0b0000, 0b0111, 0b0011], dtype=np.uint64), 2)
    Pairs(left=array([0, 1]), right=array([2, 2]), distance=array([2, 1], dtype=uint16))
    """
    distinct = collapse(hashes)
    hits = gather(join_within(distinct.hashes, t))
    left, right, distance = spread(hits, distinct, distinct)
    twins = twin_rows(distinct)
    return ordered(
        np.concatenate([np.minimum(left, right), twins[0]]),
        np.concatenate([np.maximum(left, right), twins[1]]),
        np.concatenate([distance, np.zeros(len(twins[0]), np.uint16)]),
    )


def pairs_between(old: NDArray[np.uint64], new: NDArray[np.uint64], t: int) -> Pairs:
    """Find every pair of a row of `old` (left) and a row of `new` (right) at most t bits apart."""
    left, right = collapse(old), collapse(new)
    return ordered(*spread(gather(join_between(left.hashes, right.hashes, t)), left, right))


def new_pairs(old: NDArray[np.uint64], new: NDArray[np.uint64], t: int) -> Pairs:
    """Find the pairs within t bits that the new rows bring: rows count through old and then new."""
    across, among = pairs_between(old, new, t), pairs_within(new, t)
    n = len(old)
    return ordered(
        np.concatenate([across.left, among.left + n]),
        np.concatenate([across.right + n, among.right + n]),
        np.concatenate([across.distance, among.distance]),
    )


def components(hashes: NDArray[np.uint64], t: int) -> Rows:
    """Give for each row the smallest row that steps of at most t bits reach, (n,), in linear memory."""
    distinct = collapse(hashes)
    roots = connected(distinct.hashes, t)
    labels = np.empty(len(distinct.rows), dtype=np.int64)
    labels[distinct.rows] = np.repeat(roots, distinct.sizes())
    smallest = np.full(len(roots), len(labels))
    np.minimum.at(smallest, labels, np.arange(len(labels)))
    return smallest[labels]


def collapse(hashes: NDArray[np.uint64]) -> Distinct:
    """Group equal hashes, so that a thousand blank pictures are compared once."""
    table = hashes if hashes.ndim == 2 else hashes[:, None]
    rows = np.lexsort(table.T)
    ranked = table[rows]
    fresh = np.concatenate([[True], (ranked[1:] != ranked[:-1]).any(axis=1)])[: len(rows)]
    starts = np.append(np.flatnonzero(fresh), len(rows))
    return Distinct(ranked[fresh], rows, starts)


def gather(blocks: Iterable[Hits]) -> Hits:
    """Concatenate streamed hits."""
    found = list(blocks)
    if not found:
        return Hits(np.arange(0), np.arange(0), np.zeros(0, np.uint16))
    return Hits(*(np.concatenate(column) for column in zip(*found, strict=True)))


def spread(hits: Hits, left: Distinct, right: Distinct) -> tuple[Rows, Rows, NDArray[np.uint16]]:
    """Turn pairs of distinct hashes into the pairs of all the rows that hold them."""
    wide, deep = left.sizes()[hits.left], right.sizes()[hits.right]
    pair, within = repeat_index(wide * deep)
    rows = left.rows[left.starts[hits.left[pair]] + within // deep[pair]]
    others = right.rows[right.starts[hits.right[pair]] + within % deep[pair]]
    return rows, others, hits.distance[pair]


def twin_rows(distinct: Distinct) -> tuple[Rows, Rows]:
    """Give every pair of rows that hold the same hash, smaller row first."""
    place = np.arange(len(distinct.rows))
    end = np.repeat(distinct.starts[1:], distinct.sizes())
    first, step = repeat_index(end - place - 1)
    a, b = distinct.rows[first], distinct.rows[first + 1 + step]
    return np.minimum(a, b), np.maximum(a, b)


def repeat_index(counts: Rows) -> tuple[Rows, Rows]:
    """Number counts[k] places under each k: give the k of each place, and its number under k.

    >>> repeat_index(np.array([2, 0, 1]))
    (array([0, 0, 2]), array([0, 1, 0]))
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def ordered(left: Rows, right: Rows, distance: NDArray[np.uint16]) -> Pairs:
    """Sort pairs by row."""
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], distance[order])
