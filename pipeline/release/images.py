"""What goes into a release: one picture under one synset, and the synsets themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pipeline.release.refusals import ReleaseRefused
from pipeline.settings import SPLIT_NAME

_WNID = re.compile(r"n\d{8}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Box(NamedTuple):
    """A box in pixels of the stored picture; both corners belong to it."""

    xmin: int
    ymin: int
    xmax: int
    ymax: int


class Votes(NamedTuple):
    """Valid votes on one picture under one synset; voided votes are not counted. Gold may have none."""

    yes: int
    no: int
    unsure: int


class Boxed(StrEnum):
    """How far the boxes of a picture went."""

    COMPLETE = "complete"
    """A coverage check found every instance boxed."""
    PARTIAL = "partial"
    """Some boxes passed, but instances may be missing: background is not known to be background."""
    NONE = "none"
    """No box passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseImage:
    """One picture that shows one synset; a picture of two synsets is two of these, in the same split.

    ``duplicate_group`` names the pictures that must stay together (None: the picture stands alone),
    ``selection_frequency`` is yes / (yes + no + unsure), ``confidence`` what the voting policy claimed
    when it accepted, ``phash`` its perceptual hash as imagehash writes it, ``fetched_at`` ISO 8601 in UTC.
    """

    sha256: str
    wnid: str
    split: str
    width: int
    height: int
    votes: Votes
    selection_frequency: float
    confidence: float
    boxes: tuple[Box, ...]
    boxed: Boxed
    duplicate_group: str | None
    phash: str
    license: str | None
    creator: str | None
    source_url: str
    source_page: str | None
    source: str
    query: str | None
    language: str | None
    fetched_at: str | None

    @property
    def name(self) -> str:
        """File name without extension; follows from content alone, so no other picture can move it."""
        return f"{self.wnid}_{self.sha256[:16]}"

    @property
    def place(self) -> str:
        """``<split>/<wnid>/<name>``: the picture under images/, its boxes under Annotations/."""
        return f"{self.split}/{self.wnid}/{self.name}"

    @property
    def file(self) -> str:
        """Path of the picture in the release, with forward slashes."""
        return f"images/{self.place}.JPEG"

    @property
    def group(self) -> str:
        """The name under which all copies of the picture share a split."""
        return self.duplicate_group or self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSynset:
    """One synset as WordNet 3.0 has it."""

    wnid: str
    words: tuple[str, ...]
    gloss: str
    parents: tuple[str, ...]


def check(image: ReleaseImage) -> None:
    """Refuse an image whose own fields contradict each other.

    Raises
    ------
    ReleaseRefused
        Naming the image and the field.
    """
    faults = [*_identity_faults(image), *_label_faults(image), *_box_faults(image)]
    if faults:
        raise ReleaseRefused(f"{image.wnid} {image.sha256[:16]}: {'; '.join(faults)}")


def _identity_faults(image: ReleaseImage) -> list[str]:
    faults = []
    if not _WNID.fullmatch(image.wnid):
        faults.append(f"{image.wnid!r} is no wnid (n and 8 digits)")
    if not _SHA256.fullmatch(image.sha256):
        faults.append(f"{image.sha256!r} is no SHA-256 in lower-case hex")
    if not SPLIT_NAME.fullmatch(image.split):
        faults.append(f"{image.split!r} cannot name a split")
    return faults


def _label_faults(image: ReleaseImage) -> list[str]:
    asked = sum(image.votes)
    faults = []
    if min(image.votes) < 0:
        faults.append(f"negative votes {tuple(image.votes)}")
    if not 0 <= image.confidence <= 1:
        faults.append(f"confidence {image.confidence} is not in [0, 1]")
    expected = image.votes.yes / asked if asked > 0 else 0.0
    if abs(image.selection_frequency - expected) > 1e-6:
        faults.append(f"selection frequency {image.selection_frequency} is not yes / votes = {expected:.6f}")
    return faults


def _box_faults(image: ReleaseImage) -> list[str]:
    faults = [fault for box in image.boxes if (fault := box_fault(box, image.width, image.height))]
    if bool(image.boxes) != (image.boxed is not Boxed.NONE):
        faults.append(f"{len(image.boxes)} boxes, yet boxed is {image.boxed.value!r}")
    return faults


def box_fault(box: Sequence[int], width: int, height: int) -> str | None:
    """Why ``box`` cannot be a box of a picture of this size, or None; both corners are inside the picture."""
    if len(box) != 4 or any(type(edge) is not int for edge in box):
        return f"box {tuple(box)} is not four integers"
    xmin, ymin, xmax, ymax = box
    if xmin > xmax or ymin > ymax:
        return f"box {tuple(box)} is inside out"
    if xmin < 0 or ymin < 0 or xmax >= width or ymax >= height:
        return f"box {tuple(box)} leaves the {width} x {height} picture"
    return None
