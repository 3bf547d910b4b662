"""An image that contradicts itself is refused, with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.release.images import Box, Boxed, Votes, box_fault, check
from pipeline.release.refusals import ReleaseRefused


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"wnid": "Scottish_deerhound"}, "no wnid"),
        ({"wnid": "n0212180"}, "no wnid"),
        ({"sha256": "../../etc/passwd"}, "no SHA-256"),
        ({"split": "../x"}, "cannot name a split"),
        ({"split": ""}, "cannot name a split"),
        ({"votes": Votes(3, -1, 0)}, "negative votes"),
        ({"confidence": 1.2}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"selection_frequency": 0.9}, "not yes / votes"),
        ({"boxes": (Box(5, 5, 4, 9),)}, "inside out"),
        ({"boxes": (Box(-1, 0, 4, 9),)}, "leaves the 64 x 48 picture"),
        ({"boxes": (Box(0, 0, 64, 9),)}, "leaves the 64 x 48 picture"),
        ({"boxes": (Box(0, 0, 9, 48),)}, "leaves the 64 x 48 picture"),
        ({"boxes": (Box(0, 0, 9.5, 9),)}, "not four integers"),
        ({"boxes": ((0, 0, 9),)}, "not four integers"),
        ({"boxes": ()}, "yet boxed is 'complete'"),
        ({"boxed": Boxed.NONE}, "yet boxed is 'none'"),
    ],
)
def test_a_contradiction_is_refused(make_image, fields, reason):
    with pytest.raises(ReleaseRefused, match=reason):
        check(make_image(**fields))


def test_a_box_may_fill_the_picture(make_image):
    check(make_image(boxes=(Box(0, 0, 63, 47),)))


def test_one_pixel_is_a_box(make_image):
    check(make_image(boxes=(Box(63, 47, 63, 47),)))


def test_without_votes_there_is_no_frequency(make_image):
    check(make_image(votes=Votes(0, 0, 0), selection_frequency=0.0))


edge = st.integers(-3, 12)


@given(st.tuples(edge, edge, edge, edge))
def test_a_sound_box_is_one_whose_pixels_are_in_the_picture(box):
    xmin, ymin, xmax, ymax = box
    sound = xmin in range(10) and xmax in range(xmin, 10) and ymin in range(8) and ymax in range(ymin, 8)
    assert (box_fault(box, 10, 8) is None) == sound
