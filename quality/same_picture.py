"""Are two images copies of one picture? The probability, from their signatures laid over one another."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.alignment import find_windows, flat, refine_windows, standardised
from quality.signature import Signatures, chroma_of, frames_of, grey_of
from quality.windows import Grey, look, whole, within

BLOCK = 64
# Tiles are compared at three sizes of the picture, an octave apart: the side, and the side of a tile there.
LEVELS = {64: 8, 32: 4, 16: 4}
TEXTURE = 2.5
MATCHING = 0.7
# Pictures with fewer textured tiles are never sure copies unless identical, and near ones go to people.
LOW_TEXTURE_SHARE = 1 / 8
LOW_TEXTURE_CHANCE = 0.9
SAME_LEVELS = 6.0
CONVINCING = 0.99
# Between two fits of benchmarks/same_picture.py: halfway lies at 0.57 when all that is no copy is another
# picture, and at 0.78 when most of it is other shots of the same scene.
SLOPE, HALFWAY = 18.4, 0.65
SURE, DOUBTFUL = 0.95, 0.1

Floats = NDArray[np.floating]


class Verdict(StrEnum):
    """What to do with a pair."""

    COPY = "copy"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"


class Agreement(NamedTuple):
    """How well pairs of pictures agree once aligned, (n,) each."""

    probability: Floats
    """That both are copies of one picture."""
    tiles: Floats
    """Share of the textured tiles that agree, at the sharpness of the less sharp picture."""
    difference: Floats
    """Mean difference of the grey levels, over the overlap."""
    correlation: Floats
    """Of the grey levels, over the overlap."""
    textured: Floats
    """Share of the tiles that have texture in both."""
    octaves: Floats
    """How much sharper the outer picture is, in halvings of the resolution."""
    chroma: Floats
    """Difference of the mean colours, in levels."""
    overlap: Floats
    """Share of one picture that the other shows; negative when b shows more than a."""
    identical: NDArray[np.bool_]
    """Whether the signatures are equal byte for byte."""


def compare(a: Signatures, b: Signatures) -> float:
    """Give the probability that two signatures are of one picture."""
    return float(agreement(a[None], b[None]).probability[0])


def verdict(probability: float, sure: float = SURE, doubtful: float = DOUBTFUL) -> Verdict:
    """Sort a probability into copies, pairs for people, and different pictures."""
    if probability >= sure:
        return Verdict.COPY
    return Verdict.DOUBTFUL if probability >= doubtful else Verdict.DIFFERENT


def agreement(a: Signatures, b: Signatures) -> Agreement:
    """Align and measure n pairs of signatures, one laid over the other whichever way round fits better."""
    starts = range(0, max(len(a), 1), BLOCK)
    blocks = [_best(a[start : start + BLOCK], b[start : start + BLOCK]) for start in starts]
    return Agreement(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _best(a: Signatures, b: Signatures) -> Agreement:
    """Measure under the crop that fits best, and where that does not convince, under no crop at all.

    A logo in a corner makes the crop that leaves it out fit better than the truth.
    """
    found = measure(a, b, *search(a, b))
    weak = np.flatnonzero(found.probability < CONVINCING)
    if not len(weak):
        return found
    again = measure(a[weak], b[weak], *uncut(a[weak], b[weak]))
    better = again.probability > found.probability[weak]
    for column, other in zip(found, again, strict=True):
        column[weak[better]] = other[better]
    return found


def search(a: Signatures, b: Signatures) -> tuple[Grey, NDArray[np.bool_]]:
    """Find which picture shows more: the windows of it that the other shows, and whether it is b."""
    forth, fit = find_windows(grey_of(a), grey_of(b))
    back, fit_back = find_windows(grey_of(b), grey_of(a))
    swap = fit_back > fit
    return np.where(swap[:, None], back, forth), swap


def uncut(a: Signatures, b: Signatures) -> tuple[Grey, NDArray[np.bool_]]:
    """Give the windows as `search` does, if the two pictures with their borders cover one another exactly."""
    mine, other = frames_of(a), frames_of(b)
    swap = (other[:, 1] * other[:, 3]) > (mine[:, 1] * mine[:, 3])
    return np.where(swap[:, None], within(other, mine), within(mine, other)), swap


def measure(a: Signatures, b: Signatures, windows: Grey, swap: NDArray[np.bool_]) -> Agreement:
    """Refine the windows and measure how well the pictures agree there."""
    pick = swap[:, None, None]
    outer, inner = np.where(pick, grey_of(b), grey_of(a)), np.where(pick, grey_of(a), grey_of(b))
    windows = refine_windows(outer, inner, windows)
    views = {side: (look(outer, windows, side), whole(inner, side)) for side in LEVELS}
    shares, texture = zip(*(tile_agreement(*views[side], tile) for side, tile in LEVELS.items()), strict=True)
    identical = (a == b).all(axis=1)
    difference = np.abs(views[64][0] - views[64][1]).mean(axis=(1, 2))
    octaves = np.log2(sharpness(views[64][0]) / sharpness(views[64][1]))
    tiles = at_sharpness(np.stack(shares, axis=1), np.abs(octaves))
    return Agreement(
        probability=probability(tiles, texture[0], difference, identical),
        tiles=tiles,
        difference=difference,
        correlation=(standardised(flat(views[64][0])) * standardised(flat(views[64][1]))).sum(axis=1),
        textured=texture[0],
        octaves=octaves,
        chroma=np.abs(chroma_of(a).mean(axis=2) - chroma_of(b).mean(axis=2)).mean(axis=1),
        overlap=windows[:, 1] * windows[:, 3] * np.where(swap, -1, 1),
        identical=identical,
    )


def tile_agreement(seen: Grey, shown: Grey, tile: int) -> tuple[Floats, Floats]:
    """Give the share of textured tiles that correlate, and the share of tiles with texture, (n,) each."""
    ours, theirs = detail(seen, tile), detail(shown, tile)
    texture = np.minimum(ours.std(axis=2), theirs.std(axis=2)) >= TEXTURE
    correlated = (standardised(ours) * standardised(theirs)).sum(axis=2) >= MATCHING
    share = (texture & correlated).sum(axis=1) / np.maximum(texture.sum(axis=1), 1)
    return share, texture.mean(axis=1)


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


def plane(tile: int) -> Grey:
    """Give the mean and the two slopes of a tile as orthonormal rows, (3, tile * tile)."""
    ramp = np.arange(tile) - (tile - 1) / 2
    rows = np.stack([np.ones((tile, tile)), np.tile(ramp, (tile, 1)), np.tile(ramp[:, None], tile)]).reshape(
        3, -1
    )
    unit: Grey = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


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


def probability(tiles: Floats, textured: Floats, difference: Floats, identical: NDArray[np.bool_]) -> Floats:
    """Turn the measures into a probability."""
    chance = 1 / (1 + np.exp(-SLOPE * (tiles - HALFWAY)))
    alike = np.exp(-((difference / SAME_LEVELS) ** 2))
    plain = LOW_TEXTURE_CHANCE * np.maximum(np.where(textured > 0, chance, 0), alike)
    sure: Floats = np.where(identical, 1.0, np.where(textured < LOW_TEXTURE_SHARE, plain, chance))
    return sure


def texture_share(signatures: Signatures) -> Floats:
    """Give the share of each picture's tiles that have texture, (n,)."""
    starts = range(0, max(len(signatures), 1), BLOCK)
    shares = [
        (detail(grey_of(signatures[start : start + BLOCK]), LEVELS[64]).std(axis=2) >= TEXTURE).mean(axis=1)
        for start in starts
    ]
    return np.concatenate(shares)
