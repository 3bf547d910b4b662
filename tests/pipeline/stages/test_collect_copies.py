"""Copies within a synset end at collection, and the best of them stays unless work on another has begun."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

from pipeline.stages import collect
from pipeline.store.models import Candidate, Synset
from tests.quality.test_descent import photo

CAT = "n02123045"


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """One photograph: a thumbnail, itself, stored again at a higher quality, and scaled up."""
    original = photo()
    original.resize((96, 96), Image.Resampling.LANCZOS).save(tmp_path / "thumb.jpg", quality=90)
    original.save(tmp_path / "original.jpg", quality=75)
    stored = Image.open(tmp_path / "original.jpg")
    stored.save(tmp_path / "again.jpg", quality=85)
    stored.resize((512, 512), Image.Resampling.BICUBIC).save(tmp_path / "larger.jpg", quality=90)
    return tmp_path


def collected(world: Any) -> dict[str, str | None]:
    """Collect; give the URL of the copy that stays in place of each candidate, None of one that stays."""
    while collect.tick(world.tools):
        pass
    rows = world.rows(Candidate)
    url = {row.id: row.url for row in rows}
    return {row.url: url.get(row.duplicate_of) for row in rows}


def add(world: Any, folder: Path, *names: str) -> None:
    with (folder / "candidates.csv").open("a") as listed:
        listed.writelines(f"\n{CAT},{name}" for name in names)
    with world.store.writing() as session:
        session.execute(update(Synset).values(searched=False))


@pytest.mark.parametrize("order", [("larger", "again", "original"), ("original", "again", "larger")])
def test_the_most_faithful_of_a_round_stays(
    collecting: Callable[..., Any], database_url: str, shots: Path, order: tuple[str, ...]
) -> None:
    world = collecting(database_url, shots, [f"{CAT},{name}.jpg" for name in order])
    assert collected(world) == {
        "original.jpg": None,
        "again.jpg": "original.jpg",
        "larger.jpg": "original.jpg",
    }


@pytest.mark.parametrize("first", [True, False])
def test_so_it_does_among_many(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], shots: Path, *, first: bool
) -> None:
    larger = Image.open(shots / "original.jpg").resize((512, 512), Image.Resampling.BICUBIC)
    names = [f"{quality}.jpg" for quality in range(70, 95)]
    for quality, name in zip(range(70, 95), names, strict=True):
        larger.save(shots / name, quality=quality)
    names.insert(0 if first else len(names), "original.jpg")
    world = collecting(new_sqlite(), shots, [f"{CAT},{name}" for name in names])
    assert [url for url, of in collected(world).items() if of is None] == ["original.jpg"]


def test_a_better_copy_takes_the_place_of_one_that_nobody_was_asked_about(
    collecting: Callable[..., Any], database_url: str, shots: Path
) -> None:
    small = Image.open(shots / "thumb.jpg")
    small.resize((80, 80)).save(shots / "smaller.jpg", quality=90)
    world = collecting(database_url, shots, [f"{CAT},thumb.jpg", f"{CAT},smaller.jpg"])
    assert collected(world) == {"thumb.jpg": None, "smaller.jpg": "thumb.jpg"}
    add(world, shots, "original.jpg", "again.jpg")
    whose = {"thumb.jpg": "original.jpg", "smaller.jpg": "original.jpg", "again.jpg": "original.jpg"}
    assert collected(world) == whose | {"original.jpg": None}
    rows = {row.url: row for row in world.rows(Candidate)}
    (moved,) = (event for event in world.rows_of_events(rows["thumb.jpg"].id) if event.name == "copy")
    assert (moved.before, moved.after) == ("collected", "duplicate")
    assert moved.data["of"] == rows["original.jpg"].id and moved.data["probability"] >= 0.95
    assert [event.subject for event in world.events("copy of another")] == [str(rows["smaller.jpg"].id)]


def test_one_that_was_voted_on_stays(collecting: Callable[..., Any], database_url: str, shots: Path) -> None:
    world = collecting(database_url, shots, [f"{CAT},thumb.jpg"])
    collected(world)
    with world.store.writing() as session:
        session.execute(update(Candidate).values(yes=1))
    add(world, shots, "original.jpg", "again.jpg")
    whose = {"original.jpg": "thumb.jpg", "again.jpg": "thumb.jpg"}
    assert collected(world) == whose | {"thumb.jpg": None}


@pytest.mark.parametrize("earlier", [[], ["again.jpg"]])
def test_one_of_known_truth_stays(
    collecting: Callable[..., Any], database_url: str, shots: Path, earlier: list[str]
) -> None:
    world = collecting(database_url, shots, [f"{CAT},{name}" for name in earlier])
    collected(world)
    add(world, shots, "thumb.jpg", "original.jpg")
    collect.search(world.tools)
    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.url == "thumb.jpg").values(gold=1))
    whose = dict.fromkeys(["original.jpg", *earlier], "thumb.jpg")
    assert collected(world) == whose | {"thumb.jpg": None}


def test_one_that_is_asked_about_meanwhile_stays(
    collecting: Callable[..., Any], database_url: str, shots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = collecting(database_url, shots, [f"{CAT},thumb.jpg"])
    collected(world)

    def asked(*args: Any) -> Any:
        found = held(*args)
        with world.store.writing() as session:
            session.execute(update(Candidate).where(Candidate.url == "thumb.jpg").values(pending=1))
        return found

    held = collect._held
    monkeypatch.setattr(collect, "_held", asked)
    add(world, shots, "original.jpg", "again.jpg")
    whose = {"original.jpg": "thumb.jpg", "again.jpg": "thumb.jpg"}
    assert collected(world) == whose | {"thumb.jpg": None}


def test_a_lost_picture_stops_nothing(collecting: Callable[..., Any], database_url: str, shots: Path) -> None:
    world = collecting(database_url, shots, [f"{CAT},thumb.jpg"])
    collected(world)
    (row,) = world.rows(Candidate)
    world.tools.blobs.remove(row.picture)
    add(world, shots, "original.jpg")
    assert collected(world) == {"original.jpg": None, "thumb.jpg": "original.jpg"}


def test_the_weights_of_the_settings_hold_here_too(
    collecting: Callable[..., Any], new_sqlite: Callable[[], str], shots: Path
) -> None:
    lines = [f"{CAT},thumb.jpg,CC0", f"{CAT},original.jpg,"]
    world = collecting(new_sqlite(), shots, lines, header="wnid,url,license")
    world.set("dedup", weights=world.tools.settings.dedup.weights | {"licence": 9.0})
    assert collected(world) == {"thumb.jpg": None, "original.jpg": "thumb.jpg"}
