"""Tiles of small grey pictures: what they hold beyond mean and slope, and how far two pictures agree."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.windows import Grey

Floats = NDArray[np.floating]

# Standard deviation of a tile's detail, in levels, from which it is evidence.
TEXTURE = 2.5
MATCHING = 0.7
# Pictures with fewer textured tiles are never sure copies unless identical, and near ones go to people.
LOW_TEXTURE_SHARE = 1 / 8
# A tile with so much detail in one picture, and less than a part of it in the other, speaks against a copy.
STRONG, FAINT = 7.5, 1 / 4


class Tiles(NamedTuple):
    """How n pairs of pictures agree tile by tile, each in shares of all tiles, (n,)."""

    agree: Floats
    """Textured in both and alike."""
    differ: Floats
    """Textured in both and not alike."""
    alone: Floats
    """Strongly textured in one picture only."""
    spread: Floats
    """Rows or columns, whichever are fewer, with a tile that agrees."""


def compare_tiles(seen: Grey, shown: Grey, tile: int) -> Tiles:
    """Compare (n, side, side) pictures tile by tile."""
    ours, theirs = detail(seen, tile), detail(shown, tile)
    strengths = ours.std(axis=2), theirs.std(axis=2)
    weaker, stronger = np.minimum(*strengths), np.maximum(*strengths)
    textured = weaker >= TEXTURE
    alike = textured & ((standardised(ours) * standardised(theirs)).sum(axis=2) >= MATCHING)
    alone = (stronger >= STRONG) & (weaker < FAINT * stronger)
    count = seen.shape[1] // tile
    grid = alike.reshape(-1, count, count)
    spread = np.minimum(grid.any(axis=1).mean(axis=1), grid.any(axis=2).mean(axis=1))
    return Tiles(alike.mean(axis=1), (textured & ~alike).mean(axis=1), alone.mean(axis=1), spread)


def standardised(pictures: Grey) -> Grey:
    """Give (..., p) pictures zero mean and unit length, so that a dot product is their correlation."""
    centred = pictures - pictures.mean(axis=-1, keepdims=True)
    unit: Grey = centred / np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), np.float32(1e-6))
    return unit


def detail(pictures: Grey, tile: int) -> Grey:
    """Cut (n, side, side) pictures into (n, tiles, tile * tile), each tile without its mean and slope.

    A smooth sky has slopes that correlate with any other sky's: only what departs from them is evidence.
    """
    count = pictures.shape[1] // tile
    tiles = pictures.reshape(-1, count, tile, count, tile).transpose(0, 1, 3, 2, 4)
    tiles = tiles.reshape(-1, count * count, tile * tile)
    smooth = plane(tile)
    left: Grey = tiles - tiles @ smooth.T @ smooth
    return left


@cache
def plane(tile: int) -> Grey:
    """Give the mean and the two slopes of a tile as orthonormal rows, (3, tile * tile)."""
    ramp = np.arange(tile) - (tile - 1) / 2
    rows = np.stack([np.ones((tile, tile)), np.tile(ramp, (tile, 1)), np.tile(ramp[:, None], tile)]).reshape(
        3, -1
    )
    unit: Grey = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def texture(pictures: Grey) -> Floats:
    """Give the share of the tiles of (n, 64, 64) pictures that have texture, (n,)."""
    share: Floats = (detail(pictures, 8).std(axis=2) >= TEXTURE).mean(axis=1)
    return share


def sharpness(pictures: Grey) -> Floats:
    """Measure the fine detail of (n, 64, 64) pictures in units of their contrast, (n,)."""
    fine = detail(pictures, 4).std(axis=2).mean(axis=1)
    relative: Floats = np.maximum(fine, 0.1) / np.maximum(pictures.std(axis=(1, 2)), 1)
    return relative


def at_sharpness(shares: Floats, octaves: Floats) -> Floats:
    """Read the shares (n, levels) where both pictures have detail: mean of that level and the next, (n,)."""
    last = shares.shape[1] - 1
    return (between(shares, np.minimum(octaves, last)) + between(shares, np.minimum(octaves + 1, last))) / 2


def between(shares: Floats, level: Floats) -> Floats:
    """Interpolate the shares (n, levels) at fractional levels (n,)."""
    below = np.minimum(level.astype(np.int64), shares.shape[1] - 2)
    row = np.arange(len(shares))
    low, high = shares[row, below], shares[row, below + 1]
    mixed: Floats = low + (high - low) * (level - below)
    return mixed
