"""Segments are walked by length: what looks like a marker inside one is none."""

import struct
from io import BytesIO

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from quality.jpeg_segments import SCAN, first_scan, segments
from quality.phash import fast_phash64, phash64


def stored(image, **options):
    held = BytesIO()
    image.save(held, "JPEG", **options)
    return held.getvalue()


def with_thumbnail(image):
    """Store a picture progressively with another one as the thumbnail in its EXIF data."""
    small = stored(Image.new("RGB", (160, 120), "white"))
    first = struct.pack("<HI", 0, 14)
    entries = struct.pack("<HHIIHHII", 0x201, 4, 1, 44, 0x202, 4, 1, len(small))
    second = struct.pack("<H", 2) + entries + struct.pack("<I", 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + second + small
    return stored(image, progressive=True, quality=90, exif=exif)


def test_the_scan_of_a_thumbnail_is_not_the_first_scan():
    pixels = np.random.default_rng(2).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((400, 320), Image.Resampling.BICUBIC)
    data = with_thumbnail(image)
    assert Image.open(BytesIO(first_scan(data))).size == (400, 320)
    assert (fast_phash64(data) ^ phash64(Image.open(BytesIO(data)))).bit_count() <= 4


def test_segments_cover_the_file():
    data = stored(Image.new("RGB", (64, 64), "red"), progressive=True)
    found = list(segments(data))
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert (found[0].start, found[-1].end) == (2, len(data))
    assert sum(one.marker == SCAN for one in found) > 1


@given(st.binary(max_size=300))
def test_any_bytes_end(data):
    assert all(one.start < one.end for one in segments(b"\xff\xd8" + data))
    first_scan(b"\xff\xd8" + data)
