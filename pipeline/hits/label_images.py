"""label_images: does this photograph show the synset?"""

from __future__ import annotations

from enum import StrEnum

from pipeline.hits.kind import load_kind
from pipeline.hits.submission import Size, one_of


class Look(StrEnum):
    """A worker's look at one photo. `report`: broken or offensive, which is flagged and no vote."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    REPORT = "report"


def read_look(value: object, _size: Size) -> Look:
    """Read one answer."""
    return one_of(value, Look, "a label")


KIND = load_kind("label_images", read_look)
