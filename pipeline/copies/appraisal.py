"""How worn pictures are, measured when it must be known which copy to keep: most pictures have none."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from pipeline.copies.folder_reading import FORMATS
from pipeline.pictures import plain
from pipeline.ports import BlobStore
from quality.compression import quantisation
from quality.wear import Wear, wear

TOGETHER = 256
"""Pictures that are appraised, and noted, at a time."""


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
