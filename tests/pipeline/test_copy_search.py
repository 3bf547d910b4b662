"""The search on disk finds what the search in memory finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import copy_search
from pipeline.copy_search import search_copies
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


@pytest.mark.parametrize("held", [4, 1000])
@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("old", [0, 15, 37])
def test_small_blocks_give_the_same_pairs(
    pictures: tuple[np.ndarray, np.ndarray],
    turns: bool,
    old: int,
    held: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for block, size in (("PARTED", 7), ("READ", 5), ("CONFIRMED", 3), ("HELD", held)):
        monkeypatch.setattr(copy_search, block, size)
    hashes, signatures = pictures
    signatures.tofile(tmp_path / "signatures")
    on_disk = np.memmap(tmp_path / "signatures", np.uint8, "r", shape=signatures.shape)
    found = search_copies(hashes, np.asarray(on_disk), turns=turns, old=old, least=0.1)
    wanted = find_copies(hashes, signatures, turns=turns, old=old)
    likely = wanted.measured.probability >= 0.1
    assert found.measured == len(wanted.left) or (held == 4 and found.measured >= likely.sum())
    assert any(likely) == (old < len(hashes))
    for ours, theirs in zip(found.copies[:3], wanted[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs[likely])
    np.testing.assert_allclose(found.copies.measured.probability, wanted.measured.probability[likely])


def test_nothing_is_found_among_nothing() -> None:
    none = np.empty((0, SIGNATURE_BYTES), np.uint8)
    assert search_copies(np.empty(0, np.uint64), none, turns=False, old=0, least=0.1).measured == 0
