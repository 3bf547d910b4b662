import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.demo.framing import Framing, whole


def test_a_box_moves_and_grows_with_its_picture() -> None:
    framing = Framing((10, 20, 59, 69), scale=2)
    assert framing.size == (100, 100)
    assert framing.boxes(((20, 30, 29, 39),)) == ((20, 20, 39, 39),)


def test_a_mirrored_box_changes_sides() -> None:
    assert Framing((0, 0, 99, 49), mirrored=True).boxes(((0, 5, 9, 14),)) == ((90, 5, 99, 14),)


@pytest.mark.parametrize(("box", "kept"), [((0, 0, 9, 9), ()), ((0, 20, 9, 29), ((0, 10, 4, 19),))])
def test_what_is_nearly_cut_off_is_not_shown(box: tuple[int, ...], kept: tuple[tuple[int, ...], ...]) -> None:
    assert Framing((5, 10, 99, 99)).boxes((box,)) == kept


@given(st.integers(40, 90), st.integers(40, 90), st.floats(0.3, 3), st.booleans(), st.data())
def test_boxes_stay_inside(
    width: int, height: int, scale: float, mirrored: bool, data: st.DataObject
) -> None:
    image = Image.new("RGB", (100, 100))
    framing = Framing((5, 5, width, height), scale, mirrored)
    x = sorted(data.draw(st.lists(st.integers(0, 99), min_size=2, max_size=2, unique=True)))
    y = sorted(data.draw(st.lists(st.integers(0, 99), min_size=2, max_size=2, unique=True)))
    picture = framing.picture(image)
    assert picture.size == framing.size
    for xmin, ymin, xmax, ymax in framing.boxes(((x[0], y[0], x[1], y[1]),)):
        assert 0 <= xmin <= xmax + 1 <= picture.width
        assert 0 <= ymin <= ymax + 1 <= picture.height


def test_the_whole_of_a_picture() -> None:
    image = Image.new("RGB", (7, 5))
    assert whole(image) == (0, 0, 6, 4)
    assert Framing(whole(image)).picture(image).size == (7, 5)
