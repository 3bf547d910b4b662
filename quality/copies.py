"""Copies among pictures: near hashes make pairs, aligned pixels say how likely each is a pair of copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.near_pairs import new_pairs
from quality.same_picture import Agreement, agreement
from quality.signature import Signatures

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Copies:
    """Pairs of rows of (old + new) with the hashes' distance in bits and what their pixels say, (k,) each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.integer]
    agreement: Agreement

    @property
    def probability(self) -> NDArray[np.floating]:
        """The probability that a pair is of one picture."""
        return self.agreement.probability

    def from_(self, least: float) -> list[int]:
        """Give the places of pairs of at least this probability."""
        return [int(at) for at in np.flatnonzero(self.probability >= least)]

    def measured(self, at: int) -> dict[str, float]:
        """Give what was measured on one pair, as plain numbers."""
        return {name: float(column[at]) for name, column in self.agreement._asdict().items()}


def compare_new(
    old: Hashes, new: Hashes, old_signatures: Signatures, new_signatures: Signatures, radius: int
) -> Copies:
    """Compare each new picture with all: pairs of which at least one is new, whose hashes are near.

    Parameters
    ----------
    old, new : (n,) uint64 perceptual hashes of one definition.
    old_signatures, new_signatures : (n, bytes) uint8.
    radius : bits, at most.

    Returns
    -------
    Copies
        Rows number the old pictures first, the new ones after them.
    """
    pairs = new_pairs(old, new, radius)
    signatures = np.concatenate([old_signatures, new_signatures])
    return Copies(
        pairs.left, pairs.right, pairs.distance, agreement(signatures[pairs.left], signatures[pairs.right])
    )


def first_copies(copies: Copies, held: int, sure: float) -> dict[int, tuple[int, float]]:
    """Map each new row that is surely a copy to (the first row that it copies and is no copy itself, probability).

    `held` is the number of old rows, which stay whatever they resemble.
    """
    found: dict[int, tuple[int, float]] = {}
    for at in np.lexsort((copies.left, copies.right)):
        left, right = int(copies.left[at]), int(copies.right[at])
        chance = float(copies.probability[at])
        if chance >= sure and right >= held and left not in found and right not in found:
            found[right] = (left, chance)
    return found
