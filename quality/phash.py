"""Perceptual hashes: one 64-bit word for how a picture looks, each definition under a name of its own.

Hashes of different definitions must never be compared: store the definition's name beside every hash.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from quality.jpeg_segments import Frame, first_scan, plain_frame

PHASH64 = "phash64/1"
"""The reference: imagehash.phash, bit for bit."""

FAST64 = "phash64-draft/1"
"""The same from the smallest JPEG decoding that covers 32 pixels: within 2 bits for nearly all photos."""

SIDE = 32
LOW = 8
# libjpeg decodes at 1/8 from the first coefficient of each block alone.
SMALLEST_SCALE = 8
SCALES = (SMALLEST_SCALE, 4, 2)
# Sizes of pictures, and of their axes, for which the way to hash them is kept: some 3 kB each.
KNOWN_SIZES = 1024
# Pixels along an axis, as decoded, up to which its transform is worked out, in their square's memory.
LONGEST = 4096
# Components of JPEGs that libjpeg decodes to grey by itself.
GREY, COLOUR = 1, 3

Transform = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of a picture (height, width) to the low frequencies of 32x32: (8, height) from the left, (8, width)."""


def cosines(low: int, side: int) -> NDArray[np.float64]:
    """Give what leads from `side` values to the lowest `low` of their frequencies, (low, side)."""
    return np.asarray(np.cos(np.pi * np.outer(np.arange(low), 2 * np.arange(side) + 1) / (2 * side)))


COSINES = cosines(LOW, SIDE).astype(np.float32)


def pack(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack (..., 64) booleans to (...) uint64, the first boolean becoming the highest bit.

    >>> hex(pack(np.arange(64) < 4))
    '0xf000000000000000'
    """
    return np.packbits(bits, axis=-1).view(">u8")[..., 0].astype(np.uint64)


def hash_coefficients(coefficients: NDArray[np.floating]) -> NDArray[np.uint64]:
    """Hash (..., 8, 8) coefficients to (...) uint64: a bit says that a coefficient is above their median."""
    flat = coefficients.reshape(*coefficients.shape[:-2], LOW * LOW)
    # What np.median gives, at a tenth of its price for one picture.
    ordered, upper = np.sort(flat, axis=-1), LOW * LOW // 2
    median = (ordered[..., upper - 1] + ordered[..., upper]) / 2
    return pack(flat > median[..., None])


def phash64(image: Image.Image) -> int:
    """Hash a picture as imagehash.phash does: `f"{phash64(image):016x}" == str(imagehash.phash(image))`.

    The picture is taken as stored: an EXIF orientation is not applied.
    """
    from scipy.fftpack import dct

    grey = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    # The reference's own transform: in pictures with symmetries its rounding noise decides bits.
    coefficients = dct(dct(grey, axis=0), axis=1)
    return int(hash_coefficients(coefficients[:LOW, :LOW]))


def fast_phash64(encoded: bytes) -> int:
    """Hash an encoded picture from as little decoding as a 32x32 hash needs.

    JPEGs are decoded at a fraction of their size, and large progressive ones from their first scan alone;
    other formats are decoded whole.

    Raises
    ------
    OSError
        When Pillow cannot read the picture.
    """
    frame = plain_frame(encoded)
    if frame and _is_harmless(frame):
        # A damaged one is opened below, so that Pillow says how it is damaged.
        with suppress(ValueError):
            return _frame_hash(encoded, frame)
    return _opened_hash(encoded)


def _is_harmless(frame: Frame) -> bool:
    width, height = frame.width, frame.height
    is_short = max(width, height) <= LONGEST * scale_of(width, height)
    return is_short and frame.components in {GREY, COLOUR} and width * height <= (Image.MAX_IMAGE_PIXELS or 0)


def _frame_hash(jpeg: bytes, frame: Frame) -> int:
    """Hash a JPEG whose header is known, without reading it again."""
    if frame.progressive and min(frame.width, frame.height) >= SMALLEST_SCALE * SIDE:
        jpeg = first_scan(jpeg)
    scale, size, transform = reduction(frame.width, frame.height)
    # As Pillow's own JPEG reader calls its decoder: the colours wanted, those of the file, the scale.
    return _grey_hash(Image.frombytes("L", size, jpeg, "jpeg", "L", "", scale, 0), transform)


def _opened_hash(encoded: bytes) -> int:
    image = Image.open(BytesIO(encoded))
    if image.mode == "CMYK":  # drafted to grey it shrinks and stays CMYK: the reference is of the whole
        return phash64(image)
    if image.info.get("progressive") and min(image.size) >= SMALLEST_SCALE * SIDE:
        image = Image.open(BytesIO(first_scan(encoded)))
    drafted = image.draft("L", (SIDE, SIDE))
    if drafted is None or image.mode != "L" or max(image.size) > LONGEST:
        return phash64(image)
    width, height = drafted[1][2:]
    return _grey_hash(image, (cosines_of(image.height, height), cosines_of(image.width, width)))


def _grey_hash(image: Image.Image, transform: Transform) -> int:
    pixels = np.ndarray((image.height, image.width), np.uint8, image.tobytes())
    down, across = transform
    return int(hash_coefficients(down @ pixels.astype(np.float32) @ across.T))


def scale_of(width: int, height: int) -> int:
    """Give the k of the smallest scale, 1/k, at which a JPEG of this size still covers 32x32 pixels."""
    return next((k for k in SCALES if min(width, height) // SIDE >= k), 1)


@lru_cache(KNOWN_SIZES)
def reduction(width: int, height: int) -> tuple[int, tuple[int, int], Transform]:
    """Give the scale (1/k) that a JPEG is decoded at, the size that this gives, and the transform of that."""
    scale = scale_of(width, height)
    size = (-(-width // scale), -(-height // scale))
    return scale, size, (cosines_of(size[1], height / scale), cosines_of(size[0], width / scale))


@lru_cache(KNOWN_SIZES)
def cosines_of(length: int, end: float) -> NDArray[np.float32]:
    """Give the cosine transform of an axis that Pillow resizes from 0..end to 32 pixels, (8, length)."""
    box = (0, 0, length, end)
    each = Image.fromarray(np.eye(length, dtype=np.float32))
    resized = np.asarray(each.resize((length, SIDE), Image.Resampling.LANCZOS, box=box))
    product: NDArray[np.float32] = COSINES @ resized
    return product


def as_signed(hashed: int) -> int:
    """Give the hash as a signed 64-bit integer, as an SQL BIGINT holds it.

    >>> as_signed(2**64 - 1), as_unsigned(-1) == 2**64 - 1
    (-1, True)
    """
    return hashed - (1 << 64) if hashed >> 63 else hashed


def as_unsigned(stored: int) -> int:
    """Undo `as_signed`."""
    return stored % (1 << 64)
