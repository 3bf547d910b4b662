"""A folder of images, searched as a stranger would: real files, real processes, broken ones among them."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipeline.folder_duplicates import list_files, read_batch, search_folder


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


def test_copies_tagged_with_another_orientation_are_upright_first(tmp_path):
    picture(1).save(tmp_path / "upright.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "tagged.jpg", exif=exif)
    assert [set(group) for group in search_folder(tmp_path, quiet).groups] == [{"upright.jpg", "tagged.jpg"}]


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
