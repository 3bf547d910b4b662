"""Hashes of a picture's parts, so that a crop is found by the part it shows.

They are perceptual hashes of windows onto a signature: fit to compare with one another, not with the hashes
of `quality.phash`, which see the whole picture with its border.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from quality.phash import COSINES, LOW, SIDE, hash_coefficients
from quality.signature import Signatures, grey_of, turned
from quality.windows import Grey, crop_windows, sampler

BLOCK = 256
WINDOWS = crop_windows()


def _transforms() -> Iterator[tuple[Grey, Grey]]:
    """Give what leads from a picture to the low frequencies of its windows, for all those of one size.

    They are every span of one axis with every span of the other, so that a few large products do for all.
    """
    for _, alike in groupby(WINDOWS, key=lambda window: tuple(window[1::2])):
        size = np.stack(list(alike))
        down, across = np.unique(size[:, :2], axis=0), np.unique(size[:, 2:], axis=0)
        yield _cosines(down), np.ascontiguousarray(_cosines(across).T)


def _cosines(spans: Grey) -> Grey:
    transform: Grey = COSINES @ sampler(spans[:, 0], spans[:, 1], SIDE)
    return transform.reshape(-1, transform.shape[2])


TRANSFORMS = list(_transforms())


def crop_hashes(signatures: Signatures) -> NDArray[np.uint64]:
    """Hash every window of (n, 4629) signatures, (n, windows); the first window is the whole."""
    hashes = np.empty((len(signatures), len(WINDOWS)), dtype=np.uint64)
    for start in range(0, len(signatures), BLOCK):
        grey = grey_of(signatures[start : start + BLOCK])
        seen = [_coefficients(grey, *transform) for transform in TRANSFORMS]
        hashes[start : start + BLOCK] = hash_coefficients(np.concatenate(seen, axis=1))
    return hashes


def _coefficients(grey: Grey, down: Grey, across: Grey) -> Grey:
    n, rows, columns = len(grey), len(down) // LOW, across.shape[1] // LOW
    tiled = (down @ grey @ across).reshape(n, rows, LOW, columns, LOW)
    return tiled.transpose(0, 1, 3, 2, 4).reshape(n, rows * columns, LOW, LOW)


def turn_hashes(signatures: Signatures, turns: int = 8) -> NDArray[np.uint64]:
    """Hash the whole of (n, 4629) signatures in each of the first turns, (n, turns)."""
    return np.stack([whole_hashes(turned(signatures, turn)) for turn in range(turns)], axis=1)


def whole_hashes(signatures: Signatures) -> NDArray[np.uint64]:
    """Hash the whole of (n, 4629) signatures, (n,): the first column of `crop_hashes`."""
    return hash_coefficients(_coefficients(grey_of(signatures), *TRANSFORMS[0])[:, 0])
