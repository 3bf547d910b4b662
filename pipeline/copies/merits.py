"""What speaks for keeping each of some copies of one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.duplicate_groups import Rows, below_sources, edits_against, equals, intactness
from quality.signature import Signatures, border_of
from quality.wear import fidelity


class Joined(NamedTuple):
    """Sure pairs, (k,) each: of which rows, whether equal, and how edited the left one is."""

    left: Rows
    right: Rows
    identical: NDArray[np.bool_]
    edited: NDArray[np.floating]


def merits_of(
    members: Sequence[Any], signatures: Signatures, joined: Joined, descents: tuple[Rows, Rows, Rows]
) -> dict[str, NDArray[np.floating]]:
    """Measure what speaks for keeping each of n members, (n,), by the names of `dedup.weights`.

    A member has `id`, `width`, `height`, `changes`, `license` and `lost`, its octaves of resolution lost.
    `descents`: pairs of rows, and which was made from the other, as for `below_sources`.
    """
    left, right = joined.left, joined.right
    first, unequal = equals(len(members), left, right, joined.identical)
    edited = joined.edited[unequal]
    marks = edits_against(len(members), first[left[unequal]], first[right[unequal]], edited)[first]
    borders = border_of(signatures)
    # Rounded, so that chance does not outrank resolution; of equals the one that we had to convert loses.
    converted = np.array([len(set(one.changes) - {"metadata"}) for one in members], np.float64)
    pixels = np.array([one.width * one.height for one in members]) * (1 - borders.astype(np.float64))
    lost = np.array([one.lost for one in members], np.float64)
    return {
        "pixels": below_sources(pixels, *descents),
        "fidelity": below_sources(np.round(fidelity(pixels, lost), 1), *descents),
        "intact": np.round(intactness(signatures).astype(np.float64), 1)
        - np.round(marks, 2)
        - converted / 1000,
        "licence": np.array([bool(one.license) for one in members], np.float64),
        "earliest": -np.array([one.id for one in members], np.float64),
    }
