"""The exact join of two sets of hashes within t bits, bucket by bucket, in numpy."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.chunks import Chunk, plan

Rows = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class Hits(NamedTuple):
    """Pairs found: rows of the left and of the right hashes, and their distance in bits, (k,) each."""

    left: Rows
    right: Rows
    distance: NDArray[np.uint16]


class Buckets(NamedTuple):
    """Hashes sorted by a chunk's value: bucket v holds the sorted places starts[v] to starts[v + 1]."""

    rows: Rows
    hashes: Hashes
    values: NDArray[np.uint32]
    starts: Rows


def bucket(hashes: Hashes, chunk: Chunk) -> Buckets:
    """Sort (n, words) hashes into a chunk's buckets."""
    values = chunk.values(hashes)
    rows = np.argsort(values, kind="stable")
    sizes = np.bincount(values, minlength=1 << chunk.width)
    return Buckets(rows, hashes[rows], values[rows], np.concatenate([[0], np.cumsum(sizes)]))


def join_within(hashes: Hashes, t: int) -> Iterator[Hits]:
    """Stream every pair of the (n, words) hashes at most t bits apart, each once, in no order."""
    chunks = plan(hashes.shape[1], t, len(hashes))
    for k, chunk in enumerate(chunks):
        buckets = bucket(hashes, chunk)
        for mask in chunk.masks():
            for hits in meet(buckets, buckets, mask, t, within=True):
                yield first_seen(hits, hashes, hashes, chunks[:k])


def join_between(left: Hashes, right: Hashes, t: int) -> Iterator[Hits]:
    """Stream every pair of a left and a right hash at most t bits apart, each once, in no order."""
    chunks = plan(left.shape[1], t, isqrt(len(left) * len(right)))
    for k, chunk in enumerate(chunks):
        ours, theirs = bucket(left, chunk), bucket(right, chunk)
        for mask in chunk.masks():
            for hits in meet(ours, theirs, mask, t, within=False):
                yield first_seen(hits, left, right, chunks[:k])


def connected(hashes: Hashes, t: int) -> Rows:
    """Name the component of each of the (n, words) hashes under steps of at most t bits by one row, (n,)."""
    roots, left, right = np.arange(len(hashes)), [], []
    waiting = 0
    for hits in join_within(hashes, t):
        left.append(hits.left)
        right.append(hits.right)
        waiting += len(hits.left)
        # Uniting costs a pass over all rows: as many pairs as rows make it worth one.
        if waiting > len(hashes):
            roots = unite(roots, np.concatenate(left), np.concatenate(right))
            left, right, waiting = [], [], 0
    return unite(roots, np.concatenate(left), np.concatenate(right)) if left else roots


def unite(roots: Rows, left: Rows, right: Rows) -> Rows:
    """Join the components of left[k] and right[k] for every k; the smallest member names a component."""
    while True:
        ours, theirs = roots[left], roots[right]
        apart = ours != theirs
        if not apart.any():
            return roots
        left, right, ours, theirs = left[apart], right[apart], ours[apart], theirs[apart]
        np.minimum.at(roots, np.maximum(ours, theirs), np.minimum(ours, theirs))
        while (roots[roots] != roots).any():
            roots = roots[roots]


def meet(left: Buckets, right: Buckets, mask: np.uint32, t: int, *, within: bool) -> Iterator[Hits]:
    """Compare each left bucket v with the right bucket v ^ mask, all buckets in step."""
    partner = left.values ^ mask
    begin, end = right.starts[partner], right.starts[partner + 1]
    place = np.arange(len(partner))
    if within:
        begin = np.maximum(begin, place + 1)
    place, begin, end = _nonempty(place, begin, end)
    while len(place):
        apart = distances(left.hashes[place], right.hashes[begin])
        near = apart <= t
        if near.any():
            yield Hits(left.rows[place[near]], right.rows[begin[near]], apart[near])
        place, begin, end = _nonempty(place, begin + 1, end)


def _nonempty(place: Rows, begin: Rows, end: Rows) -> tuple[Rows, Rows, Rows]:
    some = begin < end
    return place[some], begin[some], end[some]


def distances(a: Hashes, b: Hashes) -> NDArray[np.uint16]:
    """Count the differing bits of (k, words) hashes, row by row, (k,)."""
    apart: NDArray[np.uint16] = np.bitwise_count(a[:, 0] ^ b[:, 0]).astype(np.uint16)
    for word in range(1, a.shape[1]):
        apart += np.bitwise_count(a[:, word] ^ b[:, word])
    return apart


def first_seen(hits: Hits, left: Hashes, right: Hashes, earlier: list[Chunk]) -> Hits:
    """Drop the pairs that an earlier chunk has already shown, so that each is reported once."""
    fresh = np.ones(len(hits.left), dtype=np.bool_)
    for chunk in earlier:
        differ = chunk.values(left[hits.left]) ^ chunk.values(right[hits.right])
        fresh &= np.bitwise_count(differ) > chunk.radius
    return Hits(hits.left[fresh], hits.right[fresh], hits.distance[fresh])
