"""The segments of a JPEG, walked by the lengths that they state: no thumbnail inside is looked into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

END_OF_IMAGE, SCAN = 0xD9, 0xDA
# Inside a scan 0xFF is followed by 0 or a restart marker; anything else ends it.
SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Segment(NamedTuple):
    """The second byte of a marker, and where the segment lies: a scan with its compressed data."""

    marker: int
    start: int
    end: int


def segments(jpeg: bytes) -> Iterator[Segment]:
    """Walk a JPEG after its first marker, up to its end marker or to where the structure is damaged."""
    at = 2
    while jpeg[at : at + 1] == b"\xff" and at + 1 < len(jpeg):
        marker = jpeg[at + 1]
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
            continue
        end = at + 2
        if marker != END_OF_IMAGE:
            end += int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == SCAN:
            scan_end = SCAN_END.search(jpeg, end)
            end = scan_end.start() if scan_end else len(jpeg)
        yield Segment(marker, at, end)
        if marker == END_OF_IMAGE:
            return
        at = end


def first_scan(jpeg: bytes) -> bytes:
    """Cut a progressive JPEG after its first scan, which holds the mean of every block."""
    for segment in segments(jpeg):
        if segment.marker == SCAN:
            return jpeg[: segment.end] + bytes([0xFF, END_OF_IMAGE])
    return jpeg
