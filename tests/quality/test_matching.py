"""Tones and sharpness of one picture brought to those of another."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from quality.matching import BRIGHTNESS, detail_matched, tones_matched
from tests.quality.test_descent import gamma, photo


def levels(image):
    return np.asarray(image, dtype=np.float32)


def off(matched, target):
    return float(np.sqrt(((matched - target) ** 2).mean()))


@pytest.mark.parametrize(
    "edit",
    [
        lambda image: image,
        gamma,
        lambda image: image.point(lambda level: level * 0.6 + 50),
        lambda image: image.convert("L").convert("RGB"),
        lambda image: Image.merge("RGB", [band.point(lambda v: v * 0.8) for band in image.split()]),
    ],
)
def test_tones_are_matched_to_less_than_rounding(edit):
    kept = levels(photo())
    target = kept @ BRIGHTNESS
    assert off(tones_matched(levels(edit(photo())), kept, target), target) < 1


def test_a_blur_is_matched_and_partly_undone():
    sharp = levels(photo()) @ BRIGHTNESS
    soft = levels(photo().filter(ImageFilter.GaussianBlur(1))) @ BRIGHTNESS
    assert off(detail_matched(sharp, soft), soft) < 0.5
    assert off(detail_matched(soft, sharp), sharp) < 0.75 * off(soft, sharp)


def test_flat_and_tiny_pictures_stay_as_they_are():
    flat = np.full((8, 8, 3), 90, np.float32)
    target = np.full((8, 8), 80, np.float32)
    assert np.allclose(tones_matched(flat, flat - 10, target), 80)
    assert np.allclose(detail_matched(target, target), 80, atol=1e-3)
