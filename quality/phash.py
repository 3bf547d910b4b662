"""Perceptual hashes: one 64-bit word for how a picture looks, each definition under a name of its own.

Hashes of different definitions must never be compared: store the definition's name beside every hash.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fftpack import dct

PHASH64 = "phash64/1"
"""The reference: imagehash.phash, bit for bit."""

SIDE = 32
LOW = 8


def pack(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack (..., 64) booleans to (...) uint64, the first boolean becoming the highest bit.

    >>> hex(pack(np.arange(64) < 4))
    '0xf000000000000000'
    """
    return np.packbits(bits, axis=-1).view(">u8")[..., 0].astype(np.uint64)


def hash_coefficients(coefficients: NDArray[np.floating]) -> NDArray[np.uint64]:
    """Hash (..., 8, 8) coefficients to (...) uint64: a bit says that a coefficient is above their median."""
    flat = coefficients.reshape(*coefficients.shape[:-2], LOW * LOW)
    return pack(flat > np.median(flat, axis=-1, keepdims=True))


def phash64(image: Image.Image) -> int:
    """Hash a picture as imagehash.phash does: `f"{phash64(image):016x}" == str(imagehash.phash(image))`.

    The picture is taken as stored: an EXIF orientation is not applied.
    """
    grey = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    # The reference's own transform: in pictures with symmetries its rounding noise decides bits.
    coefficients = dct(dct(grey, axis=0), axis=1)
    return int(hash_coefficients(coefficients[:LOW, :LOW]))


def as_signed(hashed: int) -> int:
    """Give the hash as a signed 64-bit integer, as an SQL BIGINT holds it.

    >>> as_signed(2**64 - 1), as_unsigned(-1) == 2**64 - 1
    (-1, True)
    """
    return hashed - (1 << 64) if hashed >> 63 else hashed


def as_unsigned(stored: int) -> int:
    """Undo `as_signed`."""
    return stored % (1 << 64)
