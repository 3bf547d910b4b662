"""The segments of a JPEG, walked by the lengths that they state: no thumbnail inside is looked into."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

END_OF_IMAGE, SCAN = 0xD9, 0xDA
PROGRESSIVE = 0xC2
FRAMES = {0xC0, 0xC1, PROGRESSIVE}
# Tables, restart interval, applications and comment: what stands before the first scan beside the frame.
PLAIN = {0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE}
MARKER, LEAD, LEAST_LENGTH = struct.Struct(">BBH"), 0xFF, 2
# Bits a sample, height, width, components.
FRAME, SAMPLE_BITS = struct.Struct(">4xBHHB"), 8
# Inside a scan 0xFF is followed by 0 or a restart marker; anything else ends it.
SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Segment(NamedTuple):
    """The second byte of a marker, and where the segment lies: a scan with its compressed data."""

    marker: int
    start: int
    end: int


class Frame(NamedTuple):
    """What a JPEG says of its frame: size in pixels, components, whether it comes in many scans."""

    width: int
    height: int
    components: int
    progressive: bool


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


def plain_frame(jpeg: bytes) -> Frame | None:
    """Read the frame of a JPEG of 8 bits whose header no two decoders read differently; None of others.

    So its size may be trusted before libjpeg has looked: up to the first scan there is one frame, and nothing
    else but segments that state their length.
    """
    frame, at = None, 2
    while at + FRAME.size <= len(jpeg):
        lead, marker, length = MARKER.unpack_from(jpeg, at)
        if lead != LEAD or length < LEAST_LENGTH:
            return None
        if marker == SCAN:
            return frame
        if marker in FRAMES and frame is None:
            frame = _frame_at(jpeg, at, marker)
        elif marker not in PLAIN:
            return None
        at += 2 + length
    return None


def _frame_at(jpeg: bytes, at: int, marker: int) -> Frame | None:
    bits, height, width, components = FRAME.unpack_from(jpeg, at)
    plain = bits == SAMPLE_BITS and height and width
    return Frame(width, height, components, marker == PROGRESSIVE) if plain else None
