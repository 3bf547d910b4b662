"""Pictures as they come from the world: good ones, and one that would fill the memory."""

import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image


def photograph(number: int, side: int = 96) -> Image.Image:
    coarse = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def huge_png() -> bytes:
    """A 50,000 x 50,000 PNG of a few hundred bytes: only its header is true."""
    small = encoded(Image.new("RGB", (1, 1)), "PNG")
    header = bytearray(small)
    header[16:24] = (50_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    return bytes(header)
