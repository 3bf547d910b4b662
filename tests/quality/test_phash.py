"""The perceptual hashes: the reference must be imagehash's on anything that opens."""

import tracemalloc
from io import BytesIO
from unittest.mock import patch

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from quality.jpeg_segments import first_scan
from quality.phash import as_signed, as_unsigned, fast_phash64, phash64


def degenerate_pictures() -> dict[str, Image.Image]:
    noise = np.random.default_rng(1).integers(0, 256, (48, 48), dtype=np.uint8)
    mirrored = np.hstack([noise, noise[:, ::-1]])
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    disc = (np.hypot(*np.mgrid[-50:50, -50:50]) < 30).astype(np.uint8) * 255
    arrays = {
        "black": np.zeros((40, 50), np.uint8),
        "white": np.full((40, 50), 255, np.uint8),
        "grey": np.full((7, 3), 127, np.uint8),
        "ramp across": ramp,
        "ramp down": ramp.T,
        "mirror": mirrored,
        "kaleidoscope": np.vstack([mirrored, mirrored[::-1]]),
        "transposed": noise // 2 + noise.T // 2,
        "disc": disc,
        "pixel": np.full((1, 1), 9, np.uint8),
        "line": ramp[:1],
    }
    boards = {f"board {k}": (np.indices((256, 256)) // k).sum(0) % 2 * 255 for k in (1, 2, 4, 8, 16, 32, 64)}
    return {name: Image.fromarray(array.astype(np.uint8)) for name, array in (arrays | boards).items()}


@pytest.mark.parametrize("name", degenerate_pictures())
def test_reference_on_flat_and_symmetric_pictures(name):
    image = degenerate_pictures()[name]
    assert f"{phash64(image):016x}" == str(imagehash.phash(image))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"])
def test_reference_in_every_mode(mode):
    pixels = np.random.default_rng(2).integers(0, 256, (61, 83, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).convert("L" if mode in "LAIF" else "RGB").convert(mode)
    assert f"{phash64(image):016x}" == str(imagehash.phash(image))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 90), st.integers(1, 90), st.integers(1, 6))
def test_reference_on_random_pictures(seed, width, height, levels):
    pixels = np.random.default_rng(seed).integers(0, levels, (height, width)) * 40
    image = Image.fromarray(pixels.astype(np.uint8))
    assert f"{phash64(image):016x}" == str(imagehash.phash(image))


def test_reference_on_photographs(photographs):
    for path in photographs[::9]:
        with Image.open(path) as image:
            assert f"{phash64(image):016x}" == str(imagehash.phash(image)), path.name


@given(st.integers(0, 2**64 - 1))
def test_signed_round_trip(hashed):
    assert -(2**63) <= as_signed(hashed) < 2**63
    assert as_unsigned(as_signed(hashed)) == hashed


def encoded(image, **options):
    stored = BytesIO()
    image.save(stored, options.pop("format", "JPEG"), **options)
    return stored.getvalue()


def bits_apart(a, b):
    return (a ^ b).bit_count()


@pytest.mark.parametrize("progressive", [False, True])
def test_fast_hash_is_near_the_reference(photographs, progressive):
    apart = []
    for path in photographs[:320:4]:
        with Image.open(path) as image:
            large = image.convert("RGB").resize((500, 375))
        apart.append(
            bits_apart(fast_phash64(encoded(large, quality=85, progressive=progressive)), phash64(large))
        )
    assert np.mean(np.array(apart) <= 2) >= 0.98


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size", [(64, 48), (9, 7), (300, 900)])
@pytest.mark.parametrize("progressive", [False, True])
def test_fast_hash_of_any_jpeg(mode, size, progressive):
    rng = np.random.default_rng(5)
    image = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize(size).convert(mode)
    data = encoded(image, progressive=progressive)
    assert bits_apart(fast_phash64(data), phash64(Image.open(BytesIO(data)))) <= 8


@pytest.mark.parametrize("progressive", [False, True])
def test_fast_hash_of_four_inks_is_the_reference(progressive):
    for seed in range(20):
        pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
        inks = Image.fromarray(pixels).resize((500, 371), Image.Resampling.BICUBIC).convert("CMYK")
        data = encoded(inks, progressive=progressive)
        assert fast_phash64(data) == phash64(Image.open(BytesIO(data)))


def opened_by_pillow(data):
    with patch("quality.phash.plain_frame", return_value=None):
        return fast_phash64(data)


def result(job, data):
    try:
        return job(data)
    except (OSError, SyntaxError, ValueError) as error:
        return type(error)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([(64, 48), (40, 33), (300, 280), (20, 500)]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=3),
    st.integers(0, 2**20),
)
def test_fast_hash_of_damaged_jpegs_is_what_pillow_gives(size, progressive, damage, cut):
    pixels = np.random.default_rng(8).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    data = bytearray(encoded(Image.fromarray(pixels).resize(size), progressive=progressive))
    for place, value in damage:
        data[place % min(len(data), 700)] = value
    data = bytes(data[: len(data) if cut % 2 else cut % len(data)])
    assert result(fast_phash64, data) == result(opened_by_pillow, data)


@pytest.mark.parametrize("progressive", [False, True])
def test_fast_hash_of_a_strip_takes_little_memory(progressive):
    strip = Image.fromarray(np.random.default_rng(9).integers(0, 256, (9, 300), dtype=np.uint8)).resize(
        (65_500, 40)
    )
    data = encoded(strip, progressive=progressive)
    tracemalloc.start()
    hashed = fast_phash64(data)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    assert bits_apart(hashed, phash64(strip)) <= 4


def test_fast_hash_of_other_formats_is_the_reference():
    image = Image.fromarray(np.random.default_rng(6).integers(0, 256, (50, 70), dtype=np.uint8))
    assert fast_phash64(encoded(image, format="PNG")) == phash64(image)


def test_first_scan_is_a_fraction_of_the_file():
    image = Image.fromarray(np.random.default_rng(7).integers(0, 256, (400, 400, 3), dtype=np.uint8))
    data = encoded(image, progressive=True, quality=90)
    assert len(first_scan(data)) < len(data) / 5


@pytest.mark.parametrize("data", [b"", b"no picture", encoded(Image.new("RGB", (400, 400)))[:200]])
def test_broken_files_are_refused(data):
    with pytest.raises(OSError, match=r"cannot identify|[Tt]runcated"):
        fast_phash64(data)
