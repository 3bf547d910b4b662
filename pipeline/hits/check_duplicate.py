"""check_duplicate: are these two pictures the same photograph?"""

from __future__ import annotations

from enum import StrEnum

from pipeline.hits.kind import load_kind
from pipeline.hits.submission import Size, one_of


class Likeness(StrEnum):
    """One photograph twice, another shot of one scene, or two that have nothing to do with each other."""

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"
    UNSURE = "unsure"


def read_likeness(value: object, _size: Size) -> Likeness:
    """Read one answer."""
    return one_of(value, Likeness, "a comparison")


KIND = load_kind("check_duplicate", read_likeness)
