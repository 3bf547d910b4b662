"""draw_box: draw a box around one instance that has none yet (Su, Deng and Fei-Fei 2012, drawing task)."""

from __future__ import annotations

from enum import StrEnum

from pipeline.hits.kind import load_kind
from pipeline.hits.submission import BadAnswer, Box, Size, fields, one_of


class NoBox(StrEnum):
    """Why a worker drew nothing."""

    ABSENT = "absent"
    ALL_BOXED = "all_boxed"
    UNSURE = "unsure"


def read_drawing(value: object, size: Size) -> Box | NoBox:
    """Read `{"box": [xmin, ymin, xmax, ymax]}` (pixels, inclusive, inside the picture) or `{"none": why}`."""
    if isinstance(value, dict) and "none" in value:
        return one_of(fields(value, "none", of="a drawing")["none"], NoBox, "the reason for no box")
    return _box(fields(value, "box", of="a drawing")["box"], size)


def _box(value: object, size: Size) -> Box:
    if not isinstance(value, list) or len(value) != 4 or not all(type(edge) is int for edge in value):
        raise BadAnswer("a box is not four integers")
    xmin, ymin, xmax, ymax = value
    if not (xmin < xmax and ymin < ymax):
        raise BadAnswer("a box is inside out or empty")
    if not (xmin >= 0 and ymin >= 0 and xmax < size[0] and ymax < size[1]):
        raise BadAnswer("a box reaches outside its picture")
    return xmin, ymin, xmax, ymax


KIND = load_kind("draw_box", read_drawing)
