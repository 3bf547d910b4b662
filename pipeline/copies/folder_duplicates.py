"""Search any folder of images for copies of one picture, with no database: read, hash, compare, group."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.copies.appraisal import descent_of, descents, wear_of
from pipeline.copies.folder_reading import Progress, Reading, list_files, read_all, sift
from pipeline.copies.search import search_copies, together
from pipeline.pictures import RefusedPicture
from quality.copies import Copies
from quality.crop_hashes import whole_hashes
from quality.duplicate_groups import (
    below_sources,
    best_first,
    centrality,
    duplicate_groups,
    edits_against,
    equals,
    intactness,
)
from quality.same_picture import DOUBTFUL, SURE, Agreement, agreement
from quality.wear import Wear, fidelity

Rows = NDArray[np.int64]

# What was done to a picture outweighs what it is made of: an edited copy is often larger than its original.
WEIGHTS = {"unedited": 3.0, "intact": 2.0, "fidelity": 1.5, "central": 0.5, "bytes": 0.1}
# Edits of less than this share of the tiles are chance.
LEAST_EDIT = 0.01
WORN_OUT = Wear(2.0, 8.0, 8.0)
# Pairs sure by themselves whose groups were kept apart are for a person, at no more than this.
LIKELIEST_DOUBT = 0.9499


@dataclass(frozen=True)
class FolderDuplicates:
    """Groups of copies, the one to keep first; doubtful pairs; files that could not be read, and why."""

    n_images: int
    groups: list[list[str]]
    doubtful: list[tuple[str, str, float]]
    broken: list[tuple[str, str]]


def search_folder(
    folder: Path, progress: Progress, *, turned: bool = False, whole: bool = False
) -> FolderDuplicates:
    """Search every image below a folder for copies; paths in the answer are relative to it.

    `progress` is called with how many files are read and how many there are. With `whole` only pictures that
    look like another as a whole are read closely: others are hashed, from as little decoding as that needs.
    """
    files = list_files(folder)
    passed, files = sift(folder, files, progress) if whole else (0, files)
    reading = read_all(folder, files, progress)
    # A hash of the signature finds what a hash of the picture does, and costs no second decoding.
    hashes = whole_hashes(reading.signatures)
    copies = _search(hashes, reading.signatures, turned)
    groups = group_copies(folder, reading, copies)
    named = [[reading.files[row] for row in group] for group in groups]
    doubtful = doubtful_pairs(reading, copies, groups)
    return FolderDuplicates(passed + len(reading.files), named, doubtful, sorted(reading.broken))


def _search(hashes: NDArray[np.uint64], signatures: NDArray[np.uint8], turned: bool) -> Copies:
    with TemporaryDirectory() as scratch:
        found = search_copies(
            np.arange(len(hashes)),
            hashes,
            signatures,
            turns=turned,
            old=0,
            least=DOUBTFUL,
            open_blobs=partial(LocalBlobs, Path(scratch), fsync=False),
        )
        return together(found)


def group_copies(folder: Path, reading: Reading, copies: Copies) -> list[Rows]:
    """Group the sure copies, the one to keep first: least edited, then least worn."""
    sure = copies.measured.probability >= SURE
    n, left, right = len(reading.files), copies.left[sure], copies.right[sure]
    groups = duplicate_groups(
        n, left, right, lambda a, b: agreement(reading.signatures[a], reading.signatures[b]).probability, SURE
    )
    measured = Agreement._make(column[sure] for column in copies.measured)
    made = which_were_made(folder, reading, groups)
    first, unequal = equals(n, left, right, measured.identical)
    left, right = first[left[unequal]], first[right[unequal]]
    merits = {
        "intact": np.round(intactness(reading.signatures), 1),
        "unedited": -np.round(edits_against(n, left, right, measured.edited[unequal])[first] / LEAST_EDIT),
        # A part of a picture is worth less than its pixels: by as many octaves as its area is smaller.
        "fidelity": below_sources(
            np.round(
                fidelity(reading.pixels, lost(folder, reading, groups))
                - edits_against(n, left, right, cut_off(measured.overlap[unequal]))[first],
                1,
            ),
            *made,
        ),
        "central": below_sources(centrality(n, left, right, measured.correlation[unequal])[first], *made),
        "bytes": reading.bytes.astype(np.float64),
    }
    return [best_first(group, merits, WEIGHTS) for group in groups]


def cut_off(overlap: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give the octaves by which left pictures show less than right ones, negative if more, (k,).

    >>> cut_off(np.array([1.0, 0.5, -0.5])).tolist()
    [0.0, -1.0, 1.0]
    """
    less: NDArray[np.floating] = np.sign(overlap) * np.log2(np.maximum(np.abs(overlap), 1e-3))
    return less


def lost(folder: Path, reading: Reading, groups: list[Rows]) -> NDArray[np.floating]:
    """Measure what the pictures that have copies have lost: they alone are decoded at full size, (n,)."""
    rows = np.concatenate([np.empty(0, np.int64), *groups])
    octaves = np.zeros(len(reading.files))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        octaves[rows] = list(pool.map(_lost_by, [folder / reading.files[row] for row in rows]))
    return octaves


def _lost_by(path: Path) -> float:
    try:
        return wear_of(path).lost
    except (OSError, ValueError, RefusedPicture):  # it has changed since it was read
        return WORN_OUT.lost


def which_were_made(folder: Path, reading: Reading, groups: list[Rows]) -> tuple[Rows, Rows, Rows]:
    """Measure which copies were made from which: pairs of rows, and of each what `quality.descent` says."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def beside(pairs: list[tuple[int, int]]) -> list[int]:
            return list(
                pool.map(_descent_by, [[folder / reading.files[row] for row in pair] for pair in pairs])
            )

        return descents([group.tolist() for group in groups], beside)


def _descent_by(paths: list[Path]) -> int:
    try:
        return descent_of(*paths)
    except (OSError, ValueError):  # one has changed since it was read
        return 0


def doubtful_pairs(reading: Reading, copies: Copies, groups: list[Rows]) -> list[tuple[str, str, float]]:
    """List the pairs for a person to judge, the likeliest first: one pair between any two groups."""
    group_of = np.arange(len(reading.files))
    for group in groups:
        group_of[group] = group[0]
    chance = np.minimum(copies.measured.probability, LIKELIEST_DOUBT)
    rows = np.flatnonzero((chance >= DOUBTFUL) & (group_of[copies.left] != group_of[copies.right]))
    rows = rows[np.argsort(-chance[rows], kind="stable")]
    between = np.sort(np.stack([group_of[copies.left[rows]], group_of[copies.right[rows]]]), axis=0)
    first = np.sort(np.unique(between, axis=1, return_index=True)[1])
    return [
        (reading.files[copies.left[k]], reading.files[copies.right[k]], round(float(chance[k]), 4))
        for k in rows[first]
    ]
