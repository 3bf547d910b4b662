"""How worn a picture is: the detail that it really holds, its grain, and how hard it was compressed.

Fine detail is what a pixel has beyond the mean of its four neighbours. Each halving of a sharp picture has
about as much of it as the one before; of a picture scaled up, the first halving has several times more.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]

# What is looked at, around the centre: it bounds the time for large pictures.
LARGEST = 512
LEVELS = 4
SMALLEST = 16
TILE = 8
# Ratio of fine detail to that of the next halving: below the first a picture is soft, and a picture scaled up
# by two has about a third of it.
SHARP, OCTAVE = 0.45, 3.0
FLATTEST = 10
# Grain below this many levels is what cameras leave.
GRAIN = 3.0
LOSSLESS = 100.0


class Wear(NamedTuple):
    """What tells the original from copies that were scaled up, grained or compressed again."""

    softness: float
    """Octaves of resolution, 0 to 4, that the pixels have and the detail has not."""
    grain: float
    """Doublings of the noise in the flattest parts, beyond what cameras leave."""
    quality: float
    """100 less the mean step of the JPEG's quantisation of brightness; 100 of what is no JPEG."""


def wear(image: Image.Image, step: float) -> Wear:
    """Measure a picture decoded at full size, stored with quantisation steps of `step` levels on average."""
    grey = _middle(image)
    energies = []
    for _ in range(LEVELS + 1):
        if min(grey.shape) < SMALLEST:
            break
        energies.append(fine_detail(grey))
        grey = _halved(grey)
    noise = grain_of(energies[0]) if energies else 0.0
    softness = softness_of([float(one.mean()) for one in energies])
    return Wear(softness, float(np.log2(max(noise, GRAIN) / GRAIN)), LOSSLESS - step)


def quantisation(image: Image.Image) -> float:
    """Give the mean step of the quantisation of brightness in a JPEG, 0 in other formats."""
    tables = getattr(image, "quantization", None)
    return float(np.mean(tables[min(tables)])) if tables else 0.0


def softness_of(energies: list[float]) -> float:
    """Count the octaves that lack detail, from the fine detail of each halving.

    >>> softness_of([1.0, 1.0, 1.0]), softness_of([0.15, 1.0, 1.0])
    (0.0, 1.0)
    """
    octaves = 0.0
    for finer, coarser in pairwise(energies):
        lacking = np.log(SHARP * max(coarser, 1e-6) / max(finer, 1e-6)) / np.log(OCTAVE)
        octaves += float(np.clip(lacking, 0, 1))
        if lacking < 1:
            break
    return octaves


def fine_detail(grey: Grey) -> Grey:
    """Square what pixels (h, w) have beyond the mean of their neighbours, (h - 2, w - 2)."""
    across, down = grey[1:-1, :-2] + grey[1:-1, 2:], grey[:-2, 1:-1] + grey[2:, 1:-1]
    square: Grey = (grey[1:-1, 1:-1] - (across + down) / 4) ** 2
    return square


def grain_of(energy: Grey) -> float:
    """Give the noise of the flattest tenth of a picture's tiles, in levels."""
    height, width = (side // TILE for side in energy.shape)
    tiles = energy[: height * TILE, : width * TILE].reshape(height, TILE, width, TILE).mean(axis=(1, 3))
    return float(np.sqrt(np.percentile(tiles, FLATTEST)))


def _middle(image: Image.Image) -> Grey:
    left, top = (max(0, (side - LARGEST) // 2) for side in image.size)
    box = (left, top, min(left + LARGEST, image.width), min(top + LARGEST, image.height))
    return np.asarray(image.crop(box).convert("L"), dtype=np.float32)


def _halved(grey: Grey) -> Grey:
    even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    half: Grey = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    return half
