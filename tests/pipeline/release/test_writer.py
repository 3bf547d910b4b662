"""A version is written whole, once, and with the same bytes each time."""

import json
import os
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest

from pipeline.errors import WorldError
from pipeline.ports import BlobDamaged
from pipeline.release.images import Box
from pipeline.release.refusals import ReleaseRefused, VersionTaken
from pipeline.release.writer import write_release


@pytest.fixture
def release(tmp_path, images, synsets, figures, pictures):
    folder = tmp_path / "releases" / "1.0"
    return write_release(folder, iter(images), synsets, figures, pictures)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_says_what_it_wrote(release, images, pictures):
    assert (release.images, release.boxes) == (12, sum(len(image.boxes) for image in images))
    assert release.bytes == sum(len(pictures.get(image.sha256)) for image in images)
    assert release.files == len(contents(release.folder)) - 1
    assert release.digest == sha256((release.folder / "SHA256SUMS").read_bytes()).hexdigest()
    assert release.fresh
    assert "Gold ran short for dog." in release.warnings


def test_pictures_are_the_stored_bytes(release, images, pictures):
    for image in images:
        assert (release.folder / image.file).read_bytes() == pictures.get(image.sha256)
        assert image.file == f"images/{image.split}/{image.wnid}/{image.wnid}_{image.sha256[:16]}.JPEG"


def test_pictures_with_boxes_have_an_annotation_of_their_name(release, images):
    found = {path.relative_to(release.folder / "Annotations") for path in release.folder.rglob("*.xml")}
    assert {path.as_posix() for path in found} == {f"{image.place}.xml" for image in images if image.boxes}


def test_the_version_is_read_only(release):
    assert {path.stat().st_mode & 0o222 for path in release.folder.rglob("*") if path.is_file()} == {0}


def test_nothing_is_left_beside_it(release):
    assert [path.name for path in release.folder.parent.iterdir()] == ["1.0"]


def test_twice_is_the_same(release, tmp_path, images, synsets, figures, pictures):
    again = write_release(release.folder, images, synsets, figures, pictures)
    assert again == replace(release, fresh=False)
    elsewhere = write_release(tmp_path / "far" / "1.0", images, synsets[::-1], figures, pictures)
    assert contents(elsewhere.folder) == contents(release.folder)


def test_no_path_of_this_machine_is_in_it(release, tmp_path):
    for name, data in contents(release.folder).items():
        assert os.fsencode(tmp_path) not in data, name


def test_a_version_never_changes(release, images, synsets, figures, pictures):
    before = contents(release.folder)
    with pytest.raises(VersionTaken, match="other content"):
        write_release(release.folder, images[1:], synsets, figures, pictures)
    assert contents(release.folder) == before


def test_a_damaged_version_is_noticed(release, images, synsets, figures, pictures):
    path = release.folder / "synsets.json"
    path.chmod(0o644)
    path.write_text("[]")
    with pytest.raises(VersionTaken, match=r"damaged.*synsets\.json was altered"):
        write_release(release.folder, images, synsets, figures, pictures)


def test_a_folder_of_something_else_is_left_alone(tmp_path, images, synsets, figures, pictures):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(VersionTaken, match="is no release"):
        write_release(tmp_path / "mine", images, synsets, figures, pictures)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_killed_run_leaves_nothing_in_the_way(tmp_path, images, synsets, figures, pictures):
    (tmp_path / ".1.0.partial" / "images").mkdir(parents=True)
    (tmp_path / ".1.0.partial" / "images" / "half.JPEG").write_bytes(b"half")
    release = write_release(tmp_path / "1.0", images, synsets, figures, pictures)
    assert not list(release.folder.rglob("half.JPEG"))


def test_what_must_be_remembered_is_kept_once_nothing_can_be_refused_and_before_it_is_seen(
    tmp_path, images, synsets, figures, pictures
):
    folder, seen = tmp_path / "r" / "1.0", []

    def remember():
        seen.append(folder.exists())

    def fail():
        raise WorldError("The database fails.")

    with pytest.raises(WorldError, match="The database fails"):
        write_release(folder, images, synsets, figures, pictures, fail)
    assert list(folder.parent.iterdir()) == []
    for _ in range(2):
        write_release(folder, images, synsets, figures, pictures, remember)
    assert seen == [False, True]
    with pytest.raises(VersionTaken):
        write_release(folder, images[1:], synsets, figures, pictures, remember)
    assert len(seen) == 2


@pytest.mark.parametrize("stop", [0, 5, 11])
def test_an_error_midway_leaves_no_release(tmp_path, images, synsets, figures, pictures, stop):
    broken = [*images[:stop], replace(images[stop], boxes=(Box(0, 0, 999, 9),)), *images[stop + 1 :]]
    with pytest.raises(ReleaseRefused, match="leaves the"):
        write_release(tmp_path / "r" / "1.0", broken, synsets, figures, pictures)
    assert list((tmp_path / "r").iterdir()) == []


def test_a_place_that_cannot_be_written_is_the_worlds_fault(tmp_path, images, synsets, figures, pictures):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError, match=r"Writing the release 1\.0 failed"):
        write_release(tmp_path / "file" / "1.0", images, synsets, figures, pictures)


def refused(reason, folder, images, synsets, figures, pictures):
    with pytest.raises(ReleaseRefused, match=reason):
        write_release(folder / "r" / "1.0", images, synsets, figures, pictures)
    assert not (folder / "r" / "1.0").exists()


def test_no_images_no_release(tmp_path, synsets, figures, pictures):
    refused("nothing to release", tmp_path, [], synsets, figures, pictures)


def test_disorder_and_repeats_are_refused(tmp_path, images, synsets, figures, pictures):
    refused("out of order", tmp_path, images[::-1], synsets, figures, pictures)
    refused("comes twice", tmp_path, [images[0], images[0]], synsets, figures, pictures)


def test_a_strange_synset_is_refused(tmp_path, images, synsets, figures, pictures):
    refused("not among the synsets", tmp_path, images, synsets[:1], figures, pictures)


def test_a_damaged_blob_is_not_released(tmp_path, images, synsets, figures, pictures):
    (blob,) = (tmp_path / "blobs").rglob(images[4].sha256)
    blob.write_bytes(b"other")
    with pytest.raises(BlobDamaged):
        write_release(tmp_path / "r" / "1.0", images, synsets, figures, pictures)
    assert list((tmp_path / "r").iterdir()) == []


def test_a_duplicate_group_in_two_splits_is_refused(tmp_path, images, synsets, figures, pictures):
    leak = [
        replace(image, duplicate_group="g1") if image in (images[0], images[1]) else image for image in images
    ]
    leak[0], leak[1] = replace(leak[0], split="train"), replace(leak[1], split="test")
    refused("a copy of this picture is in split 'train'", tmp_path, leak, synsets, figures, pictures)


def test_a_picture_of_two_synsets_stays_in_one_split(tmp_path, images, synsets, figures, pictures):
    twin = min(images, key=lambda image: image.wnid)
    other = replace(twin, wnid="n02121808")
    assert twin.wnid != other.wnid
    refused("a copy", tmp_path, [twin, replace(other, split="val")], synsets, figures, pictures)
    release = write_release(tmp_path / "1.0", [twin, other], synsets, figures, pictures)
    assert len({path.read_bytes() for path in release.folder.rglob("*.JPEG")}) == 1
    assert release.images == 2


def test_class_numbers_follow_the_wnids(release, synsets):
    entries = json.loads((release.folder / "synsets.json").read_text())
    assert [entry["wnid"] for entry in entries] == sorted(synset.wnid for synset in synsets)
    assert [entry["id"] for entry in entries] == [1, 2, 3]
    assert [entry["boxes"] for entry in entries] == [6, 0, 6]
    assert entries[0]["images"] == {"test": 1, "train": 4, "val": 1}


def test_the_manifest_has_the_agreed_keys(release, images):
    rows = [json.loads(line) for line in (release.folder / "manifest.jsonl").read_text().splitlines()]
    assert [row["sha256"] for row in rows] == [image.sha256 for image in images]
    assert list(rows[0])[:15] == [
        "file",
        "sha256",
        "wnid",
        "split",
        "width",
        "height",
        "votes",
        "selection_frequency",
        "confidence",
        "boxes",
        "boxed",
        "duplicate_group",
        "phash",
        "license",
        "creator",
    ]
    assert rows[0]["votes"] == {"yes": 3, "no": 1, "unsure": 0}
    assert rows[0]["boxes"] == [[2, 3, 40, 30]]
    assert rows[0]["source_url"] == images[0].source_url


def test_the_time_of_fetching_is_not_in_the_manifest(release):
    assert "2026-01-02" not in (release.folder / "manifest.jsonl").read_text()
    assert Counter(
        json.loads(line)["fetched_at"]
        for line in (release.folder / "provenance.jsonl").read_text().splitlines()
    ) == {"2026-01-02T03:04:05+00:00": 12}


def test_coco_has_only_what_is_fully_boxed(release, images):
    boxes = 0
    for split in ("train", "val", "test"):
        coco = json.loads((release.folder / "coco" / f"instances_{split}.json").read_text())
        files = {image["id"]: image["file_name"] for image in coco["images"]}
        assert set(files.values()) == {i.file for i in images if i.split == split and i.boxed == "complete"}
        names = {category["id"]: category["name"] for category in coco["categories"]}
        for box in coco["annotations"]:
            assert box["bbox"] == [2, 3, 39, 28]
            assert box["area"] == 39 * 28
            assert names[box["category_id"]] in files[box["image_id"]]
        boxes += len(coco["annotations"])
    assert boxes == sum(image.boxed == "complete" for image in images)


def test_devkit_lists_agree_line_by_line(release, images):
    for split in ("train", "val", "test"):
        here = [image for image in images if image.split == split]
        names = (release.folder / f"ImageSets/CLS-LOC/{split}_cls.txt").read_text().splitlines()
        assert names == [f"{image.wnid}/{image.name} {i}" for i, image in enumerate(here, start=1)]
        truth = (release.folder / f"devkit/{split}_ground_truth.txt").read_text().split()
        assert truth == ["1" if image.wnid == "n02084071" else "3" for image in here]
        blacklist = (release.folder / f"devkit/{split}_localization_blacklist.txt").read_text().split()
        assert blacklist == [str(i) for i, image in enumerate(here, start=1) if image.boxed != "complete"]
        boxed = (release.folder / f"ImageSets/CLS-LOC/{split}_loc.txt").read_text().splitlines()
        assert boxed == [name for name, image in zip(names, here, strict=True) if image.boxed == "complete"]


def test_croissant_points_at_the_manifest(release):
    croissant = json.loads((release.folder / "croissant.json").read_text())
    manifest = (release.folder / "manifest.jsonl").read_bytes()
    assert croissant["distribution"][0]["sha256"] == sha256(manifest).hexdigest()
    columns = {field["source"]["extract"]["column"] for field in croissant["recordSet"][0]["field"]}
    assert columns <= set(json.loads(manifest.splitlines()[0]))
