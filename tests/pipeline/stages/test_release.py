"""A release written twice has the same bytes."""

import json
from pathlib import Path
from typing import Any

import imagehash
import pytest
from PIL import Image
from sqlalchemy import update

from pipeline.errors import UserError
from pipeline.release.manifest import rows
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
    splits = {row.content_group: row.split for row in world.rows(SplitMember)}
    world.add(8)
    world.play()
    release(world.tools, "1.1")
    later = {row.content_group: row.split for row in world.rows(SplitMember)}
    assert len(later) == 16
    assert {group: later[group] for group in splits} == splits


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
