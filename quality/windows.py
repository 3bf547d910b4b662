"""Windows onto small square pictures: the parts that a crop may have kept, and how to look at them.

A window is (top, height, left, width) in fractions of the picture.
Pictures are (n, 64, 64) grey float32 here, or smaller squares.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.floating]

SIDE = 64
IDENTITY = np.array([0, 1, 0, 1], dtype=np.float32)
EVEN_CROPS = {0.94: 3, 0.87: 3, 0.8: 4, 0.73: 4}
SIDE_CROPS = {0.9: 3, 0.8: 3, 0.7: 3}


def starts(length: float, count: int) -> list[float]:
    """Spread `count` spans of one length over an axis."""
    return [step * (1 - length) / (count - 1) for step in range(count)]


def crop_windows() -> Grey:
    """List the windows that the search tries, (k, 4): the whole, even crops, and crops of one axis alone."""
    even = [
        (top, length, left, length)
        for length, count in EVEN_CROPS.items()
        for top, left in product(starts(length, count), repeat=2)
    ]
    across = [
        (0.0, 1.0, left, length) for length, count in SIDE_CROPS.items() for left in starts(length, count)
    ]
    down = [(top, height, left, width) for left, width, top, height in across]
    return np.array([(0.0, 1.0, 0.0, 1.0), *even, *across, *down], dtype=np.float32)


def sampler(start: Grey, length: Grey, samples: int, side: int = SIDE) -> Grey:
    """Give the (n, samples, side) matrices that resample an axis from start to start + length, smoothly."""
    step = length[:, None, None] * np.float32(side / samples)
    centre = start[:, None, None] * np.float32(side) + step * place(samples)[:, None] * np.float32(samples)
    inside = np.clip(centre, 0.5, side - 0.5)
    apart = np.abs(np.arange(side, dtype=np.float32) + np.float32(0.5) - inside)
    weight = np.maximum(0, 1 - apart / np.maximum(step, 1))
    resampled: Grey = weight / weight.sum(axis=2, keepdims=True)
    return resampled


def within(outer: Grey, inner: Grey) -> Grey:
    """Give the windows inner, (n, 4), in fractions of the windows outer instead of the picture's."""
    low, length = outer[:, ::2], outer[:, 1::2]
    inside = np.empty_like(inner)
    inside[:, ::2] = (inner[:, ::2] - low) / length
    inside[:, 1::2] = inner[:, 1::2] / length
    return inside


def place(samples: int) -> Grey:
    """Give the centres of `samples` equal cells of an axis, in fractions of it."""
    return (np.arange(samples, dtype=np.float32) + np.float32(0.5)) / np.float32(samples)


def look(pictures: Grey, windows: Grey, samples: int) -> Grey:
    """Resample one window of each picture to (n, samples, samples)."""
    top, height, left, width = windows.T
    down, across = (sampler(*span, samples, pictures.shape[-1]) for span in ((top, height), (left, width)))
    seen: Grey = down @ pictures @ across.transpose(0, 2, 1)
    return seen


def whole(pictures: Grey, samples: int) -> Grey:
    """Resample whole pictures to (n, samples, samples)."""
    return look(pictures, IDENTITY[None], samples)
