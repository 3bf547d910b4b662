"""Copies of one picture and different pictures, told apart from their signatures."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from quality.same_picture import Verdict, agreement, compare, verdict
from quality.signature import signature


def picture(seed, size=(160, 120)):
    """A picture with structure at several scales, as photographs have."""
    rng = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (k, k, 3), dtype=np.uint8)).resize(
                size, Image.Resampling.BICUBIC
            ),
            dtype=float,
        )
        for k in (4, 9, 20)
    ]
    return Image.fromarray(np.mean(layers, axis=0).astype(np.uint8))


def recompressed(image):
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=40)
    return Image.open(stored)


EDITS = {
    "nothing": lambda image: image,
    "jpeg": recompressed,
    "half size": lambda image: image.resize((80, 60)),
    "stretched": lambda image: image.resize((200, 120)),
    "grey": lambda image: image.convert("L"),
    "dark": lambda image: image.point([level * 2 // 3 for level in range(256)] * 3),
    "crop": lambda image: image.crop((10, 8, 156, 116)),
    "border": lambda image: ImageOps.expand(image, 6, "black"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_edited_copies_are_copies(edit):
    for seed in range(5):
        original = picture(seed)
        assert verdict(compare(signature(original), signature(EDITS[edit](original)))) is Verdict.COPY


def test_different_pictures_are_different():
    signatures = np.stack([signature(picture(seed)) for seed in range(30)])
    left, right = np.triu_indices(30, 1)
    assert agreement(signatures[left], signatures[right]).probability.max() < 0.1


def test_low_texture_is_sure_only_when_identical():
    sky = Image.linear_gradient("L").resize((90, 60))
    lighter = sky.point([min(255, level + 3) for level in range(256)])
    assert verdict(compare(signature(sky), signature(sky))) is Verdict.COPY
    assert verdict(compare(signature(sky), signature(lighter))) is not Verdict.COPY


def test_bands_follow_their_thresholds():
    assert verdict(0.97, sure=0.96) is Verdict.COPY
    assert verdict(0.97, sure=0.98) is Verdict.DOUBTFUL
    assert verdict(0.3, doubtful=0.4) is Verdict.DIFFERENT
