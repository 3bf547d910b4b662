"""What pictures were compressed with: a copy is never taken for better than what it was made of."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from quality.compression import AGAIN, QUALITIES, TABLES, UNKNOWN_STEP, quantisation
from tests.quality.test_wear import sharp, stored


def again(image, **how):
    """Decode a picture and store it once more."""
    held = BytesIO()
    image.convert("RGB").save(held, **how)
    return Image.open(held)


def mean_step(quality):
    (table, *_) = stored(sharp(8), quality).quantization.values()
    return np.mean(table)


def test_the_tables_are_those_that_encoders_write():
    for quality in QUALITIES:
        (table, *_) = stored(sharp(64), quality).quantization.values()
        assert TABLES[QUALITIES.index(quality)].ravel().tolist() == list(table)


@given(st.integers(20, 97), st.sampled_from([64, 200, 256]))
def test_an_original_has_no_past(quality, side):
    assert quantisation(stored(sharp(side), quality)) == pytest.approx(mean_step(quality))


@pytest.mark.parametrize("side", [64, 256])
@pytest.mark.parametrize(("first", "second"), [(49, 80), (65, 85), (75, 90), (75, 95), (85, 95)])
def test_finer_steps_do_not_hide_coarser_ones(side, first, second):
    copy = again(stored(sharp(side), first), format="JPEG", quality=second)
    assert quantisation(copy) == pytest.approx(AGAIN * np.hypot(mean_step(first), mean_step(second)), rel=0.1)


def test_nor_does_a_format_that_keeps_every_level():
    assert quantisation(again(sharp(), format="PNG")) == 0
    assert quantisation(again(stored(sharp(), 75), format="PNG")) == pytest.approx(
        AGAIN * mean_step(75), rel=0.1
    )


def test_what_came_before_what_came_before_shows_too():
    twice = again(stored(sharp(), 50), format="JPEG", quality=85)
    thrice = again(twice, format="PNG")
    assert quantisation(thrice) == pytest.approx(AGAIN * quantisation(twice), rel=0.1)


def test_coarser_steps_are_all_that_can_be_told_of():
    copy = again(stored(sharp(), 90), format="JPEG", quality=60)
    assert quantisation(copy) == pytest.approx(mean_step(60))


@given(
    st.sampled_from([(1, 1), (7, 300), (8, 8), (600, 530), (64, 9)]),
    st.sampled_from(["L", "RGB", "RGBA", "1", "P", "I;16"]),
    st.sampled_from([0, 1]),
)
def test_flat_pictures_of_any_size_and_kind_have_none(size, mode, level):
    assert quantisation(Image.new(mode, size, level)) == 0


def test_few_colours_stand_for_many_in_a_photograph_and_not_in_a_drawing():
    levels = np.stack(
        [np.asarray(sharp()), np.asarray(sharp().rotate(90)), np.asarray(sharp().rotate(180))], 2
    )
    photo = Image.fromarray(levels)
    assert quantisation(again(photo, format="PNG")) == 0
    for few in (photo.quantize(256), photo.quantize(32), photo.quantize(64).convert("RGB")):
        held = BytesIO()
        few.save(held, format="PNG")
        assert quantisation(Image.open(held)) == UNKNOWN_STEP
    drawing = Image.new("RGB", (200, 200), "white")
    drawing.paste("red", (30, 40, 120, 150))
    assert quantisation(again(drawing, format="GIF")) == 0
    assert quantisation(again(sharp(), format="PNG")) == 0  # grey has no more than 256 levels
