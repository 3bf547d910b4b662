"""Segments are walked by length: what looks like a marker inside one is none."""

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from quality.jpeg_segments import SCAN, Frame, first_scan, plain_frame, segments
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


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from(["L", "RGB", "CMYK"]), st.booleans())
def test_the_frame_is_what_pillow_reads(width, height, mode, progressive):
    image = Image.new(mode, (width, height))
    data = stored(image, progressive=progressive, comment=b"\xff\xc0 no frame")
    assert plain_frame(data) == Frame(width, height, len(image.getbands()), progressive)


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


def frame(width, bits=8, marker=0xC0):
    return segment(marker, struct.pack(">BHHB", bits, 40, width, 1) + b"\x01\x11\x00")


START, TABLE, SCAN_HEADER = b"\xff\xd8", segment(0xDB, bytes(65)), segment(0xDA, bytes(6))


def test_a_frame_between_tables_and_scan_is_read():
    assert plain_frame(START + TABLE + frame(50) + TABLE + SCAN_HEADER + bytes(9)) == Frame(50, 40, 1, False)


@pytest.mark.parametrize(
    "header",
    [
        frame(50) + frame(60),
        b"\xff\x01" + frame(50),
        b"\xff\xd0" + segment(0xE0, b"")[2:] + frame(50),
        b"\xff\xe0\x00\x00" + frame(50),
        frame(50)[1:],
        frame(50, bits=12),
        frame(0),
        frame(50, marker=0xC9),
        TABLE,
    ],
    ids=[
        "two frames",
        "a marker without a length",
        "a length after a restart marker",
        "a length of nothing",
        "no lead",
        "12 bits",
        "no width",
        "arithmetic coding",
        "no frame",
    ],
)
def test_a_frame_that_decoders_may_read_differently_is_none(header):
    assert plain_frame(START + header + SCAN_HEADER + bytes(9)) is None


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading_of_a_frame(data):
    plain_frame(data)
    plain_frame(START + TABLE + data)
