"""A release written twice has the same bytes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import imagehash
import pytest
from PIL import Image
from sqlalchemy import update

from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.errors import UserError
from pipeline.ports import BlobMissing
from pipeline.release.manifest import rows
from pipeline.stages import release as stage
from pipeline.stages.release import release
from pipeline.states import State
from pipeline.store.facts import remember_simulation
from pipeline.store.models import Assignment, ReleaseVersion, SplitMember

MUG = "n03063599"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_releasing_twice_gives_the_same_bytes(world: Any) -> None:
    world.add(6)
    world.add(5, MUG)
    world.play()
    first = release(world.tools, "1.0")
    written = bytes_of(first.folder)
    again = release(world.tools, "1.0")
    assert (again.digest, bytes_of(again.folder)) == (first.digest, written)
    assert (first.images, first.boxes) == (11, 11)
    assert {"manifest.jsonl", "synsets.json", "report.json", "report.html", "SHA256SUMS"} <= set(written)
    assert [(row.version, row.digest) for row in world.rows(ReleaseVersion)] == [("1.0", first.digest)]


def test_hashes_are_those_of_imagehash_and_a_simulated_crowd_is_told_of(light_world: Any) -> None:
    light_world.add(3)
    light_world.play()
    with light_world.store.writing() as session:
        remember_simulation(session)
    folder = release(light_world.tools, "1.0").folder
    for row in rows(folder):
        with Image.open(folder / row["file"]) as picture:
            assert imagehash.hex_to_hash(row["phash"]) == imagehash.phash(picture)
    assert "rehearsal with simulated workers" in (folder / "report.html").read_text("utf-8")


def test_another_version_keeps_every_split(light_world: Any) -> None:
    world = light_world
    world.add(8)
    world.play()
    release(world.tools, "1.0")
    before = splits(world)
    world.add(8)
    world.play()
    release(world.tools, "1.1")
    later = splits(world)
    assert len(later) == 16
    assert {group: later[group] for group in before} == before


def splits(world: Any) -> dict[str, str]:
    return {row.content_group: row.split for row in world.rows(SplitMember)}


def test_a_refused_release_settles_no_split(world: Any) -> None:
    world.add(6, state=State.UNBOXED, wanted=0)
    whole = world.tools
    world.tools = replace(whole, blobs=LocalBlobs(Path(whole.settings.release.folder) / "none"))
    with pytest.raises(BlobMissing):
        release(world.tools, "1.0")
    assert not splits(world)
    world.tools = whole
    world.set("release", fractions={"learn": 0.5, "test": 0.5})
    folder = release(world.tools, "1.0").folder
    assert {row["sha256"]: row["split"] for row in rows(folder)} == splits(world)
    assert set(splits(world).values()) == {"learn", "test"}


def test_a_release_cut_short_at_its_end_has_settled_its_splits(
    light_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    light_world.add(6, state=State.UNBOXED, wanted=0)
    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(stage, "_remember", Mock(side_effect=KeyboardInterrupt))
        release(light_world.tools, "1.0")
    folder = Path(light_world.tools.settings.release.folder) / "1.0"
    assert {row["sha256"]: row["split"] for row in rows(folder)} == splits(light_world)
    assert not release(light_world.tools, "1.0").fresh
    assert light_world.count(ReleaseVersion) == 1


def test_a_split_that_has_pictures_cannot_be_left_out(light_world: Any) -> None:
    light_world.add(10, state=State.UNBOXED, wanted=0)
    release(light_world.tools, "1.0")
    light_world.set("release", fractions={"train": 0.8, "val": 0.2})
    with pytest.raises(UserError, match=r"no 'test'\. Add it, with a share of 0"):
        release(light_world.tools, "1.1")
    light_world.set("release", fractions={"train": 0.8, "val": 0.2, "test": 0.0})
    assert release(light_world.tools, "1.1").images == 10


def test_the_report_tells_shares_by_which_earlier_pictures_were_dealt(light_world: Any) -> None:
    told = (
        "Pictures of earlier versions keep their splits, which were dealt by other shares: "
        "learn 0.5, test 0.5."
    )
    light_world.set("release", fractions={"learn": 0.5, "test": 0.5})
    light_world.add(6, state=State.UNBOXED, wanted=0)
    assert told not in release(light_world.tools, "1.0").warnings
    light_world.set("release", fractions={"learn": 0.2, "test": 0.8})
    light_world.add(2, state=State.UNBOXED, wanted=0)
    second = release(light_world.tools, "1.1")
    assert told in second.warnings
    assert release(light_world.tools, "1.1") == replace(second, fresh=False)


def test_nothing_to_release_says_what_to_do(light_world: Any) -> None:
    light_world.add(1)
    with pytest.raises(UserError, match="Next: synsetter run"):
        release(light_world.tools, "1.0")


@pytest.mark.parametrize("version", ["", ".", "..", "../x", "/etc/x", "a/b", "-1", "1.0\n", "x" * 65, "ü"])
def test_a_version_names_one_folder_and_is_refused_before_any_work(light_world: Any, version: str) -> None:
    light_world.add(1, state=State.BOXED, wanted=0)
    with pytest.raises(UserError, match="is no version"):
        release(light_world.tools, version)
    assert not light_world.rows(SplitMember)


def test_the_report_tells_signs_and_names_no_worker(light_world: Any) -> None:
    world = light_world
    world.add(4)
    world.play()
    with world.store.writing() as session:
        mine = (Assignment.worker_id == "WORKER0", Assignment.kind == "label_images")
        session.execute(update(Assignment).where(*mine).values(active_seconds=0.1))
    written = bytes_of(release(world.tools, "1.0").folder)
    (odd,) = json.loads(written["report.json"])["run"]["crowd"]["signs"]
    assert odd["signs"] == ["1 of 1 pages at under 0.3 seconds an image"]
    assert odd["labels"] == 4
    page = written["report.html"].decode()
    assert odd["worker"] in page
    assert "1 of 1 pages at under 0.3 seconds an image" in page
    assert not [name for name, data in written.items() if b"WORKER" in data]
