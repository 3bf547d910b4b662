"""Words, logos and frames tell which of two copies was edited."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from quality.same_picture import agreement
from quality.signature import signature


def picture(seed, size=(240, 200)):
    rng = np.random.default_rng(seed)
    layers = [
        Image.fromarray(rng.integers(0, 256, (k, k, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        for k in (5, 12, 30)
    ]
    return Image.fromarray(np.mean([np.asarray(layer) for layer in layers], axis=0).astype(np.uint8))


def logo(image):
    marked = image.copy()
    ImageDraw.Draw(marked).rectangle((190, 150, 230, 190), fill="red", outline="white", width=9)
    return marked


def blurred_frame(image):
    behind = image.resize((280, 240)).filter(ImageFilter.GaussianBlur(14))
    behind.paste(image, (20, 20))
    return behind


def caption(image):
    taller = Image.new("RGB", (image.width, image.height + 40), "white")
    taller.paste(image, (0, 40))
    ImageDraw.Draw(taller).text((10, 10), "look at this", "black", font_size=20)
    return taller


def edited(a, b):
    return float(agreement(signature(a)[None], signature(b)[None]).edited[0])


@pytest.mark.parametrize("edit", [logo, blurred_frame, caption])
def test_the_marked_copy_is_the_edited_one(edit):
    for seed in range(3):
        original = picture(seed)
        assert edited(edit(original), original) > 0.01
        assert edited(original, edit(original)) < -0.01


def test_a_crop_is_no_edit_of_the_whole():
    for seed in range(3):
        original = picture(seed)
        assert abs(edited(original, original.crop((12, 10, 228, 190)))) < 0.01
