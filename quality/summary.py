"""Figures that sum up a dataset or a run in one number or one small table."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.boxes import sides

FREQUENCY_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Bins of selection frequency. Source: Recht et al. 2019 (ImageNetV2)."""


def frequency_histogram(frequencies: ArrayLike) -> NDArray[np.int64]:
    """Images in each bin of `FREQUENCY_EDGES`, shape (5,); the last bin includes 1.

    >>> frequency_histogram([0.2, 0.75, 0.8, 1.0]).tolist()
    [0, 1, 0, 1, 2]
    """
    values = np.asarray(frequencies, dtype=np.float64)
    if values.size and (values.min() < 0 or values.max() > 1):
        raise ValueError("a selection frequency is not in [0, 1]")
    return np.bincount(np.minimum(np.floor(values * 5 + 1e-9).astype(np.int64), 4), minlength=5)


def seconds_per_accepted_box(draw: float, check: float, coverage: float, acceptance: float) -> float:
    """Worker seconds an accepted box costs when refused boxes are drawn and checked again.

    One pass costs ``draw + check + coverage``, but only a share ``acceptance`` of boxes passes.

    >>> round(seconds_per_accepted_box(25.5, 9.0, 7.8, 0.622), 1)
    63.3
    """
    if not 0 < acceptance <= 1:
        raise ValueError(f"acceptance {acceptance} is not in (0, 1]")
    return (draw + check) / acceptance + coverage


def object_scales(boxes: ArrayLike, width: int, height: int) -> NDArray[np.float64]:
    """Share of the picture's area that each box covers, shape (n,).

    >>> object_scales([[0, 0, 9, 9]], 20, 20).tolist()
    [0.25]
    """
    return np.asarray(sides(boxes).prod(axis=1) / (width * height))
