"""Which of two pictures was made from the other: real codecs, common edits, and what tells nothing."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from quality.descent import descent


def photo(side=256):
    """Detail in every octave, here strong and there weak, as in photographs; nowhere black or white."""
    rng = np.random.default_rng(4)

    def noise(cells, depth=3):
        coarse = [Image.fromarray(rng.normal(size=(cells, cells)).astype(np.float32)) for _ in range(depth)]
        return np.stack([np.asarray(one.resize((side, side), Image.Resampling.BICUBIC)) for one in coarse], 2)

    strength = np.exp(noise(12, 1))
    levels = 20 * noise(4) + 4 * strength * sum(noise(cells) for cells in (8, 16, 32, 64, 128, side))
    grey = levels.mean(axis=2, keepdims=True)
    return Image.fromarray(np.clip(128 + 0.5 * levels + grey, 20, 235).astype(np.uint8))


def stored(image, name="JPEG", **how):
    held = BytesIO()
    image.convert("RGB").save(held, name, **how)
    return Image.open(held)


def gamma(image):
    return image.convert("RGB").point([round(255 * (level / 255) ** 0.7) for level in range(256)] * 3)


def twice_as_large(image):
    return image.convert("RGB").resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC)


COPIES = {
    "PNG": lambda image: stored(image, "PNG"),
    "WebP": lambda image: stored(image, "WEBP", quality=80),
    "WebP without loss": lambda image: stored(image, "WEBP", lossless=True),
    "AVIF": lambda image: stored(image, "AVIF", quality=80),
    "GIF": lambda image: stored(image, "GIF"),
    "coarser": lambda image: stored(image, quality=50),
    "finer": lambda image: stored(image, quality=95),
    "other tones": lambda image: stored(gamma(image), "PNG"),
    "other tones, compressed": lambda image: stored(gamma(image), quality=95),
    "grey": lambda image: stored(image.convert("L"), quality=93),
    "twice the size": lambda image: stored(twice_as_large(image), quality=90),
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("quality", [75, 88])
def test_what_was_made_from_a_jpeg_shows_its_steps(quality, copy):
    original = stored(photo(), quality=quality)
    made = COPIES[copy](original)
    assert (descent(made, original), descent(original, made)) == (1, -1)


@pytest.mark.parametrize("quality", [40, 75, 90])
@pytest.mark.parametrize("source", ["PNG", "WEBP"])
def test_a_jpeg_lies_within_half_a_step_of_what_it_was_made_from(source, quality):
    original = stored(photo(), source)
    made = stored(original, quality=quality)
    assert (descent(made, original), descent(original, made)) == (1, -1)


@pytest.mark.parametrize("side", [7, 300])
def test_a_plain_middle_tells_nothing(side):
    original = photo().resize((side, side))
    ImageDraw.Draw(original).ellipse((0.05 * side, 0.05 * side, 0.95 * side, 0.95 * side), fill="white")
    original = original.resize((2 * side, 2 * side)) if side > 8 else original
    assert descent(stored(original, "PNG"), stored(original, quality=50)) == 0


def test_nor_do_other_tones_hide_what_a_jpeg_was_made_from():
    original = stored(photo(), "WEBP")
    assert descent(stored(gamma(original), quality=85), original) == 1


@pytest.mark.parametrize(("first", "second"), [(75, 80), (80, 75), (75, 82), (85, 90)])
def test_of_steps_that_are_nearly_alike_the_second_leave_gaps(first, second):
    original = stored(photo(), quality=first)
    made = stored(original, quality=second)
    assert descent(made, original) == 1


@pytest.mark.parametrize("better", [("JPEG", 90), ("WEBP", 95), ("AVIF", 90)])
def test_of_two_copies_of_a_third_the_better_is_never_taken_for_the_later(better):
    name, quality = better
    worse = stored(photo(), quality=60)
    assert descent(stored(photo(), name, quality=quality), worse) <= 0


def test_what_was_lost_elsewhere_tells_nothing():
    original = stored(photo(), quality=85)
    part = stored(original.convert("RGB").crop((8, 8, 248, 248)), quality=90)
    half = stored(original.convert("RGB").resize((128, 128)), quality=90)
    blurred = stored(original.convert("RGB").filter(ImageFilter.GaussianBlur(2)), quality=90)
    mirrored = stored(original.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=90)
    for copy in (part, half, blurred, mirrored):
        assert descent(original, copy) == 0


def test_words_in_a_corner_hide_nothing():
    original = stored(photo(), quality=75)
    marked = original.convert("RGB")
    ImageDraw.Draw(marked).text((90, 180), "(c) somebody", fill="white", font_size=14)
    assert descent(stored(marked, quality=92), original) == 1
    assert descent(stored(marked, "PNG"), original) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.integers(1, 100), st.sampled_from([1, 2])
        ),
        min_size=2,
        max_size=2,
    ),
    st.sampled_from([(1, 1), (7, 90), (8, 8), (20, 33), (64, 48)]),
    st.integers(0, 3),
)
def test_the_answer_does_not_depend_on_the_order(pair, size, seed):
    levels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    pictures = []
    for name, quality, times in pair:
        image = Image.fromarray(levels).resize((size[0] * times, size[1] * times))
        pictures.append(stored(image, name, quality=quality))
    assert descent(*pictures) == -descent(*pictures[::-1])


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_flat_pictures_tell_nothing(mode):
    flat = [Image.new(mode, (64, 64), 90), Image.new(mode, (64, 64), 91)]
    assert descent(*flat) == 0
    compressed = []
    for image, quality in zip(flat, (70, 90), strict=True):
        held = BytesIO()
        image.save(held, "JPEG", quality=quality)
        compressed.append(Image.open(held))
    assert descent(*compressed) == 0
