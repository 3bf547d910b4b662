"""Of copies that arrive in a synset the best stays, also in place of one that nobody was asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.copies.appraisal import Appraisal, Beside, Descent, with_few_partners
from pipeline.ports import BlobDamaged, BlobMissing, BlobStore
from quality.copies import Copies
from quality.duplicate_groups import below_sources
from quality.first_copies import first_copies
from quality.wear import fidelity


class Shown(NamedTuple):
    """A candidate, the name and pixels of its picture, and whether it stays whatever it resembles."""

    id: int
    picture: str
    pixels: int
    stays: bool


def copies_among(
    candidates: Sequence[Shown], near: Copies, open_blobs: Callable[[], BlobStore], sure: float
) -> dict[int, tuple[int, float]]:
    """Map the ids of candidates that are surely copies to the id of the one to keep, and the probability.

    `near` counts rows of `candidates`. The most faithful is kept, and of equals the earliest; those that can
    both go are decoded to tell. Votes on a candidate, its truth and work under way keep it where it is.
    """
    fixed = np.array([one.stays for one in candidates], bool)
    worth = _worth(candidates, near, ~fixed, open_blobs, sure)
    rank = np.empty(len(candidates), np.int64)
    ids = np.array([one.id for one in candidates], np.int64)
    rank[np.lexsort((ids, -worth))] = np.arange(len(candidates))
    found = first_copies(near, rank, fixed, sure)
    return {candidates[row].id: (candidates[of].id, chance) for row, (of, chance) in found.items()}


def _worth(
    candidates: Sequence[Shown],
    near: Copies,
    free: NDArray[np.bool_],
    open_blobs: Callable[[], BlobStore],
    sure: float,
) -> NDArray[np.floating]:
    chosen = np.flatnonzero((near.measured.probability >= sure) & free[near.left] & free[near.right])
    ends = zip(near.left[chosen].tolist(), near.right[chosen].tolist(), strict=True)
    chosen = chosen[list(with_few_partners(ends))]
    left, right = near.left[chosen], near.right[chosen]
    names = {candidates[row].picture for row in (*left.tolist(), *right.tolist())}
    pairs = [
        Beside(at, candidates[one].picture, candidates[other].picture)
        for at, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True))
    ]
    pixels = np.array([one.pixels for one in candidates])
    try:
        lost, descent = Appraisal(open_blobs)(sorted(names)), Descent(open_blobs)(pairs)
    except (BlobMissing, BlobDamaged):  # `database verify` tells; what else is known has to do
        lost, descent = {}, {}
    octaves = fidelity(pixels, np.array([lost.get(one.picture, 0.0) for one in candidates]))
    descents = np.array([descent.get(at, 0) for at in range(len(pairs))], np.int64)
    return below_sources(np.round(octaves, 1), left, right, descents)
