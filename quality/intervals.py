"""Intervals for shares: how far a count can be trusted."""

from __future__ import annotations

from math import exp, lgamma, log, log1p
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from quality.arrays import FloatArray


def wilson(hits: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Score intervals of shares (Wilson 1927), element by element; 0 to 1 where nothing was tried.

    Examples
    --------
    >>> low, high = wilson(5, 1500)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0014, 0.0078)
    """
    hit, tried = np.asarray(hits, np.float64), np.asarray(trials, np.float64)
    number = np.maximum(tried, 1e-12)
    z, share = NormalDist().inv_cdf((1 + level) / 2), hit / number
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z / (1 + z * z / number) * np.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    nothing = tried <= 0
    low = np.where(nothing, 0.0, np.maximum(middle - half, 0))
    return low, np.where(nothing, 1.0, np.minimum(middle + half, 1))


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
