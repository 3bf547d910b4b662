"""Of pictures as they arrive, the first of each stays and what copies it goes."""

from __future__ import annotations

import numpy as np

from quality.copies import Copies


def first_copies(copies: Copies, held: int, sure: float) -> dict[int, tuple[int, float]]:
    """Map each new row that is surely a copy to the first row that it copies, and the probability.

    Parameters
    ----------
    copies : measured pairs of rows.
    held : the first `held` rows are old, and stay whatever they resemble.
    sure : probability from which a pair counts as copies.
    """
    found: dict[int, tuple[int, float]] = {}
    for at in np.lexsort((copies.left, copies.right)):
        left, right = int(copies.left[at]), int(copies.right[at])
        chance = float(copies.measured.probability[at])
        if chance < sure or right < held:
            continue
        if left not in found:
            found.setdefault(right, (left, chance))
        elif copies.measured.identical[at]:
            # Of equal pictures the first alone is compared with others.
            found.setdefault(right, found[left])
    return found
