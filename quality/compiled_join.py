"""The joins of `quality.bucket_join`, compiled: the same pairs.

numba takes as long to import as all the rest; it is, when the first join is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from quality.bucket_join import Hashes, Hits, Rows, first_seen
from quality.chunks import Chunk, plan

if TYPE_CHECKING:
    from quality.compiled_loops import Side


def join_within(hashes: Hashes, t: int) -> Iterator[Hits]:
    """Stream every pair of the (n, words) hashes at most t bits apart, each once, in no order."""
    from quality.compiled_loops import meet

    chunks = plan(hashes.shape[1], t, len(hashes))
    for k, chunk in enumerate(chunks):
        buckets = bucket(hashes, chunk)
        for mask in chunk.masks():
            yield first_seen(Hits(*meet(buckets, buckets, mask, t, True)), hashes, hashes, chunks[:k])


def join_between(left: Hashes, right: Hashes, t: int) -> Iterator[Hits]:
    """Stream every pair of a left and a right hash at most t bits apart, each once, in no order."""
    from quality.compiled_loops import meet

    chunks = plan(left.shape[1], t, isqrt(len(left) * len(right)))
    for k, chunk in enumerate(chunks):
        ours, theirs = bucket(left, chunk), bucket(right, chunk)
        for mask in chunk.masks():
            yield first_seen(Hits(*meet(ours, theirs, mask, t, False)), left, right, chunks[:k])


def connected(hashes: Hashes, t: int) -> Rows:
    """Name the component of each of the (n, words) hashes under steps of at most t bits by one row, (n,)."""
    from quality.compiled_loops import connect, merge, roots

    parents = [np.arange(len(hashes), dtype=np.int32) for _ in range(os.cpu_count() or 1)]
    with ThreadPoolExecutor(len(parents)) as pool:
        for chunk in plan(hashes.shape[1], t, len(hashes)):
            buckets, masks = bucket(hashes, chunk), chunk.masks()
            shares = [(masks[k :: len(parents)], parent) for k, parent in enumerate(parents)]
            jobs = [pool.submit(connect, buckets, share, t, parent) for share, parent in shares]
            for job in jobs:
                job.result()
    for parent in parents[1:]:
        merge(parents[0], parent)
    return roots(parents[0])


def bucket(hashes: Hashes, chunk: Chunk) -> Side:
    """Sort (n, words) hashes by a chunk's value, in linear time."""
    from quality.compiled_loops import Side, counting_sort

    rows, starts = counting_sort(chunk.values(hashes), 1 << chunk.width)
    return Side(rows, hashes[rows], starts)
