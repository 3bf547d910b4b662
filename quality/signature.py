"""A picture's signature: 4629 bytes that stand for its pixels when copies are confirmed.

The uniform border is cut off first, and what is left is squeezed to 64x64 grey levels and 16x16 of each
chroma; four bytes keep how much was cut at the top, bottom, left and right, in 1/255 of the side; one how
much of the picture has the commonest grey level, as paper in a drawing has. So little is left of a plain
picture that many others have the same: sixteen bytes more are a digest of its pixels and size. Pictures with
texture have zeros there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from quality.tiles import LOW_TEXTURE_SHARE, Floats, texture
from quality.windows import SIDE, Grey

SIGNATURE = "picture64/2"
"""The name of this definition: signatures of different names must not be compared."""

CHROMA = 16
GREY_BYTES = SIDE * SIDE
CHROMA_BYTES = CHROMA * CHROMA
BORDER = slice(GREY_BYTES + 2 * CHROMA_BYTES, GREY_BYTES + 2 * CHROMA_BYTES + 4)
PAPER = BORDER.stop
LOOK_BYTES = PAPER + 1
"""How many of the first bytes say how the picture looks."""

DIGEST_BYTES = 16
SIGNATURE_BYTES = LOOK_BYTES + DIGEST_BYTES
BLOCK = 256

# Sides that a scaled decoding must keep for a signature.
DRAFT = 128
THUMBNAIL = 192
UNIFORM = 4.0
SAME_LEVEL = 6.0
LEAST_KEPT = 0.3
PAPER_LEVELS = 2

Signatures = NDArray[np.uint8]


def signature(image: Image.Image) -> Signatures:
    """Squeeze a picture to its signature, (4629,) uint8; `.tobytes()` stores it, `np.frombuffer` loads it.

    Signatures of plain pictures (`is_plain`) made from a scaled decoding must not be compared with others.
    """
    colour = image.convert("RGB")
    top, bottom, left, right = cut = uniform_border(colour)
    width, height = colour.size
    box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    small = colour.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box, reducing_gap=3)
    grey, blue, red = small.convert("YCbCr").split()
    chroma = [plane.resize((CHROMA, CHROMA), Image.Resampling.BOX) for plane in (blue, red)]
    planes = [np.asarray(plane).ravel() for plane in (grey, *chroma)]
    rest = np.round(np.array([*cut, _paper(colour, box)]) * 255).astype(np.uint8)
    look = np.concatenate([*planes, rest])
    plain = is_plain(look[None])[0]
    return np.concatenate([look, _digest(colour) if plain else np.zeros(DIGEST_BYTES, np.uint8)])


def is_plain(signatures: Signatures) -> NDArray[np.bool_]:
    """Tell of (n, bytes) signatures which pictures have too little texture to be compared by it, (n,)."""
    starts = range(0, max(len(signatures), 1), BLOCK)
    shares = [texture(grey_of(signatures[start : start + BLOCK])) for start in starts]
    plain: NDArray[np.bool_] = np.concatenate(shares) < LOW_TEXTURE_SHARE
    return plain


def same_pixels(a: Signatures, b: Signatures) -> NDArray[np.bool_]:
    """Tell of n pairs of plain pictures which are equal pixel for pixel, (n,)."""
    mine, other = a[:, LOOK_BYTES:], b[:, LOOK_BYTES:]
    equal: NDArray[np.bool_] = (mine == other).all(axis=1) & mine.any(axis=1)
    return equal


def _digest(image: Image.Image) -> Signatures:
    read = hashlib.blake2b(repr(image.size).encode(), digest_size=DIGEST_BYTES)
    read.update(image.tobytes())
    return np.frombuffer(read.digest(), np.uint8)


def _paper(image: Image.Image, box: tuple[float, float, float, float]) -> float:
    """Give the share of pixels whose grey level is the commonest, or nearly."""
    seen = image.resize((DRAFT, DRAFT), Image.Resampling.NEAREST, box=box).convert("L")
    counts = np.convolve(seen.histogram(), np.ones(2 * PAPER_LEVELS + 1), "same")
    return float(counts.max()) / DRAFT**2


def uniform_border(image: Image.Image) -> tuple[float, float, float, float]:
    """Measure the border of one colour at the top, bottom, left and right, in fractions of the side."""
    scale = min(1, THUMBNAIL / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # Most pictures have none, and their outermost lines tell.
    if size != image.size and not any(map(_is_first_of_border, _outermost(image, *size))):
        return 0.0, 0.0, 0.0, 0.0
    pixels = np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float32)
    return *_both_ends(pixels), *_both_ends(pixels.transpose(1, 0, 2))


def _outermost(image: Image.Image, columns: int, rows: int) -> Iterator[Grey]:
    """Give the first and last rows and columns of a picture scaled to so many, (n, 3) each."""
    right, bottom = image.size
    wide, high = right / columns, bottom / rows
    for size, box in (
        ((columns, 1), (0, 0, right, high)),
        ((columns, 1), (0, bottom - high, right, bottom)),
        ((1, rows), (0, 0, wide, bottom)),
        ((1, rows), (right - wide, 0, right, bottom)),
    ):
        line = image.resize(size, Image.Resampling.BOX, box=box)
        yield np.asarray(line, dtype=np.float32).reshape(-1, 3)


def _is_first_of_border(line: Grey) -> bool:
    return _is_plain(line, _mean(line))


def _both_ends(lines: Grey) -> tuple[float, float]:
    first, last = _uniform_lines(lines), _uniform_lines(lines[::-1])
    if first + last > (1 - LEAST_KEPT) * len(lines):
        return 0.0, 0.0
    return first / len(lines), last / len(lines)


def _uniform_lines(lines: Grey) -> int:
    level, count = _mean(lines[0]), 0
    while count < len(lines) and _is_plain(lines[count], level):
        count += 1
    # The line beyond a border is blurred with it.
    return count + 1 if count else 0


def _is_plain(line: Grey, level: Grey) -> bool:
    mean = _mean(line)
    alike = np.abs(mean - level).max() <= SAME_LEVEL
    return bool(alike and np.sqrt(_mean((line - mean) ** 2)).max() <= UNIFORM)


def _mean(line: Grey) -> Grey:
    # Of so few numbers, np.mean would take four times as long to begin as to add them up.
    mean: Grey = np.add.reduce(line, axis=0) / np.float32(len(line))
    return mean


def grey_of(signatures: Signatures) -> Grey:
    """Give the (n, 64, 64) grey planes of (n, 4629) signatures."""
    return signatures[:, :GREY_BYTES].reshape(-1, SIDE, SIDE).astype(np.float32)


def chroma_of(signatures: Signatures) -> Grey:
    """Give the (n, 2, 256) chroma planes, blue and red."""
    return (
        signatures[:, GREY_BYTES : GREY_BYTES + 2 * CHROMA_BYTES]
        .reshape(-1, 2, CHROMA_BYTES)
        .astype(np.float32)
    )


def frames_of(signatures: Signatures) -> Grey:
    """Give the window of each stored picture that its border leaves, (n, 4) as (top, height, left, width)."""
    top, bottom, left, right = signatures[:, BORDER].T.astype(np.float32) / np.float32(255)
    return np.stack([top, 1 - top - bottom, left, 1 - left - right], axis=1)


def paper_of(signatures: Signatures) -> Floats:
    """Give the share of each picture that has the commonest grey level, (n,)."""
    return signatures[:, PAPER] / 255


def border_of(signatures: Signatures) -> Grey:
    """Give the share of each picture's area that its uniform border took, (n,)."""
    frames = frames_of(signatures)
    return 1 - frames[:, 1] * frames[:, 3]


def turned(signatures: Signatures, turn: int) -> Signatures:
    """Give (n, 4629) signatures of the pictures mirrored if turn >= 4, then turned left turn % 4 quarters.

    What a turned picture's digest would be is not known: it becomes zero.
    """
    if not turn:
        return signatures
    cuts = np.cumsum([GREY_BYTES, CHROMA_BYTES, CHROMA_BYTES, 4, 1])
    *planes, border, paper, digest = np.split(signatures, cuts, axis=1)
    sides = border[:, [0, 1, 3, 2]] if turn >= 4 else border
    for _ in range(turn % 4):
        sides = sides[:, [3, 2, 0, 1]]
    return np.concatenate(
        [*(_turn(plane, turn) for plane in planes), sides, paper, np.zeros_like(digest)], axis=1
    )


def _turn(plane: Signatures, turn: int) -> Signatures:
    side = round(plane.shape[1] ** 0.5)
    square = plane.reshape(-1, side, side)
    mirrored = square[:, :, ::-1] if turn >= 4 else square
    return np.rot90(mirrored, turn % 4, axes=(1, 2)).reshape(plane.shape)
