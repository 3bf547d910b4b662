"""How sure a counted share is."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray


def wilson(
    part: ArrayLike, whole: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the Wilson score interval of a share, each shaped as the counts are together.

    It stays within [0, 1] and is honest near the ends, where the usual plus-or-minus is not. Of nothing
    counted nothing is known: 0 to 1. Source: Wilson 1927.

    Raises
    ------
    ValueError
        If a part is negative or exceeds its whole, or the level is not in (0, 1).

    >>> low, high = wilson(10, 10)
    >>> round(float(low), 4), float(high)
    (0.7225, 1.0)
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not in (0, 1)")
    k, n = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    if (k < 0).any() or (k > n).any():
        raise ValueError("a part is negative or exceeds its whole")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = np.divide(k, n, out=np.full(np.broadcast(k, n).shape, 0.5), where=n > 0)
    centre = n * share + z * z / 2
    spread = z * np.sqrt(n * share * (1 - share) + z * z / 4)
    low, high = (centre - spread) / (n + z * z), (centre + spread) / (n + z * z)
    return np.where(k == 0, 0.0, np.clip(low, 0, 1)), np.where(k == n, 1.0, np.clip(high, 0, 1))
