"""Signatures: small, storable, free of borders, and turned without the picture."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from quality.signature import SIGNATURE_BYTES, border_of, grey_of, signature, turned


def noise(size=(64, 64)):
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (*size[::-1], 3), dtype=np.uint8))


def smooth(size):
    return noise((12, 10)).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("turn", range(8))
def test_turned_signature_is_the_turned_picture(turn):
    image = ImageOps.expand(smooth((64, 64)), (3, 5, 7, 11), "white")
    pixels = np.asarray(image)
    by_hand = np.rot90(pixels[:, ::-1] if turn >= 4 else pixels, turn % 4)
    expected = signature(Image.fromarray(np.ascontiguousarray(by_hand)))
    apart = turned(signature(image)[None], turn)[0].astype(int) - expected
    assert np.abs(apart).mean() <= 1


def test_fixed_size_bytes():
    stored = signature(noise()).tobytes()
    assert len(stored) == SIGNATURE_BYTES
    assert (np.frombuffer(stored, np.uint8) == signature(noise())).all()


@pytest.mark.parametrize("colour", ["black", "white", "red"])
def test_border_is_cut_and_remembered(colour):
    inside = smooth((300, 260))
    framed = signature(ImageOps.expand(inside, (30, 26), colour))
    assert np.abs(grey_of(framed[None]) - grey_of(signature(inside)[None])).mean() < 8
    assert border_of(framed[None])[0] == pytest.approx(1 - (300 * 260) / (360 * 312), abs=0.03)


@pytest.mark.parametrize("colour", ["black", "white", "grey"])
def test_blank_picture_has_no_border(colour):
    blank = signature(Image.new("RGB", (50, 40), colour))
    assert border_of(blank[None])[0] == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3, 2), (2000, 3)])
def test_any_size_has_a_signature(size):
    assert signature(noise(size)).shape == (SIGNATURE_BYTES,)
