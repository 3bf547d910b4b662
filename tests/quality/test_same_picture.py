"""Copies of one picture and different pictures, told apart from their signatures."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from quality.same_picture import (
    DOUBTFUL,
    HOPELESS,
    SURE,
    agreement,
    compare,
    measure,
    search,
)
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
        assert compare(signature(original), signature(EDITS[edit](original))) >= SURE


@pytest.mark.parametrize("edit", [*EDITS, "vignette", "bright"])
def test_it_does_not_matter_which_comes_first(edit):
    originals = [picture(seed) for seed in range(12)]
    edits = EDITS | {
        "vignette": vignette,
        "bright": lambda image: ImageEnhance.Brightness(image).enhance(1.7),
    }
    a = np.stack([signature(original) for original in originals])
    b = np.stack([signature(edits[edit](original)) for original in originals])
    forth, back = agreement(a, b), agreement(b, a)
    for limit in (DOUBTFUL, SURE):
        assert ((forth.probability >= limit) == (back.probability >= limit)).all()


def vignette(image):
    down, across = (np.linspace(-1, 1, length) for length in image.size[::-1])
    light = 1 - 0.8 * np.minimum(1, (down[:, None] ** 2 + across**2) / 2)
    return Image.fromarray((np.asarray(image) * light[..., None]).astype(np.uint8))


def test_different_pictures_are_different():
    signatures = np.stack([signature(picture(seed)) for seed in range(30)])
    left, right = np.triu_indices(30, 1)
    assert agreement(signatures[left], signatures[right]).probability.max() < 0.1


def test_what_agrees_as_it_lies_is_measured_so_even_if_a_wrong_crop_fitted_best():
    originals = [picture(seed) for seed in range(12)]
    covered = [original.copy() for original in originals]
    for copy in covered:
        draw = ImageDraw.Draw(copy)
        draw.rectangle((0, 98, 160, 120), fill="black")
        for letter in range(5, 150, 16):
            draw.rectangle((letter, 104, letter + 8, 120), fill="white")
    a, b = (np.stack([signature(one) for one in some]) for some in (originals, covered))
    cropped = measure(a, b, *search(a, b)).probability
    assert (cropped < HOPELESS).any(), "some are hopeless under the crop that fits best"
    assert agreement(a, b).probability.min() > DOUBTFUL


def test_low_texture_is_sure_only_when_identical():
    sky = Image.linear_gradient("L").resize((90, 60))
    lighter = sky.point([min(255, level + 3) for level in range(256)])
    assert compare(signature(sky), signature(sky)) >= SURE
    assert compare(signature(sky), signature(lighter)) < SURE


def stars(seed):
    rng, pixels = np.random.default_rng(seed), np.zeros((600, 800, 3), np.uint8)
    pixels[rng.integers(0, 600, 30), rng.integers(0, 800, 30)] = 90
    return Image.fromarray(pixels)


def test_plain_pictures_are_identical_only_pixel_for_pixel():
    first, second = signature(stars(1)), signature(stars(2))
    assert compare(first, signature(stars(1))) == 1
    assert DOUBTFUL <= compare(first, second) < SURE
    assert compare(signature(Image.new("L", (1, 1))), signature(Image.new("L", (9, 9)))) < 0.95


def test_one_edge_is_not_enough():
    """A sharp picture with one edge where a blurred one has its own."""
    ramp = np.clip((np.arange(160) - 78) * 20.0, 0, 200)
    edge = Image.fromarray(np.tile(ramp, (120, 1)).astype(np.uint8))
    rough = np.asarray(picture(3).convert("L"), float) / 5 + np.where(np.arange(160) < 80, 20, 190)
    assert compare(signature(edge), signature(Image.fromarray(rough.astype(np.uint8)))) < 0.95


def bottle(colour):
    image = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((90, 50, 210, 270), 30, fill=colour)
    draw.rectangle((120, 20, 180, 60), fill="black")
    draw.ellipse((120, 120, 180, 180), fill="white")
    return image


def test_one_thing_in_two_colours_is_not_merged():
    red, green, blue = (signature(bottle(one)) for one in ("#c01e1e", "#1e781e", "#2828dc"))
    assert max(compare(red, green), compare(red, blue), compare(green, blue)) < 0.95
    assert compare(red, red) == 1


def page(seed):
    rng, image = np.random.default_rng(seed), Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 400, 45), fill="#802020")
    for line in range(60, 280, 40):
        draw.ellipse((20, line, 30, line + 10), fill="#802020")
        words = "".join(rng.choice(list("abcdefgh "), 24))
        draw.text((40, line - 4), words, "black", font_size=16)
    return image


def test_one_form_with_other_words_is_not_merged():
    pages = np.stack([signature(page(seed)) for seed in range(8)])
    left, right = np.triu_indices(8, 1)
    assert agreement(pages[left], pages[right]).probability.max() < 0.95


def test_parts_of_different_photographs_are_not_merged(photographs):
    cells = []
    for path in [one for one in photographs if one.stat().st_size > 10_000][::40]:
        with Image.open(path) as image:
            width, height = image.width // 3, image.height // 3
            cells += [
                signature(image.crop((x, y, x + width, y + height))) for x in (0, width) for y in (0, height)
            ]
    signatures = np.stack(cells)
    left, right = np.triu_indices(len(cells), 1)
    strangers = left // 4 != right // 4
    assert agreement(signatures[left[strangers]], signatures[right[strangers]]).probability.max() < 0.95
