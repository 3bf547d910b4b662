"""Every copy among many pictures, in bounded memory: what is sorted is kept, signatures stay on disk.

The same pairs as `quality.copies.find_copies`, block by block. A picture takes some 80 bytes of memory (its
hash twice, digests of its look and signature, whether it is plain) instead of 4.6 KB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.copies import (
    BACK,
    CROP_DISTANCE,
    LEAST_FIT,
    Candidates,
    Copies,
    coarse_fit,
    confirm,
    distinct,
    representatives,
)
from quality.copies import whole_pairs as pairs_of_wholes
from quality.crop_hashes import crop_hashes, turn_hashes
from quality.near_pairs import collapse, spread
from quality.same_picture import Agreement
from quality.signature import LOOK_BYTES, Signatures, is_plain

try:
    from quality.compiled_join import join_between
except ImportError:
    from quality.bucket_join import join_between

READ = 1024
"""Signatures read at once."""
PARTED = 1 << 15
"""Pictures whose parts are compared with all wholes at once."""
CONFIRMED = 1 << 13
"""Pairs measured at once."""
HELD = 50_000_000
"""Candidates held at once, 24 bytes each."""

Rows = NDArray[np.int64]


class Searched(NamedTuple):
    """The pairs that agree well enough, and how many pairs were measured to find them."""

    copies: Copies
    measured: int


class Looks(NamedTuple):
    """What is kept in memory of each picture: is it plain, its hash in each turn, digests of look and all."""

    plain: NDArray[np.bool_]
    wholes: NDArray[np.uint64]
    look: NDArray[np.uint64]
    digest: NDArray[np.uint64]


def search_copies(
    hashes: NDArray[np.uint64], signatures: Signatures, *, turns: bool, old: int, least: float
) -> Searched:
    """Find the pairs that are copies with probability `least` or more.

    Parameters
    ----------
    hashes : (n,) perceptual hashes of one definition.
    signatures : (n, 4629), best on disk: read in slices and by row.
    turns : whether mirrored and quarter-turned copies are wanted too.
    old : the first `old` rows have been through this before; pairs among them are left out.
    """
    looks = look_at(signatures, 8 if turns else 1)
    first, alike = representatives(looks.look)
    twins = np.concatenate([alike, representatives(looks.digest)[1]], axis=1)
    earlier = int(np.searchsorted(first, old))
    whole = pairs_of_wholes(hashes[first], looks.plain[first], earlier)
    same, again = twins[:, twins[1] >= old]
    found = chain(
        [Candidates(first[whole.left], first[whole.right], whole.turn)],
        [Candidates(same, again, np.zeros_like(same))],
        _part_pairs(signatures, first[~looks.plain[first]], looks.wholes, old),
    )
    blocks = [
        _confirmed(signatures, block, least) for heap in _heaps(found) for block in _by_pair(distinct(heap))
    ]
    return Searched(_best(blocks), sum(count for _, count in blocks))


def look_at(signatures: Signatures, turns: int) -> Looks:
    """Read all (n, 4629) signatures once, block by block."""
    blocks = [_looks(signatures[start : start + READ], turns) for start in _starts(len(signatures), READ)]
    return Looks(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _looks(block: Signatures, turns: int) -> Looks:
    plain = is_plain(block)
    return Looks(plain, turn_hashes(block, turns), _digests(block[:, :LOOK_BYTES]), _digests(block))


def _digests(block: Signatures) -> NDArray[np.uint64]:
    each = b"".join(hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in block)
    return np.frombuffer(each, np.uint64).reshape(-1, 2)


def _part_pairs(
    signatures: Signatures, rows: Rows, wholes: NDArray[np.uint64], old: int
) -> Iterator[Candidates]:
    """Compare the parts of every textured picture with wholes: of old pictures with new wholes alone."""
    new = int(np.searchsorted(rows, old))
    for outer in _blocks(rows[:new]):
        yield from _parts(signatures, outer, rows[new:], wholes)
    for outer in _blocks(rows[new:]):
        yield from _parts(signatures, outer, rows, wholes)


def _parts(
    signatures: Signatures, outside: Rows, inside: Rows, wholes: NDArray[np.uint64]
) -> Iterator[Candidates]:
    parts = np.concatenate(
        [crop_hashes(signatures[outside[start : start + READ]]) for start in _starts(len(outside), READ)]
    )
    left, right = collapse(parts.ravel()), collapse(wholes[inside].ravel())
    # Nearly all of these pairs are of different pictures: they are looked at as they stream by.
    for hits in join_between(left.hashes, right.hashes, CROP_DISTANCE):
        places, others, _ = spread(hits, left, right)
        outer, window = np.divmod(places, parts.shape[1])
        inner, turn = np.divmod(others, wholes.shape[1])
        yield _fitting(signatures, outside[outer], window, inside[inner], turn)


def _fitting(signatures: Signatures, outer: Rows, window: Rows, inner: Rows, turn: Rows) -> Candidates:
    two = outer != inner
    outer, window, inner, turn = outer[two], window[two], inner[two], turn[two]
    fits = coarse_fit(signatures, outer, window, inner, turn) >= LEAST_FIT
    outer, inner, turn = outer[fits], inner[fits], turn[fits]
    swap = outer > inner
    return Candidates(
        np.where(swap, inner, outer), np.where(swap, outer, inner), np.where(swap, BACK[turn], turn)
    )


def _confirmed(signatures: Signatures, pairs: Candidates, least: float) -> tuple[Copies, int]:
    found = confirm(signatures, pairs)
    kept = found.measured.probability >= least
    agreed = Agreement._make(column[kept] for column in found.measured)
    return Copies(found.left[kept], found.right[kept], found.turn[kept], agreed), len(found.left)


def _heaps(found: Iterable[Candidates]) -> Iterator[Candidates]:
    """Put candidates together, as many as memory may hold; a pair in two heaps is measured twice."""
    heap: list[Candidates] = []
    held = 0
    for some in found:
        heap.append(some)
        held += len(some.left)
        if held >= HELD:
            yield _together(heap)
            heap, held = [], 0
    yield _together([*heap, Candidates(*np.empty((3, 0), np.int64))])


def _together(heap: Sequence[Candidates]) -> Candidates:
    return Candidates(*(np.concatenate(column) for column in zip(*heap, strict=True)))


def _best(blocks: Sequence[tuple[Copies, int]]) -> Copies:
    """Put what was measured together, each pair once, in the turn that agrees best."""
    left, right, turn, measured = zip(*(copies for copies, _ in blocks), strict=True)
    agreed = Agreement._make(np.concatenate(column) for column in zip(*measured, strict=True))
    found = Copies(np.concatenate(left), np.concatenate(right), np.concatenate(turn), agreed)
    order = np.lexsort((-agreed.tiles, -agreed.probability, found.right, found.left))
    once = order[_fresh(found.left[order], found.right[order])]
    return Copies(
        found.left[once],
        found.right[once],
        found.turn[once],
        Agreement._make(column[once] for column in agreed),
    )


def _fresh(left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Mark the first of equal pairs in sorted columns, (n,)."""
    return np.append(True, (left[1:] != left[:-1]) | (right[1:] != right[:-1]))[: len(left)]


def _by_pair(pairs: Candidates) -> Iterator[Candidates]:
    """Cut sorted candidates into blocks, never between two turns of one pair."""
    begins = np.flatnonzero(_fresh(pairs.left, pairs.right))
    cuts = [0, *begins[CONFIRMED::CONFIRMED], len(pairs.left)]
    for begin, end in pairwise(cuts):
        yield Candidates(*(column[begin:end] for column in pairs))


def _blocks(rows: Rows) -> Iterator[Rows]:
    return (rows[start : start + PARTED] for start in range(0, len(rows), PARTED))


def _starts(count: int, step: int) -> range:
    return range(0, max(count, 1), step)
