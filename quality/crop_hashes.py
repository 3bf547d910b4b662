"""Hashes of a picture's parts, so that a crop is found by the part it shows.

They are perceptual hashes of windows onto a signature: fit to compare with one another, not with the hashes
of `quality.phash`, which see the whole picture with its border.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quality.phash import COSINES, SIDE, hash_coefficients
from quality.signature import Signatures, grey_of, turned
from quality.windows import crop_windows, sampler

BLOCK = 256
WINDOWS = crop_windows()
DOWN = COSINES @ sampler(WINDOWS[:, 0], WINDOWS[:, 1], SIDE)
ACROSS = np.ascontiguousarray((COSINES @ sampler(WINDOWS[:, 2], WINDOWS[:, 3], SIDE)).transpose(0, 2, 1))


def crop_hashes(signatures: Signatures) -> NDArray[np.uint64]:
    """Hash every window of (n, 4629) signatures, (n, windows); the first window is the whole."""
    hashes = np.empty((len(signatures), len(WINDOWS)), dtype=np.uint64)
    for start in range(0, len(signatures), BLOCK):
        grey = grey_of(signatures[start : start + BLOCK])[:, None]
        hashes[start : start + BLOCK] = hash_coefficients(DOWN @ grey @ ACROSS)
    return hashes


def turn_hashes(signatures: Signatures, turns: int = 8) -> NDArray[np.uint64]:
    """Hash the whole of (n, 4629) signatures in each of the first turns, (n, turns)."""
    return np.stack([whole_hashes(turned(signatures, turn)) for turn in range(turns)], axis=1)


def whole_hashes(signatures: Signatures) -> NDArray[np.uint64]:
    """Hash the whole of (n, 4629) signatures, (n,): the first column of `crop_hashes`."""
    return hash_coefficients(DOWN[0] @ grey_of(signatures) @ ACROSS[0])
