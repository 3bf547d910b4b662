"""Of pictures as they arrive, the best of each stays and what copies it goes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from quality.copies import Copies
from quality.duplicate_groups import equals


def first_copies(
    copies: Copies, rank: NDArray[np.integer], fixed: NDArray[np.bool_], sure: float
) -> dict[int, tuple[int, float]]:
    """Map each row that is surely a copy of one that stays to that row, and the probability.

    A chain through a picture that goes is cut: what copies that alone stays.

    Parameters
    ----------
    copies : measured pairs of rows. Of equal pictures one alone is compared with others.
    rank : (n,) place of each row in the order in which they may stay, the best first.
    fixed : (n,) which rows stay whatever they resemble.
    sure : probability from which a pair counts as copies.
    """
    told = np.flatnonzero(copies.measured.probability >= sure)
    left, right, chance = copies.left[told], copies.right[told], copies.measured.probability[told]
    alike, unequal = equals(len(rank), left, right, copies.measured.identical[told])
    place = np.empty(len(rank), np.int64)
    place[np.lexsort((rank, ~fixed))] = np.arange(len(rank))
    members: dict[int, list[int]] = defaultdict(list)
    for row in np.unique(np.concatenate([left, right])).tolist():
        members[int(alike[row])].append(row)
    best = {one: min(rows, key=place.__getitem__) for one, rows in members.items()}
    beside: dict[int, dict[int, float]] = defaultdict(dict)
    for at in unequal.tolist():
        one, other = int(alike[left[at]]), int(alike[right[at]])
        beside[one][other] = beside[other][one] = max(float(chance[at]), beside[one].get(other, 0.0))
    found: dict[int, tuple[int, float]] = {}
    standing: set[int] = set()
    for one in sorted(members, key=lambda one: int(place[best[one]])):
        originals = [other for other in beside[one] if other in standing]
        original = min(originals, key=lambda other: int(place[best[other]]), default=one)
        if original == one or fixed[best[one]]:
            standing.add(one)
        for row in members[one]:
            if not fixed[row] and row != best[original]:
                found[row] = best[original], beside[one].get(original, 1.0)
    return found
