"""Of copies that arrive in a synset the best stays, also in place of one that nobody was asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.copies.appraisal import Appraisal, Beside, Descent, descents
from pipeline.copies.merits import Joined, merits_of
from pipeline.ports import BlobDamaged, BlobMissing, BlobStore
from pipeline.settings import Dedup
from quality.copies import Copies
from quality.duplicate_groups import Rows, best_first, joined_rows
from quality.first_copies import first_copies
from quality.signature import Signatures


@dataclass(frozen=True, slots=True)
class Shown:
    """A candidate with what speaks for it, and whether it stays whatever it resembles.

    Votes on it, its truth, and work under way keep a candidate where it is.
    """

    id: int
    picture: str
    width: int
    height: int
    changes: Sequence[str]
    license: str
    stays: bool
    lost: float = 0.0
    known: bool = False
    """Whether its truth is known: then it goes only where one that stays, or another like it, does."""


def copies_among(
    candidates: Sequence[Shown],
    signatures: Signatures,
    near: Copies,
    open_blobs: Callable[[], BlobStore],
    settings: Dedup,
) -> dict[int, tuple[int, float]]:
    """Map the ids of candidates that are surely copies to the id of the one to keep, and the probability.

    `near` counts rows of `candidates` and of their signatures. Kept is what the last stage would keep
    (`kept_copies`); pictures are decoded to tell.
    """
    sure = np.flatnonzero(near.measured.probability >= settings.sure)
    rows, ends = np.unique([near.left[sure], near.right[sure]], return_inverse=True)
    left, right = ends.reshape(2, -1)
    groups = joined_rows(len(rows), left, right)
    members, made = _looked_at([candidates[row] for row in rows.tolist()], groups, open_blobs)
    joined = Joined(left, right, near.measured.identical[sure], near.measured.edited[sure])
    merits = merits_of(members, signatures[rows], joined, made)
    order = np.concatenate([best_first(group, merits, settings.weights) for group in groups])
    order = order[np.argsort([not members[row].known for row in order], kind="stable")]
    rank = np.zeros(len(candidates), np.int64)
    rank[rows[order]] = np.arange(len(rows))
    found = first_copies(near, rank, np.array([one.stays for one in candidates]), settings.sure)
    return {candidates[row].id: (candidates[of].id, chance) for row, (of, chance) in found.items()}


def _looked_at(
    members: Sequence[Shown], groups: Sequence[Rows], open_blobs: Callable[[], BlobStore]
) -> tuple[Sequence[Shown], tuple[Rows, Rows, Rows]]:
    """Measure the wear of those that may go, and which of them were made from which."""
    free = [[row for row in group.tolist() if not members[row].stays] for group in groups]
    compared = [group for group in free if len(group) > 1]
    names = [one.picture for one in members]

    def beside(pairs: list[tuple[int, int]]) -> list[int]:
        shown = [Beside(at, names[left], names[right]) for at, (left, right) in enumerate(pairs)]
        return list(Descent(open_blobs)(shown).values())

    try:
        lost = Appraisal(open_blobs)(sorted({names[row] for group in compared for row in group}))
        made = descents(compared, beside)
    except (BlobMissing, BlobDamaged):  # `database verify` tells; what else is known has to do
        return members, descents([], beside)
    return [replace(one, lost=lost.get(one.picture, 0.0)) for one in members], made
