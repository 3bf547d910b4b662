"""How worn pictures are, and which was made from which: measured of copies alone, to know which to keep.

Most pictures have none.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, TypeVar

from PIL import Image

from pipeline.copies.folder_reading import FORMATS
from pipeline.pictures import plain
from pipeline.ports import BlobStore
from quality.compression import quantisation
from quality.descent import descent
from quality.wear import Wear, wear

T = TypeVar("T")

TOGETHER = 256
"""Pictures, or pairs, that are appraised, and noted, at a time."""
PARTNERS = 16
"""Copies beside which a picture is looked at: enough to find what it was made from in any group."""


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


def with_few_partners(pairs: Iterable[tuple[T, T]]) -> Iterator[bool]:
    """Tell of each pair whether both sides have been seen in few before it.

    >>> list(with_few_partners([("a", "b")] * 17)) == 16 * [True] + [False]
    True
    """
    seen: Counter[T] = Counter()
    for pair in pairs:
        yield all(seen[side] < PARTNERS for side in pair)
        seen.update(pair)


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
