"""Find the copies among many pictures: candidates by hash, then each candidate confirmed on pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.alignment import window_fit
from quality.crop_hashes import crop_hashes, turn_hashes
from quality.near_pairs import new_pairs, pairs_between
from quality.same_picture import BLOCK, Agreement, agreement
from quality.signature import LOOK_BYTES, Signatures, grey_of, is_plain, turned
from quality.windows import Grey

WHOLE_DISTANCE = 10
CROP_DISTANCE = 12
# Correlation at 12x12 pixels below which a part and a whole with near hashes need no closer look.
LEAST_FIT = 0.72
# Whole pictures that look for their parts at a time: what bounds the memory for chance hits.
SLICE = 1 << 15
# The hash of a plain picture is mostly noise: only almost equal ones are worth a look.
PLAIN_DISTANCE = 2

Rows = NDArray[np.int64]


class Candidates(NamedTuple):
    """Pairs of rows, left < right, and the turn of the right picture that may match the left, (k,) each."""

    left: Rows
    right: Rows
    turn: Rows


class Copies(NamedTuple):
    """Measured pairs: each pair once, in the turn that agrees best."""

    left: Rows
    right: Rows
    turn: Rows
    measured: Agreement

    def numbers(self, at: int) -> dict[str, float]:
        """Give one pair's measures by name, the turn of its right picture among them."""
        return self.measured.numbers(at) | {"turn": int(self.turn[at])}


def other_way_round(numbers: Mapping[str, float]) -> dict[str, float]:
    """Give the measures of (right, left) from those of (left, right)."""
    back = {name: -numbers[name] for name in ("overlap", "edited")}
    return {**numbers, **back, "turn": int(BACK[int(numbers["turn"])])}


def find_copies(
    hashes: NDArray[np.uint64], signatures: Signatures, *, turns: bool = False, old: int = 0
) -> Copies:
    """Find and measure the pairs that may be copies: arguments as for `candidate_pairs`."""
    return confirm(signatures, candidate_pairs(hashes, signatures, turns=turns, old=old))


def candidate_pairs(
    hashes: NDArray[np.uint64], signatures: Signatures, *, turns: bool = False, old: int = 0
) -> Candidates:
    """List the pairs worth measuring.

    Parameters
    ----------
    hashes
        (n,) perceptual hashes of whole pictures, of one definition.
    signatures
        (n, 4629) signatures of the same pictures.
    turns
        Whether mirrored and quarter-turned copies are wanted too.
    old
        The first `old` rows have been through this before: pairs among them are left out.

    Notes
    -----
    Pictures that look the same are compared once, through the first row of them; pairs of the others are its.
    """
    first, alike = representatives(signatures[:, :LOOK_BYTES])
    # Plain pictures may look the same and not be: those that are equal are paired among themselves too.
    twins = np.concatenate([alike, representatives(signatures)[1]], axis=1)
    earlier = int(np.searchsorted(first, old))
    plain = is_plain(signatures[first])
    found = [
        whole_pairs(hashes[first], plain, earlier),
        part_pairs(signatures[first], plain, earlier, turns=turns),
    ]
    pairs = [Candidates(first[pair.left], first[pair.right], pair.turn) for pair in found]
    same, again = twins[:, twins[1] >= old]
    pairs.append(Candidates(same, again, np.zeros_like(same)))
    return distinct(Candidates(*(np.concatenate(column) for column in zip(*pairs, strict=True))))


def representatives(table: NDArray[np.unsignedinteger]) -> tuple[Rows, Rows]:
    """Give the first of each distinct row of (n, columns), and pairs (2, k) of a first and a later row."""
    width = table.shape[1] * table.itemsize
    each = np.ascontiguousarray(table).view(np.dtype((np.void, width))).reshape(-1)
    _, first, group = np.unique(each, return_index=True, return_inverse=True)
    owner = first[group]
    later = np.flatnonzero(owner != np.arange(len(owner)))
    return np.sort(first), np.stack([owner[later], later])


def whole_pairs(hashes: NDArray[np.uint64], plain: NDArray[np.bool_], old: int) -> Candidates:
    """List the pairs whose whole pictures look alike."""
    pairs = new_pairs(hashes[:old], hashes[old:], WHOLE_DISTANCE)
    textured = ~(plain[pairs.left] | plain[pairs.right])
    kept = textured | (pairs.distance <= PLAIN_DISTANCE)
    return Candidates(pairs.left[kept], pairs.right[kept], np.zeros(kept.sum(), dtype=np.int64))


def part_pairs(signatures: Signatures, plain: NDArray[np.bool_], old: int, *, turns: bool) -> Candidates:
    """List the pairs of textured pictures where one whole picture looks like a part of the other."""
    rows = np.flatnonzero(~plain)
    textured, new = signatures[rows], int(np.searchsorted(rows, old))
    parts, wholes = crop_hashes(textured), turn_hashes(textured, 8 if turns else 1)
    found = [np.zeros((3, 0), dtype=np.int64)]
    for start in range(0, len(rows), SLICE):
        end = min(start + SLICE, len(rows))
        # Old wholes have met the old parts before.
        first = 0 if end > new else new
        near = _near(parts[first:], wholes[start:end], np.array([[first], [start]]), new)
        found.append(_fitting(textured, *near))
    outer, inner, turn = np.concatenate(found, axis=1)
    outer, inner = rows[outer], rows[inner]
    swap = outer > inner
    return Candidates(
        np.where(swap, inner, outer), np.where(swap, outer, inner), np.where(swap, BACK[turn], turn)
    )


# The turn that undoes each turn: quarter turns go back, mirrorings are their own way back.
BACK = np.array([0, 3, 2, 1, 4, 5, 6, 7])


def _near(parts: NDArray[np.uint64], wholes: NDArray[np.uint64], start: Rows, new: int) -> Rows:
    """Give outer row, inner row, window and turn (4, k) of near hashes that tell of a new pair.

    A picture is near its own larger parts, which says nothing.
    """
    pairs = pairs_between(parts.ravel(), wholes.ravel(), CROP_DISTANCE)
    outer, window = np.divmod(pairs.left, parts.shape[1])
    inner, turn = np.divmod(pairs.right, wholes.shape[1])
    outer, inner = np.stack([outer, inner]) + start
    told = (outer != inner) & (np.maximum(outer, inner) >= new)
    return np.stack([outer, inner, window, turn])[:, told]


def _fitting(signatures: Signatures, outer: Rows, inner: Rows, window: Rows, turn: Rows) -> Rows:
    near = coarse_fit(signatures, outer, window, inner, turn) >= LEAST_FIT
    return np.stack([outer, inner, turn])[:, near]


def coarse_fit(signatures: Signatures, outer: Rows, window: Rows, inner: Rows, turn: Rows) -> Grey:
    """Correlate the windows of outer pictures with the turned inner pictures at 12x12 pixels, (k,)."""
    fit = np.empty(len(outer), dtype=np.float32)
    for start in range(0, len(outer), BLOCK):
        part = slice(start, start + BLOCK)
        small = turned_each(signatures[inner[part]], turn[part])
        fit[part] = window_fit(grey_of(signatures[outer[part]]), window[part], grey_of(small))
    return fit


def turned_each(signatures: Signatures, turn: Rows) -> Signatures:
    """Turn each of (n, 4629) signatures its own way, turn (n,)."""
    for k in np.unique(turn[turn > 0]):
        signatures[turn == k] = turned(signatures[turn == k], int(k))
    return signatures


def distinct(pairs: Candidates) -> Candidates:
    """Drop repeated candidates, and sort."""
    return Candidates(*np.unique(np.stack(pairs), axis=1))


def confirm(signatures: Signatures, pairs: Candidates) -> Copies:
    """Measure candidates on pixels, and keep for each pair of rows the turn that agrees best."""
    blocks = [_measure(signatures, pairs, start) for start in range(0, max(len(pairs.left), 1), BLOCK)]
    measured = Agreement(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
    order = np.lexsort((-measured.tiles, -measured.probability, pairs.right, pairs.left))
    left, right = pairs.left[order], pairs.right[order]
    best = order[np.append(True, (left[1:] != left[:-1]) | (right[1:] != right[:-1]))[: len(order)]]
    agreed = Agreement(*(column[best] for column in measured))
    return Copies(pairs.left[best], pairs.right[best], pairs.turn[best], agreed)


def _measure(signatures: Signatures, pairs: Candidates, start: int) -> Agreement:
    left, right, turn = (column[start : start + BLOCK] for column in pairs)
    return agreement(signatures[left], turned_each(signatures[right], turn))
