"""Pictures of soft blotches, each examined once however often tests collect it."""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from pipeline.collection.examination import Examined, Examiner
from pipeline.pictures import PictureLimits
from pipeline.ports import Fetched


def photograph(number: int, side: int = 64) -> Image.Image:
    """A picture of soft blotches, unlike that of any other number."""
    dice = np.random.default_rng(number)
    coarse = dice.integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """Encode a picture."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


class Kept:
    """A blob store for one picture."""

    data = b""

    def put_all(self, blobs: Iterable[bytes]) -> list[str]:
        (self.data,) = blobs
        return [sha256(self.data).hexdigest()]


@cache
def examined(encoded: bytes) -> tuple[bytes, Examined]:
    """What the store would hold of a picture, and what collection would know of it."""
    kept: Any = Kept()
    ((_, seen),) = Examiner(len(encoded), PictureLimits(), kept).examine([Fetched("", "", data=encoded)])
    assert isinstance(seen, Examined)
    return kept.data, seen


@cache
def numbered(number: int) -> bytes:
    """The photograph of this number, encoded."""
    return jpeg(photograph(number))
