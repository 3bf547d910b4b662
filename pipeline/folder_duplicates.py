"""Search any folder of images for copies of one picture, with no database: read, hash, compare, group."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from quality.copies import Copies, find_copies
from quality.duplicate_groups import best_first, centrality, duplicate_groups, intactness
from quality.phash import phash64
from quality.same_picture import DOUBTFUL, SURE, agreement
from quality.signature import DRAFT, SIGNATURE_BYTES, border_of, signature

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
SUFFIXES = {".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif"}
BATCH = 64
WEIGHTS = {"intact": 2.0, "pixels": 1.5, "central": 1.0, "bytes": 0.5}

Progress = Callable[[int, int], None]


class Reading(NamedTuple):
    """What a batch of files gave: the files read, their hashes, signatures and sizes, and what was broken."""

    files: list[str]
    hashes: NDArray[np.uint64]
    signatures: NDArray[np.uint8]
    pixels: NDArray[np.int64]
    bytes: NDArray[np.int64]
    broken: list[tuple[str, str]]


@dataclass(frozen=True)
class FolderDuplicates:
    """Groups of copies, the one to keep first; doubtful pairs; files that could not be read, and why."""

    n_images: int
    groups: list[list[str]]
    doubtful: list[tuple[str, str, float]]
    broken: list[tuple[str, str]]


def search_folder(folder: Path, progress: Progress, *, turned: bool = False) -> FolderDuplicates:
    """Search every image below a folder for copies; paths in the answer are relative to it.

    `progress` is called with how many files are read and how many there are.
    """
    files = list_files(folder)
    reading = read_all(folder, files, progress)
    copies = find_copies(reading.hashes, reading.signatures, turns=turned)
    groups = group_copies(reading, copies)
    named = [[reading.files[row] for row in group] for group in groups]
    return FolderDuplicates(
        len(reading.files), named, doubtful_pairs(reading, copies, groups), sorted(reading.broken)
    )


def list_files(folder: Path) -> list[str]:
    """List the files below a folder in order, leaving out hidden ones and links."""
    found = []
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if (
            not any(part.startswith(".") for part in inside.parts)
            and path.is_file()
            and not path.is_symlink()
        ):
            found.append(inside.as_posix())
    return sorted(found)


def read_all(folder: Path, files: list[str], progress: Progress) -> Reading:
    """Read the files in batches on all cores."""
    batches = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    done, readings = 0, [read_batch(folder, [])]
    for reading in _read_batches(folder, batches):
        readings.append(reading)
        done += BATCH
        progress(min(done, len(files)), len(files))
    names, hashes, signatures, pixels, sizes, broken = zip(*readings, strict=True)
    return Reading(
        list(chain.from_iterable(names)),
        np.concatenate(hashes),
        np.concatenate(signatures),
        np.concatenate(pixels),
        np.concatenate(sizes),
        list(chain.from_iterable(broken)),
    )


def _read_batches(folder: Path, batches: list[list[str]]) -> Iterator[Reading]:
    if len(batches) <= 1:
        yield from (read_batch(folder, batch) for batch in batches)
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(read_batch, [folder] * len(batches), batches)


def read_batch(folder: Path, files: list[str]) -> Reading:
    """Read some files one after another; what neither is an image nor is named like one is passed over."""
    read, broken = [], []
    for file in files:
        try:
            read.append((file, *read_image(folder / file)))
        except UnidentifiedImageError:
            if Path(file).suffix.lower() in SUFFIXES:
                broken.append((file, "not an image, or of a format that is not read"))
        except Exception as error:  # Pillow raises nearly anything on bytes made to break it
            broken.append((file, f"{type(error).__name__}: {error}"))
    names, hashes, signatures, pixels, sizes = zip(*read, strict=True) if read else ((),) * 5
    return Reading(
        list(names),
        np.array(hashes, dtype=np.uint64),
        np.array(signatures, dtype=np.uint8).reshape(-1, SIGNATURE_BYTES),
        np.array(pixels, dtype=np.int64),
        np.array(sizes, dtype=np.int64),
        broken,
    )


def read_image(path: Path) -> tuple[int, NDArray[np.uint8], int, int]:
    """Hash one image file, upright: hash, signature, pixels inside any border, size in bytes."""
    with Image.open(path, formats=FORMATS) as image:
        pixels = image.width * image.height
        image.draft("RGB", (DRAFT, DRAFT))
        upright = ImageOps.exif_transpose(image)
        signed = signature(upright)
        inside = round(pixels * (1 - float(border_of(signed[None])[0])))
        return phash64(upright), signed, inside, path.stat().st_size


def group_copies(reading: Reading, copies: Copies) -> list[NDArray[np.int64]]:
    """Group the sure copies, the one to keep first: unworn, large, and like the others."""
    sure = copies.measured.probability >= SURE
    groups = duplicate_groups(
        len(reading.files),
        copies.left[sure],
        copies.right[sure],
        lambda a, b: agreement(reading.signatures[a], reading.signatures[b]).probability,
        SURE,
    )
    correlation = copies.measured.correlation[sure]
    merits = {
        "intact": np.round(intactness(reading.signatures), 1),
        "pixels": reading.pixels.astype(np.float64),
        "bytes": reading.bytes.astype(np.float64),
        "central": centrality(len(reading.files), copies.left[sure], copies.right[sure], correlation),
    }
    return [best_first(group, merits, WEIGHTS) for group in groups]


def doubtful_pairs(
    reading: Reading, copies: Copies, groups: list[NDArray[np.int64]]
) -> list[tuple[str, str, float]]:
    """List the pairs for a person to judge, the likeliest first: not sure, or sure but in two groups."""
    group_of = np.arange(len(reading.files))
    for group in groups:
        group_of[group] = group[0]
    chance = copies.measured.probability
    rows = np.flatnonzero((chance >= DOUBTFUL) & (group_of[copies.left] != group_of[copies.right]))
    return [
        (reading.files[copies.left[k]], reading.files[copies.right[k]], round(float(chance[k]), 4))
        for k in rows[np.argsort(-chance[rows], kind="stable")]
    ]
