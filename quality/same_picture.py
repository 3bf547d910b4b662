"""Are two images copies of one picture? The probability, from their signatures laid over one another."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.alignment import find_windows, flat, refine_windows, standardised
from quality.signature import Signatures, chroma_of, grey_of
from quality.windows import SIDE, Grey, look, whole

BLOCK = 64
TILE = 8
TEXTURE = 2.5
MATCHING = 0.7
TEXTURED_ENOUGH = 1 / 8

Floats = NDArray[np.floating]


class Verdict(StrEnum):
    """What to do with a pair."""

    COPY = "copy"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"


class Agreement(NamedTuple):
    """How well pairs of pictures agree once aligned, (n,) each.

    `correlation` is that of the grey overlap, `tiles` the share of textured tiles that agree, `textured` the
    share of tiles with texture, `chroma` the mean colour difference in levels, `overlap` the share of one
    picture that the other shows (negative when b shows more), `identical` whether the signatures are equal.
    """

    probability: Floats
    correlation: Floats
    tiles: Floats
    textured: Floats
    chroma: Floats
    overlap: Floats
    identical: NDArray[np.bool_]


def compare(a: Signatures, b: Signatures) -> float:
    """Give the probability that two signatures are of one picture."""
    return float(agreement(a[None], b[None]).probability[0])


def verdict(probability: float, sure: float = 0.99, doubtful: float = 0.5) -> Verdict:
    """Sort a probability into copies, pairs for people, and different pictures."""
    if probability >= sure:
        return Verdict.COPY
    return Verdict.DOUBTFUL if probability >= doubtful else Verdict.DIFFERENT


def agreement(a: Signatures, b: Signatures) -> Agreement:
    """Align and measure n pairs of signatures, one laid over the other whichever way round fits better."""
    starts = range(0, max(len(a), 1), BLOCK)
    blocks = [_agreement(a[start : start + BLOCK], b[start : start + BLOCK]) for start in starts]
    return Agreement(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _agreement(a: Signatures, b: Signatures) -> Agreement:
    large, small = grey_of(a), grey_of(b)
    (forth, fit), (back, fit_back) = find_windows(large, small), find_windows(small, large)
    swap = fit_back > fit
    large, small = (np.where(swap[:, None, None], *pair) for pair in ((small, large), (large, small)))
    windows = refine_windows(large, small, np.where(swap[:, None], back, forth))
    seen, shown = look(large, windows, SIDE), whole(small, SIDE)
    correlation = (standardised(flat(seen)) * standardised(flat(shown))).sum(axis=1)
    tiles, textured = tile_agreement(seen, shown)
    chroma = np.abs(chroma_of(a).mean(axis=2) - chroma_of(b).mean(axis=2)).mean(axis=1)
    overlap = windows[:, 1] * windows[:, 3] * np.where(swap, -1, 1)
    identical = (a == b).all(axis=1)
    chance = probability(correlation, tiles, textured, chroma, identical)
    return Agreement(chance, correlation, tiles, textured, chroma, overlap, identical)


def tile_agreement(seen: Grey, shown: Grey) -> tuple[Floats, Floats]:
    """Give the share of textured tiles that correlate, and the share of tiles with texture, (n,) each."""
    ours, theirs = detail(seen), detail(shown)
    texture = np.minimum(ours.std(axis=2), theirs.std(axis=2)) >= TEXTURE
    correlated = (standardised(ours) * standardised(theirs)).sum(axis=2) >= MATCHING
    share = (texture & correlated).sum(axis=1) / np.maximum(texture.sum(axis=1), 1)
    return share, texture.mean(axis=1)


def detail(pictures: Grey) -> Grey:
    """Cut (n, 64, 64) pictures into (n, 64, 64) tiles of 8x8 pixels, each without its mean and slope.

    A smooth sky has slopes that correlate with any other sky's: only what departs from them is evidence.
    """
    count = SIDE // TILE
    tiles = pictures.reshape(-1, count, TILE, count, TILE).transpose(0, 1, 3, 2, 4)
    tiles = tiles.reshape(-1, count * count, TILE * TILE)
    left: Grey = tiles - tiles @ PLANE.T @ PLANE
    return left


def _plane() -> Grey:
    ramp = np.arange(TILE) - (TILE - 1) / 2
    rows = np.stack([np.ones((TILE, TILE)), np.tile(ramp, (TILE, 1)), np.tile(ramp[:, None], TILE)]).reshape(
        3, -1
    )
    plane: Grey = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return plane


PLANE = _plane()


def probability(
    correlation: Floats, tiles: Floats, textured: Floats, chroma: Floats, identical: NDArray[np.bool_]
) -> Floats:
    """Turn the measures into a probability; a picture of low texture is never sure unless identical."""
    chance = 1 / (1 + np.exp(-(20 * (correlation - 0.85) + 10 * (tiles - 0.5) - 0.05 * chroma)))
    capped = np.where(textured < TEXTURED_ENOUGH, np.minimum(chance, 0.9), chance)
    sure: Floats = np.where(identical, 1.0, capped)
    return sure
