"""Which of two aligned copies was edited: the one with words, logos or a frame that the other lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quality.tiles import STRONG, Floats, detail, standardised
from quality.windows import SIDE, Grey, place

TILE, FINE_TILE = 8, 4
# A tile that departs so far from the usual ratio of the two pictures' detail, and does not correlate.
FOREIGN_RATIO = 2.0
UNLIKE = 0.5
# Surplus with less than this share of the detail inside is blurred; nearly all of one level it is drawn.
BLURRED = 0.3
SAME_LEVEL, DRAWN = 8.0, 0.6
LEAST_SURPLUS = 0.08
# A frame counts as much as this share of the tiles.
FRAME = 0.25
EQUALLY_SHARP = 0.7


def edited(outer: Grey, seen: Grey, shown: Grey, windows: Grey, octaves: Floats) -> Floats:
    """Measure how edited the outer pictures look against the inner ones, (n,), negative the other way round.

    Parameters
    ----------
    outer
        (n, 64, 64) the pictures that show more.
    seen, shown
        (n, 64, 64) their windows, and the inner pictures.
    windows
        (n, 4) where the inner pictures lie in the outer ones.
    octaves
        (n,) how much sharper the outer pictures are: much sharper ones have detail of their own everywhere.
    """
    comparable = np.abs(octaves) < EQUALLY_SHARP
    return foreign_tiles(seen, shown) * comparable + FRAME * framed(outer, windows)


def foreign_tiles(seen: Grey, shown: Grey) -> Floats:
    """Give the share of tiles where only `seen` has strong detail, less that where only `shown` has, (n,)."""
    ours, theirs = detail(seen, TILE), detail(shown, TILE)
    mine, other = ours.std(axis=2) + 1, theirs.std(axis=2) + 1
    ratio = np.log(mine / other)
    ratio -= np.median(ratio, axis=1, keepdims=True)
    unlike = (standardised(ours) * standardised(theirs)).sum(axis=2) < UNLIKE
    far = unlike & (np.maximum(mine, other) >= STRONG) & (np.abs(ratio) >= np.log(FOREIGN_RATIO))
    balance: Floats = (far * np.sign(ratio)).mean(axis=1)
    return balance


def framed(outer: Grey, windows: Grey) -> NDArray[np.bool_]:
    """Tell where what lies outside the window is no picture: blurred, or nearly all of one level, (n,)."""
    surplus = ~inside(windows, SIDE // FINE_TILE)
    strength = detail(outer, FINE_TILE).std(axis=2)
    blurred = _mean(strength, surplus) < BLURRED * _mean(strength, ~surplus)
    pixels = ~inside(windows, SIDE)
    levels = outer.reshape(len(outer), SIDE * SIDE)
    middle = _median(levels, pixels)
    near = np.abs(levels - middle) <= SAME_LEVEL
    drawn = (_mean(near, pixels) >= DRAWN) & (_mean(near, ~pixels) < DRAWN / 2)
    enough: NDArray[np.bool_] = np.minimum(pixels.mean(axis=1), surplus.mean(axis=1)) >= LEAST_SURPLUS
    return enough & (blurred | drawn)


def inside(windows: Grey, samples: int) -> NDArray[np.bool_]:
    """Mark the cells of a grid whose centres lie in the windows, (n, samples * samples)."""
    at = place(samples)
    top, height, left, width = (column[:, None] for column in windows.T)
    rows, columns = (at > top) & (at < top + height), (at > left) & (at < left + width)
    marked: NDArray[np.bool_] = (rows[:, :, None] & columns[:, None]).reshape(len(windows), samples * samples)
    return marked


def _mean(values: NDArray[np.generic], marked: NDArray[np.bool_]) -> Floats:
    mean: Floats = (values * marked).sum(axis=1) / np.maximum(marked.sum(axis=1), 1)
    return mean


def _median(levels: Grey, marked: NDArray[np.bool_]) -> Grey:
    """Give the middle level of the marked pixels, (n, 1): the others are sorted to the end."""
    ranked = np.sort(np.where(marked, levels, np.inf), axis=1)
    middle = np.take_along_axis(ranked, marked.sum(axis=1, keepdims=True) // 2 % levels.shape[1], axis=1)
    return np.where(np.isfinite(middle), middle, 0)
