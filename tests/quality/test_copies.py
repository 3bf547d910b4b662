"""Copies found among many pictures, whatever was done to them."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from quality.copies import candidate_pairs, find_copies
from quality.phash import phash64
from quality.signature import signature


def picture(seed, size=(160, 120)):
    rng = np.random.default_rng(seed)
    layers = [
        Image.fromarray(rng.integers(0, 256, (k, k, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        for k in (4, 9, 20)
    ]
    return Image.fromarray(np.mean([np.asarray(layer) for layer in layers], axis=0).astype(np.uint8))


def library(images):
    hashes = np.array([phash64(image) for image in images], dtype=np.uint64)
    return hashes, np.stack([signature(image) for image in images])


def sure(copies):
    kept = copies.measured.probability >= 0.95
    return list(zip(*(column[kept].tolist() for column in copies[:3]), strict=True))


STRANGERS = [picture(seed) for seed in range(20)]
EDITS = {
    "crop": lambda image: image.crop((20, 10, 155, 118)),
    "border": lambda image: ImageOps.expand(image, 9, "white"),
    "half": lambda image: image.resize((80, 60)),
}


@pytest.mark.parametrize("edit", EDITS)
def test_only_the_copy_is_found(edit):
    assert sure(find_copies(*library([*STRANGERS, EDITS[edit](STRANGERS[7])]))) == [(7, 20, 0)]


@pytest.mark.parametrize("turn", range(1, 8))
def test_turned_copies_are_found_when_asked_for(turn):
    pixels = np.asarray(STRANGERS[4])
    copy = np.rot90(pixels[:, ::-1] if turn >= 4 else pixels, turn % 4)
    hashes, signatures = library([*STRANGERS, Image.fromarray(np.ascontiguousarray(copy))])
    back = {1: 3, 3: 1}.get(turn, turn)
    assert sure(find_copies(hashes, signatures, turns=True)) == [(4, 20, back)]
    assert sure(find_copies(hashes, signatures)) == []


def test_new_pictures_meet_the_old_ones_and_one_another():
    images = [
        *STRANGERS,
        EDITS["half"](STRANGERS[2]),
        EDITS["crop"](STRANGERS[9]),
        EDITS["half"](STRANGERS[9]),
    ]
    hashes, signatures = library(images)
    assert sure(find_copies(hashes, signatures, old=20)) == [(2, 20, 0), (9, 21, 0), (9, 22, 0), (21, 22, 0)]
    assert sure(find_copies(hashes, signatures, old=21)) == [(9, 21, 0), (9, 22, 0), (21, 22, 0)]
    assert sure(find_copies(hashes, signatures, old=23)) == []


def test_identical_pictures_make_a_star():
    hashes, signatures = library([STRANGERS[0]] * 30)
    assert sure(find_copies(hashes, signatures)) == [(0, later, 0) for later in range(1, 30)]


def test_plain_pictures_are_never_sure_copies():
    plain = [Image.new("L", (60, 40), level) for level in (100, 101, 180)]
    copies = find_copies(*library([*STRANGERS, *plain]))
    assert sure(copies) == []
    assert (20, 21) in set(zip(copies.left.tolist(), copies.right.tolist(), strict=True))


def test_nothing_to_find():
    empty = candidate_pairs(np.zeros(0, np.uint64), np.zeros((0, 4629), np.uint8))
    assert [len(column) for column in empty] == [0, 0, 0]
    assert sure(find_copies(*library(STRANGERS[:1]))) == []
