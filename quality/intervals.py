"""How sure a counted share is."""

from __future__ import annotations

from math import exp, lgamma, log, log1p
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


def jeffreys(hits: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Equal-tailed interval of a share under Jeffreys' prior, Beta(1/2, 1/2) (Brown, Cai and DasGupta 2001).

    All or none seen gives an end of 1 or 0.

    Examples
    --------
    >>> low, high = jeffreys(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.619, 0.989)
    """
    tail = (1 - level) / 2
    good, bad = hits + 0.5, trials - hits + 0.5
    low = 0.0 if hits <= 0 else beta_quantile(tail, good, bad)
    high = 1.0 if hits >= trials else beta_quantile(1 - tail, good, bad)
    return low, high


def beta_quantile(p: float, a: float, b: float) -> float:
    """Where Beta(a, b) has probability p below it, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_below(middle, a, b) < p else (low, middle)
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """Probability of Beta(a, b) below x: the regularised incomplete beta function (DLMF 8.17.22).

    Examples
    --------
    >>> round(beta_below(0.5, 2, 2), 12), round(beta_below(0.25, 1, 1), 12)
    (0.5, 0.25)
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front / _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Lentz's method on the fraction of DLMF 8.17.22."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 400):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d)
        c = 1 + term / c
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value
