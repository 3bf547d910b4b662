"""How worn pictures are, and which was made from which: measured of copies alone, to know which to keep.

Most pictures have none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline.copies.folder_reading import FORMATS
from pipeline.pictures import plain
from pipeline.ports import BlobStore
from quality.compression import quantisation
from quality.descent import descent
from quality.duplicate_groups import Rows
from quality.wear import Wear, wear

TOGETHER = 256
"""Pictures, or pairs, that are appraised, and noted, at a time."""
LOOKED_AT = 16
"""Copies of a group that are looked at beside all others, at most."""


@dataclass(frozen=True)
class Appraisal:
    """What is done with the names of some stored pictures, by whoever reaches their store."""

    open_blobs: Callable[[], BlobStore]

    def __call__(self, names: Sequence[str]) -> dict[str, float]:
        """Give the octaves of resolution that each has lost. Raises BlobMissing and BlobDamaged."""
        blobs = self.open_blobs()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            worn = pool.map(lambda name: wear_of(BytesIO(blobs.get(name))), names)
            return {name: one.lost for name, one in zip(names, worn, strict=True)}


class Beside(NamedTuple):
    """Two stored pictures by name, copies of one, and the number of their pair."""

    pair: int
    left: str
    right: str


@dataclass(frozen=True)
class Descent:
    """What is done with some stored pictures two by two, by whoever reaches their store."""

    open_blobs: Callable[[], BlobStore]

    def __call__(self, pairs: Sequence[Beside]) -> dict[int, int]:
        """Tell of each pair whether the left was made from the right. Raises BlobMissing and BlobDamaged."""
        blobs = self.open_blobs()

        def told(pair: Beside) -> int:
            return descent_of(BytesIO(blobs.get(pair.left)), BytesIO(blobs.get(pair.right)))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return {pair.pair: descent for pair, descent in zip(pairs, pool.map(told, pairs), strict=True)}


def descents(
    groups: Iterable[Sequence[int]], beside: Callable[[list[tuple[int, int]]], Sequence[int]]
) -> tuple[Rows, Rows, Rows]:
    """Tell of pairs within groups of copies which was made from the other: left, right, descent, (k,) each.

    Of each group one copy after another is looked at beside all others: first what others were made from, as
    what else was made from it is told at once, and last what was itself made from another. `beside` looks.
    """
    # In no order: of a row of copies, each a little better than the one before, few are in the way then.
    chance = np.random.default_rng(0)
    waiting = [chance.permutation(group).tolist() for group in groups]
    found: list[tuple[int, int, int]] = []
    copies, sources = set[int](), set[int]()
    for _ in range(LOOKED_AT):
        pairs = []
        for group in waiting:
            chosen = min(group, key=lambda one: (one in copies, one not in sources), default=None)
            if chosen is None or (chosen in copies and len(group) > LOOKED_AT):
                continue  # all that are left in a large group were made from another
            group.remove(chosen)
            pairs += [(chosen, other) for other in group]
        if not pairs:
            break
        told = [(*pair, made) for pair, made in zip(pairs, beside(pairs), strict=True)]
        copies |= {left if made > 0 else right for left, right, made in told if made}
        sources |= {right if made > 0 else left for left, right, made in told if made}
        found += told
    left, right, descent = np.array(found, np.int64).reshape(-1, 3).T
    return left, right, descent


def descent_of(left: Path | BytesIO, right: Path | BytesIO) -> int:
    """Tell whether the left image file was made from the right one: as `quality.descent`.

    Raises
    ------
    OSError, ValueError
        If one cannot be decoded.
    """
    with Image.open(left, formats=FORMATS) as one, Image.open(right, formats=FORMATS) as other:
        return descent(one, other)


def wear_of(file: Path | BytesIO) -> Wear:
    """Measure the wear of an image file.

    Raises
    ------
    OSError, ValueError, RefusedPicture
        If it cannot be decoded.
    """
    with Image.open(file, formats=FORMATS) as image:
        step = quantisation(image)
        return wear(plain(image), step)
