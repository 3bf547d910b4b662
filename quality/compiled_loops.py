"""The loops under `quality.compiled_join`, compiled by numba when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quality.bucket_join import Hashes, Rows

# Two buckets with this many comparisons between them are first searched for what is one component already.
HEAVY = 1 << 14
PIVOTS = 8
ODD_BITS, ODD_PAIRS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
ODD_NIBBLES, BYTES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
ONE, TWO, FOUR, TOP_BYTE = (np.uint64(shift) for shift in (1, 2, 4, 56))

Places = NDArray[np.int32]
Compiled = TypeVar("Compiled", bound=Callable[..., object])


class Side(NamedTuple):
    """Hashes sorted into buckets: rows and (n, words) hashes in order, and where each bucket starts."""

    rows: Places
    hashes: Hashes
    starts: Places


def compiled(function: Compiled) -> Compiled:
    """Compile a function once for each kind of argument, free of the interpreter's lock."""
    return cast(Compiled, njit(cache=True, nogil=True)(function))


@compiled
def counting_sort(values: NDArray[np.uint32], n_values: int) -> tuple[Places, Places]:
    """Sort rows by value, in linear time: (n,) rows in order, (n_values + 1,) where each value starts."""
    starts = np.zeros(n_values + 1, dtype=np.int32)
    for value in values:
        starts[value + 1] += 1
    for value in range(n_values):
        starts[value + 1] += starts[value]
    cursor, rows = starts[:-1].copy(), np.empty(len(values), dtype=np.int32)
    for row in range(len(values)):
        rows[cursor[values[row]]] = row
        cursor[values[row]] += 1
    return rows, starts


@compiled
def _bits(word: np.uint64) -> np.uint64:
    word = word - ((word >> ONE) & ODD_BITS)
    word = (word & ODD_PAIRS) + ((word >> TWO) & ODD_PAIRS)
    word = (word + (word >> FOUR)) & ODD_NIBBLES
    return (word * BYTES) >> TOP_BYTE


@compiled
def _apart(ours: Hashes, i: int, theirs: Hashes, j: int) -> int:
    total = 0
    for word in range(ours.shape[1]):
        total += int(_bits(ours[i, word] ^ theirs[j, word]))
    return total


@compiled
def meet(ours: Side, theirs: Side, mask: int, t: int, within: bool) -> tuple[Rows, Rows, NDArray[np.uint16]]:
    """Give rows and distance, (k,) each, of pairs within t bits whose buckets differ by the mask."""
    rows, hashes, starts = ours
    (their_rows, their_hashes, their_starts), few = theirs, np.uint64(t)
    left = [np.int64(0) for _ in range(0)]
    right, distance = left.copy(), left.copy()
    for u in range(len(starts) - 1):
        v = u ^ mask
        if within and v < u:
            continue
        for i in range(starts[u], starts[u + 1]):
            word, first = hashes[i, 0], i + 1 if within and v == u else their_starts[v]
            for j in range(first, their_starts[v + 1]):
                if _bits(word ^ their_hashes[j, 0]) > few:
                    continue
                apart = _apart(hashes, i, their_hashes, j)
                if apart <= t:
                    left.append(np.int64(rows[i]))
                    right.append(np.int64(their_rows[j]))
                    distance.append(np.int64(apart))
    return np.array(left), np.array(right), np.array(distance).astype(np.uint16)


@compiled
def _find(parent: Places, row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@compiled
def _join(parent: Places, a: int, b: int) -> None:
    a, b = _find(parent, a), _find(parent, b)
    if a != b:
        parent[max(a, b)] = min(a, b)


@compiled
def merge(parent: Places, other: Places) -> None:
    """Join in one forest what is joined in the other."""
    for row in range(len(parent)):
        _join(parent, row, other[row])


@compiled
def roots(parent: Places) -> Rows:
    """Name the root of each row of a forest, (n,)."""
    roots = np.empty(len(parent), dtype=np.int64)
    for row in range(len(parent)):
        roots[row] = _find(parent, row)
    return roots


@compiled
def connect(side: Side, masks: NDArray[np.uint32], t: int, parent: Places) -> None:
    """Join rows within t bits whose buckets differ by one of the masks."""
    (rows, hashes, starts), few = side, np.uint64(t)
    for mask in masks:
        for u in range(len(starts) - 1):
            v = u ^ mask
            begin, end, first, last = starts[u], starts[u + 1], starts[v], starts[v + 1]
            if v < u or begin == end or first == last:
                continue
            if (end - begin) * (last - first) >= HEAVY:
                _connect_heavy(side, np.arange(begin, end), np.arange(first, last), t, parent)
                continue
            for i in range(begin, end):
                word, begins = hashes[i, 0], max(first, i + 1)
                if hashes.shape[1] == 1:
                    for j in range(begins, last):
                        if _bits(word ^ hashes[j, 0]) <= few:
                            _join(parent, rows[i], rows[j])
                    continue
                # Two words tell nearly all strangers apart; one of 256 bits, at 31, lets half of them by.
                second = hashes[i, 1]
                for j in range(begins, last):
                    apart = _bits(word ^ hashes[j, 0]) + _bits(second ^ hashes[j, 1])
                    if apart <= few and _apart(hashes, i, hashes, j) <= t:
                        _join(parent, rows[i], rows[j])


@compiled
def _connect_heavy(side: Side, ours: Rows, theirs: Rows, t: int, parent: Places) -> None:
    # Thousands of nearly blank pictures share their chunks. A few pivots join most of them; then only what
    # the largest part leaves out needs comparing.
    for k in range(PIVOTS):
        _connect_all(side, ours[k * len(ours) // PIVOTS :][:1], theirs, t, parent)
        _connect_all(side, ours, theirs[k * len(theirs) // PIVOTS :][:1], t, parent)
    root = _majority(side.rows, ours, theirs, parent)
    inside = np.array([_find(parent, side.rows[i]) == root for i in ours])
    outside = np.array([_find(parent, side.rows[j]) != root for j in theirs])
    _connect_all(side, ours[~inside], theirs, t, parent)
    _connect_all(side, ours[inside], theirs[outside], t, parent)


@compiled
def _majority(rows: Places, ours: Rows, theirs: Rows, parent: Places) -> int:
    root, lead = -1, 0
    for places in (ours, theirs):
        for i in places:
            found = _find(parent, rows[i])
            if lead == 0:
                root = found
            lead += 1 if found == root else -1
    return root


@compiled
def _connect_all(side: Side, ours: Rows, theirs: Rows, t: int, parent: Places) -> None:
    (rows, hashes, _), few = side, np.uint64(t)
    for i in ours:
        word = hashes[i, 0]
        for j in theirs:
            if i < j and _bits(word ^ hashes[j, 0]) <= few and _apart(hashes, i, hashes, j) <= t:
                _join(parent, rows[i], rows[j])
