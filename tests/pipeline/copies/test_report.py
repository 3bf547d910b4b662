"""The report on duplicates, from a small run to its page."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.copies import report as copies_report
from pipeline.stages import dedup
from pipeline.states import State
from pipeline.store import duplicate_findings
from pipeline.store.duplicate_findings import Member

CAT, MUG = "n02123045", "n03063599"


def pictures(number: int) -> list[Image.Image]:
    dice = np.random.default_rng(3)
    coarse = [dice.integers(0, 256, (12, 12, 3), np.uint8) for _ in range(number)]
    return [Image.fromarray(one).resize((240, 180), Image.Resampling.BICUBIC) for one in coarse]


@pytest.fixture
def told(light_world: Any) -> tuple[Any, copies_report.DuplicatesReport]:
    """Three copies in one synset, one picture accepted under two, eight others."""
    shown = pictures(10)
    light_world.add([shown[0], shown[0].resize((120, 90)), shown[0].resize((100, 75))], state=State.BOXED)
    light_world.add([shown[1]], wnid=CAT, state=State.BOXED, yes=3, prior=0.9)
    light_world.add([shown[1].resize((200, 150))], wnid=MUG, state=State.BOXED, yes=2, no=2)
    light_world.add(shown[2:], state=State.UNBOXED)
    dedup.tick(light_world.tools)
    with light_world.store.reading() as session:
        return light_world, copies_report.read(session, before_labelling=False)


def test_groups_have_the_kept_copy_first(told: Any) -> None:
    _, report = told
    assert report.pictures == 13
    sizes = [[(one.width, one.state) for one in group] for group in report.groups]
    assert sorted(sizes, key=len) == [
        [(200, State.COLLECTED), (240, State.COLLECTED)],
        [(240, State.BOXED), (120, State.DUPLICATE), (100, State.DUPLICATE)],
    ]
    kept, *others = max(report.groups, key=len)
    assert kept.distance == 0
    assert all(one.probability is not None and one.probability >= 0.95 for one in others)


def test_votes_on_the_second_synset_could_be_saved(told: Any) -> None:
    _, report = told
    assert (report.savings.votes, report.savings.candidates) == (0, 0)  # both are asked about again


def test_the_curve_ends_with_every_near_pair(told: Any) -> None:
    _, report = told
    assert [t for t, *_ in report.curve] == list(range(13))
    assert report.curve[-1][1] >= report.curve[-1][2] == 4
    (search,) = report.searches
    assert (search["new"], search["pairs"]) == (13, 4)
    assert search["seconds"] > 0 and search["peak_mb"] > 10


def test_leaks_are_pictures_that_would_go_out_twice(light_world: Any) -> None:
    (shown,) = pictures(1)
    light_world.add([shown], wnid=CAT, state=State.BOXED, yes=3, prior=0.9)
    light_world.add([shown.resize((200, 150))], wnid=MUG, state=State.BOXED, yes=2, no=2)
    dedup.tick(light_world.tools)
    for identity in (1, 2):
        put(light_world, identity, State.BOXED)
    with light_world.store.reading() as session:
        report = copies_report.read(session, before_labelling=False)
    assert (report.between_synsets, report.between_splits) == (1, 0)
    assert (report.savings.votes, report.savings.candidates) == (4, 1)
    assert "would have saved 4 votes" in "\n".join(copies_report.as_text(report))
    page = copies_report.page(report, "Cats", {}, light_world.tools.blobs)
    assert "No group lies in two splits. 1 group is kept under more than one synset." in page


def test_groups_under_several_synsets_come_first_and_are_told_by_their_first_member(
    light_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def group(first: int, *wnids: str) -> list[Member]:
        blank = {"state": State.BOXED, "picture": "", "width": 1, "height": 1, "license": "", "split": None}
        more = blank | {"votes": 0, "prior": 0.0, "distance": 0, "probability": None}
        return [Member(id=identity, wnid=wnid, **more) for identity, wnid in enumerate(wnids, first)]

    found = [group(1, CAT, CAT), group(3, CAT, CAT, CAT), group(6, CAT, MUG), group(8, MUG, CAT)]
    monkeypatch.setattr(duplicate_findings, "groups", lambda _session: found)
    monkeypatch.setattr(Member, "__eq__", None)  # thousands of groups would be compared with thousands
    with light_world.store.reading() as session:
        report = copies_report.read(session, before_labelling=False)
    assert [one[0].id for one in report.groups] == [6, 8, 3, 1]
    assert report.between_synsets == 2


def put(world: Any, identity: int, state: State) -> None:
    from sqlalchemy import update

    from pipeline.store.models import Candidate

    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == identity).values(state=state))


def test_json_holds_everything(told: Any) -> None:
    _, report = told
    read = json.loads(json.dumps(report.document()))
    assert read["groups"][0][0] == asdict(report.groups[0][0])
    assert read["savings"]["stand_back"] == 0


def test_a_run_without_copies_has_a_report_too(light_world: Any) -> None:
    with light_world.store.reading() as session:
        report = copies_report.read(session, before_labelling=True)
    page = copies_report.page(report, "<Empty>", {}, light_world.tools.blobs)
    assert "No copies have been found" in page and "&lt;Empty&gt;" in page


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 15), max_size=40))
def test_pairs_are_counted_exactly(hashes: list[int]) -> None:
    apart = [(one ^ other).bit_count() for one, other in combinations(hashes, 2)]
    counted = copies_report.pairs_by_distance(np.array(hashes, np.uint64), 6)
    assert counted.tolist() == [apart.count(t) for t in range(7)]


def test_the_page_needs_nothing_beside_it_and_fits_a_telephone(
    told: Any, chromium: Any, axe_finds: Any, tmp_path: Path
) -> None:
    world, report = told
    page = tmp_path / "duplicates.html"
    words = {CAT: "tabby", MUG: "coffee mug"}
    page.write_text(copies_report.page(report, "Cats and mugs", words, world.tools.blobs), "utf-8")
    tab = chromium.new_page(viewport={"width": 320, "height": 640})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    assert [url for url in asked if not url.startswith(("data:", page.as_uri()))] == []
    assert tab.locator(".strip img").count() == 5
    assert tab.locator(".kept").count() == 2
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    assert axe_finds(tab) == []


def test_the_command_prints_json_and_writes_the_page(told: Any, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from pipeline.cli.program import synsetter

    world, report = told
    knobs = world.tools.settings
    pictures = world.tools.blobs._folder
    overlay = [
        f"--set=database.url={knobs.database.url}",
        f"--set=storage.pictures={pictures}",
        "--set=run.name=Cats",
    ]
    page = tmp_path / "duplicates.html"
    call = [*overlay, "duplicates", "report", "--json", "--out", str(page)]
    result = CliRunner().invoke(synsetter, call, catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.output)["pictures"] == report.pictures
    assert "<h1>Cats</h1>" in page.read_text("utf-8")
    told_in_words = CliRunner().invoke(synsetter, call[:-3], catch_exceptions=False).output
    assert "2 groups of copies" in told_in_words
