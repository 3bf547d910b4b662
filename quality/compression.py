"""How coarsely a picture was ever quantised: as its JPEG says, and as earlier JPEGs have left in its pixels.

A JPEG keeps multiples of its steps. When it is decoded and stored again, with finer steps or as PNG, the
coefficients of its blocks still crowd at the multiples of the old ones (Fan and de Queiroz, Identification of
bitmap compression history, IEEE TIP 12(2), 2003). So a copy cannot pass for better than what it was made of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from quality.phash import cosines
from quality.windows import Grey

Steps = NDArray[np.float64]

# Formats that do not tell how much they dropped count as a JPEG of like error: WebP at 80, AVIF at 60.
LOSSY, UNKNOWN_STEP = {"WEBP", "AVIF"}, 30.0
# So do photographs of at most so many colours; of a drawing fewer neighbouring pixels differ.
PALETTE, BUSY = 256, 0.25
# To have been stored again counts as much as steps twice as coarse: whatever else was done, it is a copy.
AGAIN = 2.0

# ITU-T T.81, table K.1: the steps of brightness at quality 50, which encoders scale.
QUALITY_50 = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
# Each a little finer than the one before: steps next to the true ones show too.
QUALITIES = [*range(20, 70, 2), *range(70, 97)]
# Of a block only low frequencies are looked at: of the others there is too little.
LOW, HIGHEST = 6, 5
FREQUENCY = np.add.outer(np.arange(LOW), np.arange(LOW))
ROWS, COLUMNS = np.nonzero((FREQUENCY > 1) & (FREQUENCY <= HIGHEST))
# So many pixels around the centre tell enough, and coefficients beyond this are too rare to tell.
LARGEST, LARGEST_COEFFICIENT = 256, 95
# Earlier steps show only if they are so much coarser than the last ones, and than rounding to whole levels.
COARSER, LEAST_STEP = 1.5, 3.0
# How well coefficients must keep to the multiples: beyond what chance does with so many, and in what part of
# the way that the last steps leave them. Steps of another table than ours meet less.
BEYOND_CHANCE, FEWEST, MET = 6.0, 50, 0.5


def _table(quality: int) -> Steps:
    """Scale the table as the Independent JPEG Group's encoder does, (8, 8)."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps: Steps = np.clip((QUALITY_50 * scale + 50) // 100, 1, 255).astype(np.float64)
    return steps


# Of unit length, as a JPEG's are.
COSINES = (cosines(LOW, 8) / np.where(np.arange(LOW), 2, math.sqrt(8))[:, None]).astype(np.float32)
TABLES = np.stack([_table(quality) for quality in QUALITIES])
MEANS = TABLES.mean(axis=(1, 2))
STEPS = TABLES[:, ROWS, COLUMNS]
SIZES = np.arange(LARGEST_COEFFICIENT + 1)
# Small coefficients are many, whatever the steps. From there on whole periods count, so that what is spread
# evenly adds nothing; and steps of half the size are seen, where they speak against this one.
FROM = 0.4
PERIODS = np.floor(LARGEST_COEFFICIENT / STEPS - FROM)
TOLD = (FROM * STEPS[:, :, None] <= SIZES) & (((PERIODS + FROM) * STEPS)[:, :, None] > SIZES)
KEPT_TO = TOLD * np.cos(2 * np.pi * SIZES / STEPS[:, :, None])
# What a coefficient of each size adds for each quality: how well it keeps to the multiples, and one to them.
ADDED = np.concatenate([KEPT_TO, TOLD]).transpose(1, 0, 2).astype(np.float32)


def quantisation(image: Image.Image) -> float:
    """Give the mean step of brightness that a picture's pixels have been through, in levels.

    0 of one that has kept every level as far as can be told. The picture must be as it was decoded, at full
    size: turned, cut or scaled pixels tell nothing of the past.
    """
    own = own_steps(image)
    steps = np.zeros((8, 8)) if own is None else own
    last = UNKNOWN_STEP if own is None and is_lossy(image) else float(steps.mean())
    before = list(_earlier(_coefficients(image), steps[ROWS, COLUMNS]))
    return math.hypot(last, *before) * AGAIN ** len(before)


def own_steps(image: Image.Image) -> Steps | None:
    """Give the steps of brightness of a JPEG, (8, 8) by frequency down and across; None of other pictures."""
    tables = getattr(image, "quantization", None)
    return np.maximum(np.array(tables[min(tables)], np.float64).reshape(8, 8), 1) if tables else None


def is_lossy(image: Image.Image) -> bool:
    """Tell whether a picture's format drops something, or it is a photograph in the colours of a palette."""
    return own_steps(image) is not None or image.format in LOSSY or _has_palette(image)


def _has_palette(image: Image.Image) -> bool:
    """Tell whether few colours stand for many. A drawing needs no more: most of its neighbours are equal."""
    if image.mode not in {"P", "RGB"}:
        return False
    shown = image.convert("RGB")
    colours: Any = shown.getcolors(PALETTE)
    if colours is None or all(red == green == blue for _, (red, green, blue) in colours):
        return False
    levels = np.asarray(shown)
    return bool((levels[:, 1:] != levels[:, :-1]).any(axis=2).sum() > BUSY * levels[..., 0].size)


def _earlier(counts: Grey, steps: Steps) -> Iterator[float]:
    """Give the mean step of each earlier JPEG that shows, from the last one back, ever coarser."""
    crowding, numbers = np.split((ADDED @ counts[:, :, None])[:, :, 0].T, 2)
    while True:
        coarser = np.maximum(steps * COARSER, LEAST_STEP) <= STEPS
        number = (numbers * coarser).sum(axis=1)
        crowded = (crowding * coarser).sum(axis=1)
        certain = np.where(number >= FEWEST, crowded / np.sqrt(np.maximum(number, 1) / 2), 0)
        best = int(certain.argmax())
        # Rounding to the last steps moves each coefficient by up to half of one, either way.
        expected = (numbers * coarser)[best] @ np.sinc(steps / STEPS[best])
        if certain[best] < BEYOND_CHANCE or crowded[best] < MET * expected:
            return
        yield float(MEANS[best])
        steps = STEPS[best]


def _coefficients(image: Image.Image) -> Grey:
    """Count the coefficients of brightness by size, in the blocks around the centre, (frequencies, sizes)."""
    height, width = (min(side, LARGEST) // 8 for side in (image.height, image.width))
    top, left = (image.height // 8 - height) // 2 * 8, (image.width // 8 - width) // 2 * 8
    seen = image.crop((left, top, left + 8 * width, top + 8 * height)).convert("L")
    blocks = COSINES @ np.asarray(seen, dtype=np.float32).reshape(height, 8, 8 * width)
    found = np.abs(blocks.reshape(height, LOW, width, 8) @ COSINES.T)[:, ROWS, :, COLUMNS]
    sizes = np.minimum(np.rint(found), LARGEST_COEFFICIENT).astype(np.int64).reshape(len(ROWS), -1)
    places = sizes + len(SIZES) * np.arange(len(ROWS))[:, None]
    counts = np.bincount(places.ravel(), minlength=len(ROWS) * len(SIZES))
    return counts.reshape(len(ROWS), -1).astype(np.float32)
