"""Every copy among many pictures, in shards: two blocks of pictures each, compared anywhere, in any order.

The same pairs as `quality.copies.find_copies`. A block is described once and goes into the store of blobs, so
whoever compares two needs no more than the store. A shard can be done again, by anybody: what it gives
depends on its task alone, whose name tells a later run that it is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ports import BlobStore
from quality.copies import (
    BACK,
    CROP_DISTANCE,
    LEAST_FIT,
    PLAIN_DISTANCE,
    WHOLE_DISTANCE,
    Candidates,
    Copies,
    coarse_fit,
    confirm,
    distinct,
    representatives,
)
from quality.crop_hashes import crop_hashes, turn_hashes
from quality.joins import join_between
from quality.near_pairs import collapse, new_pairs, pairs_between, spread
from quality.same_picture import Agreement
from quality.signature import LOOK_BYTES, Signatures, is_plain

BLOCK = 1 << 14
"""Pictures in a block: about 80 MB, of which whoever compares holds four."""
READ = 1024
"""Signatures described at once."""

Rows = NDArray[np.int64]
Map = Callable[[Callable[["Shard"], "Searched"], Sequence["Shard"]], Iterable["Searched"]]


class Block(NamedTuple):
    """Pictures: ids, hashes, which are plain, hashes of wholes in each turn and of parts, signatures."""

    ids: Rows
    hashes: NDArray[np.uint64]
    plain: NDArray[np.bool_]
    wholes: NDArray[np.uint64]
    parts: NDArray[np.uint64]
    signatures: Signatures


@dataclass(frozen=True)
class Shard:
    """Two blocks of the store to compare, by name, or one with itself. Rows count within a block.

    `twins` are (2, k) rows that look the same, of the left and of the right block; the later ones are in
    `left_out` and `right_out`, and are compared with nothing else. Only pairs with a row of the right block
    from `new` on are wanted.
    """

    left: str
    right: str
    new: int
    twins: Rows
    left_out: Rows
    right_out: Rows
    least: float

    @property
    def name(self) -> str:
        """Tell this task from every other, in 32 characters."""
        told = hashlib.sha256(f"{self.left} {self.right} {self.new} {self.least}".encode())
        for rows in (self.twins, self.left_out, self.right_out):
            told.update(f" {rows.shape} ".encode() + rows.tobytes())
        return told.hexdigest()[:32]


class Searched(NamedTuple):
    """What a shard gave: pairs of ids that agree well enough, their distance, and how many were measured."""

    shard: str
    copies: Copies
    distance: NDArray[np.uint8]
    measured: int


def search_copies(
    ids: Rows,
    hashes: NDArray[np.uint64],
    signatures: Signatures,
    *,
    turns: bool,
    old: int,
    least: float,
    open_blobs: Callable[[], BlobStore],
    run: Map = map,
    done: Collection[str] = (),
) -> Iterator[Searched]:
    """Find the pairs that are copies with probability `least` or more, shard by shard.

    Parameters
    ----------
    ids : (n,) what the pictures are called.
    hashes : (n,) perceptual hashes of one definition.
    signatures : (n, 4629), best on disk: read in slices.
    turns : whether mirrored and quarter-turned copies are wanted too.
    old : the first `old` rows have been through this before; pairs among them are left out.
    open_blobs : opens the store of the blocks, wherever shards are worked on.
    run : what works on shards, in any order.
    done : names of shards that need not be worked on.
    """
    blobs, names, digests = open_blobs(), [], [np.empty((0, 4), np.uint64)]
    for start in range(0, len(ids), BLOCK):
        part = slice(start, start + BLOCK)
        block = describe(ids[part], hashes[part], signatures[part], 8 if turns else 1)
        names.append(blobs.put(packed(block)))
        digests.append(_digests(block.signatures))
    tasks = [task for task in _shards(names, np.concatenate(digests), old, least) if task.name not in done]
    yield from run(Comparison(open_blobs), tasks)
    for name in names:
        blobs.remove(name)


def together(found: Iterable[Searched]) -> Copies:
    """Put the pairs of all shards together, sorted by id."""
    shards = [one.copies for one in found]
    nothing = np.empty(0, np.int64)
    none = Copies(nothing, nothing, nothing, Agreement._make(np.empty((len(Agreement._fields), 0))))
    left, right, turn, measured = zip(*(shards or [none]), strict=True)
    agreed = Agreement._make(np.concatenate(column) for column in zip(*measured, strict=True))
    copies = Copies(np.concatenate(left), np.concatenate(right), np.concatenate(turn), agreed)
    order = np.lexsort((copies.right, copies.left))
    sorted_by_id = Agreement._make(column[order] for column in agreed)
    return Copies(copies.left[order], copies.right[order], copies.turn[order], sorted_by_id)


def describe(ids: Rows, hashes: NDArray[np.uint64], signatures: Signatures, turns: int) -> Block:
    """Describe pictures for comparison: arguments as for `search_copies`."""
    slices = [signatures[start : start + READ] for start in range(0, len(signatures), READ)]
    plain, wholes, parts = (
        np.concatenate([look(one) for one in slices])
        for look in (is_plain, lambda some: turn_hashes(some, turns), crop_hashes)
    )
    return Block(ids, hashes, plain, wholes, parts, np.ascontiguousarray(signatures))


def packed(block: Block) -> bytes:
    """Write a block as bytes, always the same."""
    buffer = BytesIO()
    for column in block:
        np.save(buffer, column, allow_pickle=False)
    return buffer.getvalue()


def unpacked(data: bytes) -> Block:
    """Read a block."""
    buffer = BytesIO(data)
    return Block(*(np.load(buffer, allow_pickle=False) for _ in Block._fields))


def _digests(signatures: Signatures) -> NDArray[np.uint64]:
    """Digest what is seen of each picture, two words, and its whole signature, two more."""
    each = [
        hashlib.blake2b(part.tobytes(), digest_size=16).digest()
        for row in signatures
        for part in (row[:LOOK_BYTES], row)
    ]
    return np.frombuffer(b"".join(each), np.uint64).reshape(-1, 4)


def _shards(names: Sequence[str], digest: NDArray[np.uint64], old: int, least: float) -> Iterator[Shard]:
    """Pair the blocks, but for pairs in which nothing is new."""
    _, alike = representatives(digest[:, :2])
    # As in `quality.copies`: those that are equal are paired among themselves too.
    first, again = np.concatenate([alike, representatives(digest[:, 2:])[1]], axis=1)
    before, at = first // BLOCK, again // BLOCK
    out = [alike[1][alike[1] // BLOCK == block] % BLOCK for block in range(len(names))]
    for left, right in combinations_with_replacement(range(len(names)), 2):
        if old < min((right + 1) * BLOCK, len(digest)):
            mine = (before == left) & (at == right) & (again >= old)
            twins = np.stack([first[mine], again[mine]]) % BLOCK
            new = max(0, old - right * BLOCK)
            yield Shard(names[left], names[right], new, twins, out[left], out[right], least)


@dataclass(frozen=True)
class Comparison:
    """What is done with a shard, by whoever reaches the store of the blocks."""

    open_blobs: Callable[[], BlobStore]

    def __call__(self, shard: Shard) -> Searched:
        """Compare."""
        left = self._block(shard.left, shard)
        if shard.left == shard.right:
            return compare(left, len(left.ids), shard)
        both: Iterable[Any] = zip(left, self._block(shard.right, shard), strict=True)
        return compare(Block(*(np.concatenate(columns) for columns in both)), len(left.ids), shard)

    def _block(self, name: str, shard: Shard) -> Block:
        block = _AT_HAND.get(name) or unpacked(self.open_blobs().get(name))
        _AT_HAND[name] = block
        for other in [other for other in _AT_HAND if other not in (shard.left, shard.right)]:
            _AT_HAND.pop(other, None)
        return block


_AT_HAND: dict[str, Block] = {}
"""A process's last two blocks: the left one is mostly that of the next shard."""


def compare(shown: Block, left: int, shard: Shard) -> Searched:
    """Compare the first `left` rows with the others, or all with all if there are no others."""
    within = left == len(shown.ids)
    begin = 0 if within else left
    before, new = np.arange(shard.new if within else left), np.arange(begin + shard.new, len(shown.ids))
    out = np.concatenate([shard.left_out, shard.right_out + begin])
    before, new = np.setdiff1d(before, out), np.setdiff1d(new, out)
    first, again = shard.twins[0], shard.twins[1] + begin
    found = [
        Candidates(first, again, np.zeros_like(first)),
        _wholes(shown, before, new, within),
        *_parts(shown, before[~shown.plain[before]], new[~shown.plain[new]], within),
    ]
    pairs = distinct(Candidates(*(np.concatenate(column) for column in zip(*found, strict=True))))
    measured = confirm(shown.signatures, pairs)
    kept = measured.measured.probability >= shard.least
    rows, others = measured.left[kept], measured.right[kept]
    agreed = Agreement._make(column[kept] for column in measured.measured)
    copies = Copies(shown.ids[rows], shown.ids[others], measured.turn[kept], agreed)
    apart = np.bitwise_count(shown.hashes[rows] ^ shown.hashes[others])
    return Searched(shard.name, copies, apart, len(measured.left))


def _wholes(shown: Block, before: Rows, new: Rows, within: bool) -> Candidates:
    """List the pairs with a new row whose whole pictures look alike."""
    rows = np.concatenate([before, new])
    if within:
        pairs = new_pairs(shown.hashes[before], shown.hashes[new], WHOLE_DISTANCE)
        left, right = rows[pairs.left], rows[pairs.right]
    else:
        pairs = pairs_between(shown.hashes[before], shown.hashes[new], WHOLE_DISTANCE)
        left, right = before[pairs.left], new[pairs.right]
    kept = ~(shown.plain[left] | shown.plain[right]) | (pairs.distance <= PLAIN_DISTANCE)
    return Candidates(left[kept], right[kept], np.zeros(kept.sum(), np.int64))


def _parts(shown: Block, before: Rows, new: Rows, within: bool) -> Iterator[Candidates]:
    """List the pairs with a new row where one whole picture looks like a part of the other."""
    yield from _parts_and_wholes(shown, before, new)
    yield from _parts_and_wholes(shown, new, np.concatenate([before, new]) if within else before)


def _parts_and_wholes(shown: Block, outside: Rows, inside: Rows) -> Iterator[Candidates]:
    parts, wholes = collapse(shown.parts[outside].ravel()), collapse(shown.wholes[inside].ravel())
    # Nearly all of these pairs are of different pictures: they are looked at as they stream by.
    for hits in join_between(parts.hashes, wholes.hashes, CROP_DISTANCE):
        places, others, _ = spread(hits, parts, wholes)
        outer, window = np.divmod(places, shown.parts.shape[1])
        inner, turn = np.divmod(others, shown.wholes.shape[1])
        yield _fitting(shown.signatures, outside[outer], window, inside[inner], turn)


def _fitting(signatures: Signatures, outer: Rows, window: Rows, inner: Rows, turn: Rows) -> Candidates:
    two = outer != inner
    outer, window, inner, turn = outer[two], window[two], inner[two], turn[two]
    fits = coarse_fit(signatures, outer, window, inner, turn) >= LEAST_FIT
    outer, inner, turn = outer[fits], inner[fits], turn[fits]
    swap = outer > inner
    return Candidates(
        np.where(swap, inner, outer), np.where(swap, outer, inner), np.where(swap, BACK[turn], turn)
    )
