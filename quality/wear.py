"""How worn a picture is: the detail that it really holds, its grain, and how hard it was compressed.

Fine detail is what a pixel has beyond the mean of its four neighbours. Each halving of a sharp picture has
about as much of it as the one before; of a picture scaled up, the first halving has several times more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.floating]

# What is looked at, around the centre: it bounds the time for large pictures, and leaves frames out.
LARGEST, CENTRAL = 512, 0.75
# A picture softer than two octaves is smooth, and not for having been scaled up.
LEVELS = 2
SMALLEST = 16
TILE = 8
# Of fewer tiles none need be flat.
LEAST_TILES = 64
# Ratio of fine detail to that of the next halving: below the first a picture is soft, and a picture scaled up
# by two has about a third of it.
SHARP, OCTAVE = 0.7, 3.0
FLATTEST, LEAST = 10, 1e-6
# Fine detail that rounding to whole levels makes.
ROUNDING = 0.11
# Grain below this many levels is what cameras leave.
GRAIN = 5.0
# Octaves of resolution that an octave of softness, a doubling of noise, a doubling of the steps are worth.
SOFT, GRAINY, COARSE = 1.1, 0.6, 0.15
FINE_STEP = 8.0


class Wear(NamedTuple):
    """What tells the original from copies that were scaled up, grained or compressed again."""

    softness: float
    """Octaves of resolution, 0 to 2, that the pixels have and the detail has not."""
    grain: float
    """Doublings of the noise in the flattest parts, where detail begins, beyond what cameras leave."""
    coarseness: float
    """Doublings of the mean quantisation step of brightness (`compression`), 0 where nothing is dropped."""

    @property
    def lost(self) -> float:
        """Octaves of resolution that were lost.

        Detail that is not there counts more than the pixels that pretend it, so scaling up never pays.
        """
        return SOFT * self.softness + GRAINY * self.grain + COARSE * self.coarseness


def fidelity(pixels: NDArray[np.number], lost: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give the octaves of resolution worth keeping in pictures of so many pixels that lost so many, (n,).

    >>> fidelity(np.array([256, 1024]), np.array([0.0, 1.5])).tolist()
    [4.0, 3.5]
    """
    octaves: NDArray[np.floating] = np.log2(np.maximum(pixels, 1)) / 2 - lost
    return octaves


def wear(image: Image.Image, step: float) -> Wear:
    """Measure a picture decoded at full size, that was quantised in steps of `step` levels on average."""
    energies = [fine_detail(grey) for grey in _halvings(_middle(image))]
    softness = softness_of([max(float(one.mean()) - ROUNDING, 0.0) for one in energies])
    # Where the detail begins: scaling up makes noise coarser, not less.
    noise = grain_of(energies[: round(softness) + 1][-1]) if energies else 0.0
    return Wear(softness, math.log2(max(noise, GRAIN) / GRAIN), math.log2(1 + step / FINE_STEP))


def softness_of(energies: list[float]) -> float:
    """Count the octaves that lack detail, from the fine detail of each halving.

    A picture too small to have all halvings is as soft beyond them as at the last.

    >>> softness_of([1.0, 1.0, 1.0]), softness_of([0.15, 1.0, 1.0]), softness_of([0.15, 1.0])
    (0.0, 1.0, 2.0)
    """
    octaves = 0.0
    for finer, coarser in pairwise(energies):
        lacking = math.log(SHARP * max(coarser, LEAST) / max(finer, LEAST), OCTAVE)
        octaves += min(max(lacking, 0.0), 1.0)
        if lacking < 1:
            return octaves
    return float(LEVELS)


def fine_detail(grey: Grey) -> Grey:
    """Square what pixels (h, w) have beyond the mean of their neighbours, (h - 2, w - 2)."""
    across, down = grey[1:-1, :-2] + grey[1:-1, 2:], grey[:-2, 1:-1] + grey[2:, 1:-1]
    square: Grey = (grey[1:-1, 1:-1] - (across + down) / 4) ** 2
    return square


def grain_of(energy: Grey) -> float:
    """Give the noise of the flattest tenth of a picture's tiles, in levels; 0 of one too small to tell."""
    height, width = (side // TILE for side in energy.shape)
    if height * width < LEAST_TILES:
        return 0.0
    tiles = energy[: height * TILE, : width * TILE].reshape(height, TILE, width, TILE).mean(axis=(1, 3))
    return float(np.sqrt(np.percentile(tiles, FLATTEST)))


def _middle(image: Image.Image) -> Grey:
    width, height = (min(LARGEST, round(side * CENTRAL)) for side in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return np.asarray(image.crop((left, top, left + width, top + height)).convert("L"), dtype=np.float32)


def _halvings(grey: Grey) -> Iterator[Grey]:
    """Give a picture and its halvings, as far as they are large enough to tell."""
    for level in range(min(LEVELS + 1, (min(grey.shape) // SMALLEST).bit_length())):
        grey = _halved(grey) if level else grey
        yield grey


def _halved(grey: Grey) -> Grey:
    even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    half: Grey = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    return half
