"""The search in shards finds what the search in memory finds."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.copies import search
from pipeline.copies.search import search_copies, together
from quality.copies import find_copies
from quality.phash import phash64
from quality.signature import SIGNATURE_BYTES, signature


def photograph(number: int) -> Image.Image:
    dice = np.random.default_rng(number)
    coarse = dice.integers(0, 256, (12, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize((200, 150), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    plain = [photograph(number) for number in range(20)]
    copies = [
        *(one.crop((10, 8, 190, 142)) for one in plain[:5]),
        *(one.resize((100, 75)) for one in plain[4:8]),
        *(one.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for one in plain[3:6]),
        *(plain[0], plain[0]),
        *[Image.new("RGB", (100, 100), "white")] * 3,
    ]
    mixed = [*plain, *copies]
    order = np.random.default_rng(0).permutation(len(mixed))
    shown = [mixed[row] for row in order]
    hashes = np.array([phash64(one) for one in shown], np.uint64)
    return hashes, np.stack([signature(one) for one in shown])


@pytest.mark.parametrize("block", [7, 16, 1000])
@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("old", [0, 15, 37])
def test_shards_in_any_order_give_the_same_pairs(
    pictures: tuple[np.ndarray, np.ndarray],
    turns: bool,
    old: int,
    block: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "BLOCK", block)
    monkeypatch.setattr(search, "READ", 5)
    hashes, signatures = pictures
    ids = np.arange(len(hashes)) * 3
    found = list(searched(tmp_path, ids, hashes, signatures, turns=turns, old=old, run=backwards))
    wanted = find_copies(hashes, signatures, turns=turns, old=old)
    likely = wanted.measured.probability >= 0.1
    assert sum(one.measured for one in found) == len(wanted.left)
    assert any(likely) == (old < len(hashes))
    copies = together(found)
    np.testing.assert_array_equal(copies.left, ids[wanted.left[likely]])
    np.testing.assert_array_equal(copies.right, ids[wanted.right[likely]])
    np.testing.assert_array_equal(copies.turn, wanted.turn[likely])
    for ours, theirs in zip(copies.measured, wanted.measured, strict=True):
        np.testing.assert_allclose(ours, theirs[likely])
    for one in found:
        apart = hashes[one.copies.left // 3] ^ hashes[one.copies.right // 3]
        np.testing.assert_array_equal(one.distance, np.bitwise_count(apart))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def searched(folder: Path, ids: Any, hashes: Any, signatures: Any, **more: Any) -> Iterator[Any]:
    blobs = partial(LocalBlobs, folder, fsync=False)
    return search_copies(ids, hashes, signatures, least=0.1, open_blobs=blobs, **more)


def backwards(work: Any, shards: Any) -> Iterator[Any]:
    return map(work, reversed(pickle.loads(pickle.dumps(shards))))


def test_what_is_done_is_not_done_again_and_the_rest_is(
    pictures: tuple[np.ndarray, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BLOCK", 10)
    hashes, signatures = pictures
    ids = np.arange(len(hashes))
    broken_off = searched(tmp_path, ids, hashes, signatures, turns=False, old=0)
    done = [next(broken_off).shard for _ in range(4)]
    broken_off.close()
    rest = searched(tmp_path, ids, hashes, signatures, turns=False, old=0, done=done)
    again = [one.shard for one in rest]
    assert len(set(done) | set(again)) == len(done) + len(again) == 10
    # Other pictures are other shards.
    others = searched(tmp_path, ids + 1, hashes, signatures, turns=False, old=0, done=done)
    assert len(list(others)) == 10


def test_nothing_is_found_among_nothing(tmp_path: Path) -> None:
    none = np.empty((0, SIGNATURE_BYTES), np.uint8)
    assert not list(searched(tmp_path, np.arange(0), np.empty(0, np.uint64), none, turns=False, old=0))
