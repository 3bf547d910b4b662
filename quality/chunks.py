"""Pigeonhole plans: which chunks of a hash to index, and how many bits each may differ by.

Split a hash into chunks and give chunk k a radius r_k with sum(r_k + 1) = t + 1. Two hashes that differ by
more than r_k in every chunk k differ by at least t + 1 in all: so a pair within t bits shows in some chunk.
(The refined pigeonhole of Qin et al., "GPH: Similarity Search in Hamming Space", ICDE 2018, for the
multi-index hashing of Norouzi, Punjani and Fleet, 2014.)
"""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WORD = 64
WIDEST = 22
# The cost of visiting one bucket in units of comparing one pair, measured on the compiled join.
BUCKET_COST = 2.0


class Chunk(NamedTuple):
    """Bits [shift, shift + width) of one word; sees pairs that differ there by at most `radius` bits."""

    word: int
    shift: int
    width: int
    radius: int

    def values(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """Give the chunk's value in each of (n, words) hashes, (n,)."""
        mask = np.uint64((1 << self.width) - 1)
        return ((hashes[:, self.word] >> np.uint64(self.shift)) & mask).astype(np.uint32)

    def masks(self) -> NDArray[np.uint32]:
        """Give every XOR mask of at most `radius` bits, the zero mask first."""
        flips = (places for r in range(self.radius + 1) for places in combinations(range(self.width), r))
        return np.array([sum(1 << place for place in places) for places in flips], dtype=np.uint32)


def split(words: int, t: int, per_word: int) -> list[Chunk]:
    """Cut each of `words` words into `per_word` chunks and spend the budget of t + 1 on them evenly."""
    edges = np.linspace(0, WORD, per_word + 1).round().astype(int)
    places = [(word, int(a), int(b - a)) for word in range(words) for a, b in pairwise(edges)]
    even, rest = divmod(t + 1, len(places))
    radii = [even - 1 + (rank < rest) for rank in range(len(places))]
    return [Chunk(*place, radius) for place, radius in zip(places, radii, strict=True) if radius >= 0]


def cost(chunks: list[Chunk], n: int) -> float:
    """Estimate a self-join's work over n evenly spread hashes, in pair comparisons."""
    return sum(_masks(c) * (BUCKET_COST * (1 << c.width) + n + n * n / (2 << c.width)) for c in chunks)


def _masks(chunk: Chunk) -> int:
    return sum(comb(chunk.width, flips) for flips in range(chunk.radius + 1))


def plan(words: int, t: int, n: int) -> list[Chunk]:
    """Choose the cheapest split for n hashes of `words` 64-bit words at distance t.

    Raises
    ------
    ValueError
        When t is negative or not below the hash's length.

    Examples
    --------
    >>> [chunk.radius for chunk in plan(1, 8, 1_000_000)]
    [2, 1, 1, 1]
    """
    if not 0 <= t < WORD * words:
        raise ValueError(f"a distance of {t} bits cannot be asked of {WORD * words}-bit hashes")
    splits = [split(words, t, per_word) for per_word in range(-(-WORD // WIDEST), 17)]
    return min(splits, key=lambda chunks: cost(chunks, n))
