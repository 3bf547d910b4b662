"""A folder of images, searched as a stranger would: real files, real processes, broken ones among them."""

import os
import shutil
import struct
from io import BytesIO
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from pipeline.copies.contact_sheet import thumbnail
from pipeline.copies.folder_duplicates import search_folder
from pipeline.copies.folder_reading import list_files, read_batch
from tests.quality.test_descent import gamma, photo


def picture(seed, size=(200, 150)):
    rng = np.random.default_rng(seed)
    layers = [
        Image.fromarray(rng.integers(0, 256, (k, k, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        for k in (4, 9, 20)
    ]
    return Image.fromarray(np.mean([np.asarray(layer) for layer in layers], axis=0).astype(np.uint8))


def quiet(done, total):
    pass


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    for seed in range(6):
        picture(seed).save(tmp_path / f"photo {seed}.jpg", quality=90)
    picture(2).resize((100, 75)).save(tmp_path / "sub" / "small.png")
    ImageOps.expand(picture(4), 12, "black").save(tmp_path / "framed.webp")
    picture(5).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg")
    return tmp_path


def test_copies_are_grouped_the_best_first(folder):
    found = search_folder(folder, quiet)
    assert found.groups == [["photo 4.jpg", "framed.webp"], ["photo 2.jpg", "sub/small.png"]]
    assert (found.n_images, found.doubtful, found.broken) == (9, [], [])


def test_turned_copies_when_asked_for(folder):
    groups = search_folder(folder, quiet, turned=True).groups
    assert {"photo 5.jpg", "turned.jpg"} in [set(group) for group in groups]
    assert len(groups) == 3


def test_copies_of_whole_pictures_alone(folder):
    found = search_folder(folder, quiet, whole=True)
    assert found.groups == [["photo 2.jpg", "sub/small.png"]]
    assert (found.n_images, found.doubtful, found.broken) == (9, [], [])


def test_whole_pictures_are_compared_upright_and_on_white(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1).save(tmp_path / "upright.jpg")
    picture(1).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "tagged.jpg", exif=exif)
    clear = picture(3).convert("RGBA")
    clear.paste((255, 0, 0, 0), (0, 0, 200, 60))
    clear.save(tmp_path / "clear.png")
    white = Image.new("RGBA", clear.size, "white")
    Image.alpha_composite(white, clear).convert("RGB").save(tmp_path / "on white.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    found = search_folder(tmp_path, quiet, whole=True)
    pairs = {frozenset(group) for group in found.groups} | {frozenset(pair[:2]) for pair in found.doubtful}
    assert pairs == {frozenset({"upright.jpg", "tagged.jpg"}), frozenset({"clear.png", "on white.jpg"})}
    assert (found.n_images, [file for file, _ in found.broken]) == (4, ["broken.jpg"])


def test_copies_tagged_with_another_orientation_are_upright_first(tmp_path):
    picture(1).save(tmp_path / "upright.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "tagged.jpg", exif=exif)
    assert [set(group) for group in search_folder(tmp_path, quiet).groups] == [{"upright.jpg", "tagged.jpg"}]


@pytest.mark.parametrize(("tag", "kind", "value"), [(0x0100, 9, -5), (0x0132, 11, 0)])
def test_tags_of_another_type_than_theirs_break_no_picture(tmp_path, tag, kind, value):
    picture(1).save(tmp_path / "upright.jpg")
    turned, exif = picture(1).transpose(Image.Transpose.ROTATE_90), b"Exif\0\0II*\0\x08\0\0\0\2\0"
    exif += struct.pack("<HHIi", 0x0112, 3, 1, 6) + struct.pack("<HHIi", tag, kind, 1, value) + bytes(4)
    turned.save(tmp_path / "tagged.jpg", exif=exif)
    found = search_folder(tmp_path, quiet)
    assert ([set(group) for group in found.groups], found.broken) == ([{"upright.jpg", "tagged.jpg"}], [])
    with Image.open(tmp_path / "tagged.jpg") as tagged:
        assert Image.open(BytesIO(thumbnail(tagged))).size == picture(1).size


def test_broken_files_are_reported_and_strangers_passed_over(folder):
    whole = (folder / "photo 1.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    (folder / "empty.png").write_bytes(b"")
    (folder / "bomb.gif").write_bytes(
        b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02"
    )
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.jpg").write_bytes(whole)
    (folder / "link.jpg").symlink_to(folder / "photo 1.jpg")
    found = search_folder(folder, quiet)
    assert [file for file, _ in found.broken] == ["bomb.gif", "cut.jpg", "empty.png"]
    assert len(found.groups) == 2


def test_pictures_of_formats_that_are_not_read_are_reported(tmp_path):
    names = ["a.jp2", "b.JP2", "c.ppm", "d.heic", "e.jxl", "f.jfif"]
    for name in names[:2]:
        picture(1).save(tmp_path / name, "JPEG2000")
    picture(1).save(tmp_path / "c.ppm")
    for name in names[3:]:
        (tmp_path / name).write_bytes(b"ftypheic")
    reason = "not an image, or of a format that is not read"
    assert search_folder(tmp_path, quiet).broken == [(name, reason) for name in names]


@pytest.fixture
def locked(folder):
    """A sub-folder that cannot be listed: root lists any, so that the system's answer is given for it."""
    real, sub = os.scandir, folder / "sub"

    def scandir(path):
        if path == sub:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with patch("pipeline.copies.folder_reading.os.scandir", scandir):
        yield sub


@pytest.mark.parametrize("whole", [False, True])
def test_a_folder_that_cannot_be_listed_is_reported(folder, locked, whole):
    found = search_folder(folder, quiet, whole=whole)
    assert (found.n_images, [file for file, _ in found.broken]) == (8, [locked.name])


@pytest.mark.parametrize("whole", [False, True])
def test_files_of_several_pictures_are_no_copies(tmp_path, whole):
    pages = [picture(2), picture(3)]
    picture(1).save(tmp_path / "still.jpg")
    for name, format in (("a.gif", "GIF"), ("b.png", "PNG"), ("c.tif", "TIFF"), ("d.webp", "WEBP")):
        picture(1).save(tmp_path / name, format, save_all=True, append_images=pages)
    picture(1).save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=pages)
    found = search_folder(tmp_path, quiet, whole=whole)
    assert [set(group) for group in found.groups] == [{"still.jpg", "phone.jpg"}]
    several = "3 frames, not one still picture"
    assert found.broken == [(name, several) for name in ("a.gif", "b.png", "c.tif", "d.webp")]


@pytest.mark.parametrize("whole", [False, True])
def test_pictures_are_decoded_up_to_a_size_jpegs_at_a_scale(tmp_path, whole):
    with patch("pipeline.copies.folder_reading.MOST_PIXELS", 600 * 450 - 1):
        picture(1, (600, 450)).save(tmp_path / "large.jpg")
        picture(1, (600, 450)).save(tmp_path / "large.png")
        picture(1).save(tmp_path / "small.png")
        found = search_folder(tmp_path, quiet, whole=whole)
    assert [set(group) for group in found.groups] == [{"large.jpg", "small.png"}]
    assert found.broken == [("large.png", "600 x 450 pixels; at most 269999 are decoded")]


def test_many_files_go_through_all_cores_with_the_same_answer(folder, tmp_path_factory):
    many = tmp_path_factory.mktemp("many")
    for seed in range(130):
        picture(seed, (60, 48)).save(many / f"{seed:03}.jpg")
    picture(77, (60, 48)).save(many / "again.png")
    seen = []
    found = search_folder(many, lambda done, total: seen.append((done, total)))
    assert [sorted(group) for group in found.groups] == [["077.jpg", "again.png"]]
    assert seen == [(64, 131), (128, 131), (131, 131)]


def test_empty_folder(tmp_path):
    found = search_folder(tmp_path, quiet)
    assert (found.n_images, found.groups, found.doubtful, found.broken) == (0, [], [], [])


def test_files_are_listed_in_order(folder):
    assert list_files(folder) == sorted(list_files(folder))
    assert read_batch(folder, []).signatures.shape == (0, 4629)


def icon(shape, ink="black"):
    image = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    getattr(draw, shape)((20, 20, 100, 100), fill=ink)
    return image


def test_transparent_and_deep_pictures_are_seen_as_they_show(tmp_path):
    for ink in ("black", "white"):
        icon("ellipse", ink).save(tmp_path / f"disc {ink}.png")
        icon("rectangle", ink).save(tmp_path / f"square {ink}.png")
    for seed in (1, 2):
        deep = np.asarray(picture(seed).convert("L")).astype(np.uint16) * 257
        Image.fromarray(deep).save(tmp_path / f"deep {seed}.png")
    picture(2).convert("L").save(tmp_path / "shallow 2.jpg", quality=95)
    Image.fromarray(np.asarray(picture(3).convert("L"), np.float32) / 255).save(tmp_path / "float.tif")
    found = search_folder(tmp_path, quiet)
    assert [sorted(group) for group in found.groups] == [["deep 2.png", "shallow 2.jpg"]]
    assert [file for file, _ in found.broken] == ["float.tif"]


def test_plain_pictures_are_grouped_only_when_equal(tmp_path):
    for number in range(4):
        pixels = np.zeros((500, 700, 3), np.uint8)
        rng = np.random.default_rng(number % 3)
        pixels[rng.integers(0, 500, 20), rng.integers(0, 700, 20)] = 80
        Image.fromarray(pixels).save(tmp_path / f"stars {number}.png")
    Image.new("RGB", (1, 1), "red").save(tmp_path / "dot.png")
    Image.new("RGB", (2, 900), "red").save(tmp_path / "line.png")
    found = search_folder(tmp_path, quiet)
    assert found.groups == [["stars 0.png", "stars 3.png"]]
    doubtful = {frozenset(pair[:2]) for pair in found.doubtful}
    assert frozenset({"dot.png", "line.png"}) in doubtful
    assert len(doubtful) < 8
    assert all(0.1 <= chance < 0.95 for *_, chance in found.doubtful)


def detailed():
    """A picture with as much detail in every octave, down to single pixels."""
    rng = np.random.default_rng(9)
    layers = [
        np.asarray(
            Image.fromarray(rng.normal(0, 22, (side * 3 // 4, side)).astype(np.float32)).resize(
                (320, 240), Image.Resampling.BICUBIC
            )
        )
        for side in (8, 16, 32, 64, 128)
    ]
    grey = 128 + sum(layers) + rng.normal(0, 4, (240, 320))
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def test_the_original_comes_before_its_edited_copies(tmp_path):
    photo = detailed()
    photo.save(tmp_path / "z original.jpg", quality=92)
    marked = photo.copy()
    ImageDraw.Draw(marked).rectangle((250, 180, 300, 225), fill="red", outline="white", width=9)
    marked.save(tmp_path / "a logo.jpg", quality=92)
    photo.resize((640, 480), Image.Resampling.BICUBIC).save(tmp_path / "b larger.jpg", quality=92)
    photo.save(tmp_path / "c coarse.jpg", quality=40)
    behind = photo.resize((360, 280)).filter(ImageFilter.GaussianBlur(14))
    behind.paste(photo, (20, 20))
    behind.save(tmp_path / "d framed.jpg", quality=92)
    (group,) = search_folder(tmp_path, quiet).groups
    assert (group[0], len(group)) == ("z original.jpg", 5)
    # However often a copy was saved: equal files say nothing of one another.
    for again in ("e logo.jpg", "f logo.jpg"):
        shutil.copy(tmp_path / "a logo.jpg", tmp_path / again)
    (group,) = search_folder(tmp_path, quiet).groups
    assert (group[0], len(group)) == ("z original.jpg", 7)


@pytest.mark.parametrize("name", ["a.jpg", "z.jpg"])
def test_the_original_comes_before_many_copies(tmp_path, name):
    photo().save(tmp_path / name, quality=75)
    image = Image.open(tmp_path / name).convert("RGB")
    for colours in range(225, 257):
        image.quantize(colours).save(tmp_path / f"{colours}.gif")
    (group,) = search_folder(tmp_path, quiet).groups
    assert (group[0], len(group)) == (name, 33)


def test_the_original_comes_before_copies_that_look_alike(tmp_path):
    photo().save(tmp_path / "z.jpg", quality=97)
    image = Image.open(tmp_path / "z.jpg").convert("RGB")
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "b.png", compress_level=1)
    assert search_folder(tmp_path, quiet).groups[0][0] == "z.jpg"


@pytest.mark.parametrize("name", ["a.jpg", "z.jpg"])
def test_the_original_comes_before_copies_in_any_format(tmp_path, name):
    original = tmp_path / name
    photo().save(original, quality=75)
    image = Image.open(original).convert("RGB")
    for suffix, how in {
        "gif": {},
        "png": {},
        "webp": {"quality": 80},
        "avif": {"quality": 80},
        "jpeg": {"quality": 85},
    }.items():
        image.save(tmp_path / f"copy.{suffix}", **how)
    gamma(image).save(tmp_path / "other tones.png")
    image.resize((512, 512)).save(tmp_path / "larger.png")
    (group,) = search_folder(tmp_path, quiet).groups
    assert (group[0], len(group)) == (name, 8)
