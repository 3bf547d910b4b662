"""What people make of a photograph before they post it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageEnhance

from pipeline.demo.framing import Framing, whole

GOOD, POOR = 90, 35
"""JPEG qualities."""


def _reposted(image: Image.Image, copy: Path, original: Path) -> Framing:
    copy.write_bytes(original.read_bytes())
    return Framing(whole(image))


def _recompressed(image: Image.Image, copy: Path, _original: Path) -> Framing:
    image.save(copy, quality=POOR)
    return Framing(whole(image))


def _recoloured(image: Image.Image, copy: Path, _original: Path) -> Framing:
    ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(1.12)).enhance(1.3).save(copy, quality=GOOD)
    return Framing(whole(image))


def _shrunk(image: Image.Image, copy: Path, _original: Path) -> Framing:
    return _framed(Framing(whole(image), 0.55), image, copy)


def _cropped(image: Image.Image, copy: Path, _original: Path) -> Framing:
    dx, dy = image.width * 7 // 100, image.height * 7 // 100
    return _framed(Framing((dx, dy, image.width - 1 - dx, image.height - 1 - dy)), image, copy)


def _mirrored(image: Image.Image, copy: Path, _original: Path) -> Framing:
    return _framed(Framing(whole(image), mirrored=True), image, copy)


def _framed(framing: Framing, image: Image.Image, copy: Path) -> Framing:
    framing.picture(image).save(copy, quality=GOOD)
    return framing


COPIES: dict[str, Callable[[Image.Image, Path, Path], Framing]] = {
    "reposted": _reposted,
    "recompressed": _recompressed,
    "recoloured": _recoloured,
    "shrunk": _shrunk,
    "cropped": _cropped,
    "mirrored": _mirrored,
}
"""Each writes a copy of an image (the photograph, the new file, the old file) and tells how it is framed."""
