"""Real encoders make the pictures; every hostile one ends as RefusedPicture and nothing else."""

import hashlib
import pickle
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from pipeline.pictures import PictureLimits, RefusedPicture, decode

LIMITS = PictureLimits()
PHOTOS = Path(__file__).resolve().parents[2] / "../shared/data/images"


def photo(width=64, height=48, mode="RGB") -> Image.Image:
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x * 255 // width, y * 255 // height, np.full_like(x, 90)], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8)).convert(mode)


def saved(image: Image.Image, kind="JPEG", **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)


def alike(data: bytes, image: Image.Image, tolerance=6) -> bool:
    return bool(np.abs(pixels(data) - np.asarray(image.convert("RGB")).astype(int)).mean() < tolerance)


def refusal(data: bytes, limits=LIMITS) -> str:
    with pytest.raises(RefusedPicture) as raised:
        decode(data, limits)
    assert str(raised.value)
    return raised.value.reason


def exif(**tags) -> bytes:
    found = Image.Exif()
    for tag, value in tags.items():
        found[int(tag[1:])] = value
    return found.tobytes()


def test_a_clean_jpeg_keeps_its_bytes():
    data = saved(photo())
    picture = decode(data)
    assert picture.data == data
    assert picture.changes == ()
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert (picture.width, picture.height) == (64, 48)


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_every_kind_of_clean_jpeg_keeps_its_bytes(options):
    data = saved(photo(), **options)
    assert decode(data).data == data


def test_a_grey_jpeg_stays_grey():
    data = saved(photo(mode="L"))
    assert decode(data).data == data


def test_metadata_goes_and_pixels_stay():
    gps = Image.Exif()
    gps[271] = "Leica"
    gps.get_ifd(0x8825)[2] = (52.0, 13.0, 1.0)
    clean = saved(photo())
    data = saved(photo(), exif=gps.tobytes(), comment=b"my home", xmp=b"<x:xmpmeta/>") + b"trailing secret"
    picture = decode(data)
    assert picture.changes == ("metadata",)
    assert picture.data == clean
    assert not Image.open(BytesIO(picture.data)).getexif()


def test_a_colour_profile_is_kept_with_the_bytes():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(photo(), icc_profile=profile)
    assert decode(data).data == data


@pytest.mark.parametrize("orientation", range(2, 9))
def test_pictures_are_turned_upright(orientation):
    upright = photo()
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[
        orientation
    ]  # transpositions that undo each orientation
    picture = decode(saved(upright.transpose(Image.Transpose(back)), exif=exif(_274=orientation)))
    assert (picture.width, picture.height) == (64, 48)
    assert picture.changes == (f"orientation:{orientation}",)
    assert alike(picture.data, upright)
    assert not Image.open(BytesIO(picture.data)).getexif()


@pytest.mark.parametrize("orientation", [0, 1, 9, 4000])
def test_a_meaningless_orientation_is_only_metadata(orientation):
    assert decode(saved(photo(), exif=exif(_274=orientation))).changes == ("metadata",)


def test_broken_exif_is_only_metadata():
    data = saved(photo(), exif=b"Exif\0\0MM\0*\xff\xff\xff\xffgarbage")
    assert decode(data).changes == ("metadata",)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_other_formats_become_jpeg(kind):
    picture = decode(saved(photo(), kind))
    assert picture.changes[0] == f"format:{kind.lower()}"
    assert Image.open(BytesIO(picture.data)).format == "JPEG"
    assert alike(picture.data, photo(), tolerance=15 if kind == "GIF" else 6)


def test_cmyk_becomes_rgb():
    picture = decode(saved(photo(mode="CMYK")))
    assert picture.changes == ("colour:CMYK",)
    assert Image.open(BytesIO(picture.data)).mode == "RGB"
    assert alike(picture.data, photo(mode="CMYK").convert("RGB"))


def test_16_bit_grey_keeps_its_brightness():
    ramp = np.tile(np.arange(64, dtype=np.uint16) * 1024, (48, 1))
    picture = decode(saved(Image.fromarray(ramp), "PNG"))
    assert picture.changes == ("format:png", "colour:I;16")
    assert np.abs(pixels(picture.data)[:, :, 0] - ramp // 256).max() < 8


def test_16_bit_colour_keeps_its_brightness():
    rows = b"".join(b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0) * 40 for _ in range(40))
    picture = decode(png(40, 40, rows, depth=16))
    assert np.abs(pixels(picture.data)[20, 20] - [255, 128, 0]).max() < 6


def test_transparency_lies_on_white():
    image = photo(mode="RGBA")
    image.putalpha(0)
    picture = decode(saved(image, "PNG"))
    assert "transparency" in picture.changes
    assert pixels(picture.data).min() > 250


def test_a_transparent_palette_lies_on_white():
    image = photo(mode="P")
    image.paste(0, (0, 0, 64, 48))
    assert pixels(decode(saved(image, "PNG", transparency=0)).data).min() > 250


def test_black_and_white_is_grey():
    assert alike(decode(saved(photo(mode="1"), "PNG")).data, photo(mode="1"), tolerance=20)


def test_a_colour_profile_is_applied_before_it_is_dropped():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = srgb.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    picture = decode(saved(Image.new("RGB", (40, 40), "red"), "PNG", icc_profile=exchanged))
    assert np.abs(pixels(picture.data)[20, 20] - [0, 255, 0]).max() < 10


def test_a_profile_of_another_colour_space_says_nothing():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert alike(decode(saved(photo(), "PNG", icc_profile=lab)).data, photo())


def png(width, height, rows, depth=8) -> bytes:
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "html"),
        (b"\xef\xbb\xbf\n <HTML>gone</HTML>", "html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
        (b"%PDF-1.7", "unknown_format"),
        (b"{}", "unknown_format"),
        (b"\0" * 5000, "unknown_format"),
        (b"\xff\xd8\xff", "broken"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
    ],
)
def test_what_is_no_picture_is_refused(data, reason):
    assert refusal(data) == reason


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    assert refusal(png(50_000, 50_000, b"\0" * 10_000)) == "too_large"
    assert refusal(png(9_000, 9_000, b"\0" * 10_000)) == "too_large"
    assert refusal(saved(photo()), PictureLimits(max_pixels=64 * 48 - 1)) == "too_large"


def test_a_jpeg_of_endless_scans_is_refused():
    data = saved(photo(), progressive=True)
    last = data.rindex(b"\xff\xda")
    assert refusal(data[:last] + data[last:-2] * 200 + data[-2:]) == "too_complex"


def test_a_strip_too_long_for_jpeg_is_refused():
    assert refusal(saved(Image.new("L", (66_000, 40)), "PNG")) == "too_large"


def test_a_tracking_pixel_is_refused():
    assert refusal(saved(photo(1, 1))) == "too_small"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_frames_are_refused(kind):
    assert (
        refusal(saved(photo(), kind, save_all=True, append_images=[photo(mode="L").convert("RGB")]))
        == "animated"
    )


def test_a_phones_photo_with_a_preview_is_its_photo():
    data = saved(photo(), "MPO", save_all=True, append_images=[photo(32, 32)])
    picture = decode(data)
    assert (picture.width, picture.height) == (64, 48)
    assert len(Image.open(BytesIO(picture.data)).tobytes()) == 64 * 48 * 3
    assert picture.changes == ("metadata",)


def test_measurements_are_no_photograph():
    assert refusal(saved(Image.new("F", (40, 40)), "TIFF")) == "unsupported_colour"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused(kind, share):
    data = saved(photo(200, 200), kind)
    assert refusal(data[: int(len(data) * share)]) in {"truncated", "broken"}


def test_a_jpeg_without_its_last_bytes_is_mended_or_refused():
    data = saved(photo())
    try:
        assert decode(data[:-2]).changes == ("structure",)
    except RefusedPicture as refused:
        assert refused.reason == "truncated"


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]), spoils=st.data())
def test_whatever_is_spoilt_nothing_but_a_refusal_comes_out(kind, spoils):
    data = bytearray(saved(photo(), kind))
    for _ in range(spoils.draw(st.integers(1, 6))):
        data[spoils.draw(st.integers(0, len(data) - 1))] = spoils.draw(st.integers(0, 255))
    try:
        picture = decode(bytes(data))
    except RefusedPicture:
        return
    assert Image.open(BytesIO(picture.data)).size == (picture.width, picture.height)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    refusal(data)


def test_decoding_its_own_output_changes_nothing():
    once = decode(saved(photo(), "PNG"))
    twice = decode(once.data)
    assert (twice.data, twice.changes) == (once.data, ())


def test_a_refusal_survives_the_way_between_processes():
    refused = pickle.loads(pickle.dumps(RefusedPicture("empty", "the file has no bytes")))
    assert (refused.reason, str(refused)) == ("empty", "the file has no bytes")


@pytest.mark.parametrize("folder", ["imagen", "tiny_imagenet/n02123045"])
def test_real_photographs_keep_every_pixel(folder):
    if not (PHOTOS / folder).is_dir():
        pytest.skip(f"no photographs at {PHOTOS / folder}")
    paths = [
        path for path in sorted((PHOTOS / folder).iterdir()) if path.suffix.lower() in {".jpg", ".jpeg"}
    ][:40]
    for path in paths:
        data = path.read_bytes()
        picture = decode(data)
        assert picture.changes in {(), ("metadata",)}
        assert np.array_equal(pixels(picture.data), pixels(data))


@pytest.mark.parametrize(
    "data",
    [
        saved(photo()),
        saved(photo(mode="L")),
        saved(photo(), progressive=True, comment=b"my home"),
        saved(photo(), exif=exif(_274=6)),
        saved(photo(), "MPO", save_all=True, append_images=[photo(32, 24)]),
        saved(photo(mode="CMYK")),
        saved(photo(mode="RGBA"), "PNG"),
    ],
)
def test_the_image_in_hand_is_the_one_that_is_stored(data):
    """It need not be decoded again to be described."""
    picture = decode(data)
    stored = Image.open(BytesIO(picture.data))
    assert picture.image.mode == stored.mode
    assert np.array_equal(np.asarray(picture.image), np.asarray(stored))
    assert picture.image.quantization == stored.quantization
