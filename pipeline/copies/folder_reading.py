"""Reads the image files of a folder on all cores: signatures of all, or hashes to sift them first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.pictures import PictureLimits, RefusedPicture, check_frames, orientation, upright
from quality.copies import WHOLE_DISTANCE
from quality.near_pairs import components
from quality.phash import fast_phash64, phash64
from quality.signature import DRAFT, SIGNATURE_BYTES, border_of, is_plain, signature

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
# Names of pictures, those of formats that are not read among them: no such file is passed over in silence.
SUFFIXES = {
    *(
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".mpo",
        ".png",
        ".apng",
        ".gif",
        ".webp",
        ".bmp",
        ".tif",
        ".tiff",
        ".avif",
    ),
    *(".heic", ".heif", ".jp2", ".j2k", ".jxl", ".ppm", ".pgm", ".tga", ".ico", ".psd"),
}
BATCH = 64
MOST_PIXELS = PictureLimits().max_pixels

Progress = Callable[[int, int], None]
T = TypeVar("T")


class Reading(NamedTuple):
    """What a batch of files gave: the files read, their signatures and sizes, and what was broken."""

    files: list[str]
    signatures: NDArray[np.uint8]
    pixels: NDArray[np.int64]
    bytes: NDArray[np.int64]
    broken: list[tuple[str, str]]


def list_files(folder: Path) -> list[str]:
    """List the files below a folder in order, leaving out hidden ones and links.

    A folder that cannot be listed stands for what is in it, so that whoever reads it says why.
    """
    found, folders = [], [folder]
    while folders:
        below = folders.pop()
        try:
            entries = [entry for entry in os.scandir(below) if not entry.name.startswith(".")]
        except OSError:
            found.append(below)
            continue
        folders += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        found += [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def read_all(folder: Path, files: list[str], progress: Progress) -> Reading:
    """Read the files in batches on all cores."""
    readings = [read_batch(folder, []), *_in_batches(read_batch, folder, files, progress)]
    names, signatures, pixels, sizes, broken = zip(*readings, strict=True)
    return Reading(
        list(chain.from_iterable(names)),
        np.concatenate(signatures),
        np.concatenate(pixels),
        np.concatenate(sizes),
        list(chain.from_iterable(broken)),
    )


def _in_batches(
    job: Callable[[Path, list[str]], T], folder: Path, files: list[str], progress: Progress
) -> Iterator[T]:
    batches = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    with ProcessPoolExecutor(os.cpu_count()) if len(batches) > 1 else nullcontext() as pool:
        for number, done in enumerate((pool.map if pool else map)(partial(job, folder), batches), 1):
            yield done
            progress(min(number * BATCH, len(files)), len(files))


def read_batch(folder: Path, files: list[str]) -> Reading:
    """Read some files one after another; what neither is an image nor is named like one is passed over."""
    read, broken = [], []
    for file in files:
        try:
            read.append((file, *read_image(folder / file)))
        except UnidentifiedImageError:
            if Path(file).suffix.lower() in SUFFIXES:
                broken.append((file, "not an image, or of a format that is not read"))
        except RefusedPicture as refusal:
            broken.append((file, refusal.text))
        except Exception as error:  # Pillow raises nearly anything on bytes made to break it
            broken.append((file, f"{type(error).__name__}: {error}"))
    names, signatures, pixels, sizes = zip(*read, strict=True) if read else ((),) * 4
    return Reading(
        list(names),
        np.array(signatures, dtype=np.uint8).reshape(-1, SIGNATURE_BYTES),
        np.array(pixels, dtype=np.int64),
        np.array(sizes, dtype=np.int64),
        broken,
    )


def read_image(path: Path) -> tuple[NDArray[np.uint8], int, int]:
    """Sign one image file, upright: signature, pixels inside any border, size in bytes."""
    with Image.open(path, formats=FORMATS) as image:
        pixels = image.width * image.height
        image.draft("RGB", (DRAFT, DRAFT))
        check_still(image)
        signed = signature(upright(image))
    if is_plain(signed[None])[0]:
        signed = signature(read_whole(path))
    inside = round(pixels * (1 - float(border_of(signed[None])[0])))
    return signed, inside, path.stat().st_size


def check_still(image: Image.Image) -> None:
    """Raise RefusedPicture unless this is one picture, and of a size that may be decoded from here on."""
    check_frames(image)
    if image.width * image.height > MOST_PIXELS:
        raise RefusedPicture(
            "too_large", f"{image.width} x {image.height} pixels; at most {MOST_PIXELS} are decoded"
        )


def read_whole(path: Path) -> Image.Image:
    """Decode an image file at full size, upright, in plain colours."""
    with Image.open(path, formats=FORMATS) as image:
        return upright(image)


def sift(folder: Path, files: list[str], progress: Progress) -> tuple[int, list[str]]:
    """Give how many files show pictures like no other as a whole, and the files left to be looked at closely.

    Files that cannot be hashed are left too, so that whoever reads them says why.
    """
    hashes = list(chain.from_iterable(_in_batches(hash_batch, folder, files, progress)))
    rows = np.array([row for row, one in enumerate(hashes) if one is not None], np.int64)
    labels = components(np.array([hashes[row] for row in rows], np.uint64), WHOLE_DISTANCE)
    alone = set(rows[np.bincount(labels, minlength=len(rows))[labels] == 1])
    return len(alone), [file for row, file in enumerate(files) if row not in alone]


def hash_batch(folder: Path, files: list[str]) -> list[int | None]:
    """Hash some files by the fast definition; None for what cannot be hashed."""
    return [hash_file(folder / file) for file in files]


def hash_file(path: Path) -> int | None:
    """Hash an image file, upright; None if it cannot be."""
    try:
        data = path.read_bytes()
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.format == "JPEG" and orientation(image) == 1:
                return fast_phash64(data)
            check_still(image)
            return phash64(upright(image))
    except Exception:  # as below: whoever reads the file says what is wrong with it
        return None
