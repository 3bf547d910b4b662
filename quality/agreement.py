"""How far raters agree beyond chance, over images with any number of answers each."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quality.arrays import FloatArray


def fleiss_kappa(counts: ArrayLike) -> float:
    """Agreement beyond chance of many raters (Fleiss 1971).

    Parameters
    ----------
    counts : (images, kinds of answer). Images need not have equally many answers; those with fewer than two
        are left out.

    Returns
    -------
    1 for perfect agreement, 0 for chance, nan where there is nothing to agree on.

    Examples
    --------
    >>> fleiss_kappa([[3, 0], [0, 3]])
    1.0
    >>> round(fleiss_kappa([[4, 0], [0, 4], [3, 1]]), 3)
    0.657
    """
    rated = _rated(counts)
    raters = rated.sum(axis=1)
    shares = rated.sum(axis=0) / max(rated.sum(), 1)
    seen = ((rated * (rated - 1)).sum(axis=1) / (raters * (raters - 1))).mean() if len(rated) else np.nan
    return _beyond_chance(1 - seen, 1 - float((shares**2).sum()))


def krippendorff_alpha(counts: ArrayLike, times: ArrayLike = 1) -> float:
    """Reliability for nominal answers, in which every answer weighs the same (Krippendorff 2004, chapter 11).

    `times`: how many items there are of each row, (rows,), or of all.

    Examples
    --------
    >>> krippendorff_alpha([[3, 0], [0, 2]])
    1.0
    """
    table = np.asarray(counts, np.float64)
    items = np.broadcast_to(np.asarray(times, np.float64), len(table))[table.sum(axis=1) >= 2, None]
    rated = _rated(table)
    raters, answers = rated.sum(axis=1, keepdims=True), (items * rated).sum()
    if answers < 2:
        return float("nan")
    observed = (items * rated * (raters - rated) / (raters - 1)).sum() / answers
    total = (items * rated).sum(axis=0)
    return _beyond_chance(
        float(observed), float((total * (answers - total)).sum() / (answers * (answers - 1)))
    )


def _rated(counts: ArrayLike) -> FloatArray:
    table = np.asarray(counts, np.float64)
    rated: FloatArray = table[table.sum(axis=1) >= 2]
    return rated


def _beyond_chance(disagreement: float, by_chance: float) -> float:
    return float(1 - disagreement / by_chance) if by_chance > 0 else float("nan")
