"""Copies: the best is kept, the doubtful go to people, those under two synsets are asked about once more."""

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.ports import BlobMissing
from pipeline.stages import dedup
from pipeline.states import State
from pipeline.store.models import Candidate, Pair, Picture, Vote

CAT, MUG = "n02123045", "n03063599"
BOXED = State.BOXED


def photograph(number: int, side: int = 160) -> Image.Image:
    coarse = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def smaller(image: Image.Image, side: int = 100) -> Image.Image:
    return image.resize((side, side), Image.Resampling.LANCZOS)


def candidates(world: Any) -> dict[int, Any]:
    return {row.id: row for row in world.rows(Candidate)}


def test_the_larger_copy_within_a_synset_is_kept(world: Any) -> None:
    small, other, large = world.add(
        [smaller(photograph(1)), photograph(2), photograph(1)], state=BOXED, wanted=0
    )
    world.play()
    rows = candidates(world)
    assert {one: rows[one].state for one in rows} == {small: "duplicate", other: "boxed", large: "boxed"}
    assert rows[small].duplicate_of == large
    assert rows[small].duplicate_group == rows[large].duplicate_group is not None
    assert rows[other].duplicate_group is None
    (pair,) = world.rows(Pair)
    assert (pair.verdict, pair.decided_by, {pair.left, pair.right}) == ("copy", "pixels", {small, large})
    assert not world.crowd.hits
    worn = {one.sha256: one.lost for one in world.rows(Picture)}
    assert worn[rows[other].picture] is None, "how worn a picture without copies is need not be known"
    assert None not in (worn[rows[small].picture], worn[rows[large].picture])


def test_a_copy_whose_bytes_are_gone_stops_the_choice_and_loses_nothing(light_world: Any) -> None:
    small, large = light_world.add([smaller(photograph(1)), photograph(1)], state=BOXED, wanted=0)
    gone = candidates(light_world)[large].picture
    data = light_world.tools.blobs.get(gone)
    light_world.tools.blobs.remove(gone)
    with pytest.raises(BlobMissing, match=gone):
        dedup.tick(light_world.tools)
    light_world.tools.blobs.put(data)
    light_world.play()
    assert candidates(light_world)[small].duplicate_of == large


def test_a_doubtful_pair_goes_to_people_and_the_majority_decides(make_world: Any, database_url: str) -> None:
    for verdicts, state, verdict in [("same same different", "duplicate", "copy")]:
        world = make_world(database_url, "dedup.sure=1.0", "dedup.doubtful=0.01")
        first, second = world.add([photograph(1), smaller(photograph(1))], state=BOXED, wanted=0)
        with world.store.writing() as session:
            session.add(doubt(first, second))
            session.get(Candidate, first).compared = session.get(Candidate, second).compared = True
        said = iter(verdicts.split())
        world.play(lambda *_, said=said: next(said))
        assert candidates(world)[second].state == state
        (pair,) = world.rows(Pair)
        assert (pair.verdict, pair.decided_by) == (verdict, "people")
        assert len({vote.worker_id for vote in world.rows(Vote)}) == 3


def doubt(left: int, right: int) -> Pair:
    return Pair(
        left=left,
        right=right,
        distance=8,
        probability=0.5,
        measured={},
        verdict="doubtful",
        decided_by="",
        wanted=3,
    )


def add_doubtful_pair(world: Any) -> None:
    """Two boxed pictures that have been compared, and may be copies."""
    first, second = world.add(2, state=BOXED, wanted=0)
    with world.store.writing() as session:
        session.add(doubt(first, second))
        session.get(Candidate, first).compared = session.get(Candidate, second).compared = True


def test_pictures_that_people_call_different_both_stay(light_world: Any) -> None:
    world = light_world
    add_doubtful_pair(world)
    world.play(lambda *_: "similar")
    assert world.states() == {"boxed": 2}
    assert [pair.verdict for pair in world.rows(Pair)] == ["different"]


def test_a_late_judgement_changes_nothing_that_was_acted_on(light_world: Any) -> None:
    world = light_world
    add_doubtful_pair(world)
    world.tick()
    world.tick()
    world.set("dedup", votes=1)
    hits = world.crowd.open_hits()[:2]
    pages = [world.ask(hit, worker) for hit, worker in zip(hits, "AB", strict=True)]
    for hit, page, said in zip(hits, pages, ("same", "similar"), strict=True):
        answer = world.answers(page, "", lambda *_, said=said: said)
        world.crowd.submit(hit, json.dumps(answer))
        world.tick()
        assert world.states() == {"boxed": 1, "duplicate": 1}
        assert [pair.verdict for pair in world.rows(Pair)] == ["copy"]
    assert world.count(Vote) == 2


def test_copies_under_two_synsets_are_asked_about_once_more(world: Any) -> None:
    image = photograph(1)
    cat, mug = *world.add([image], CAT, BOXED, wanted=0), *world.add([smaller(image)], MUG, BOXED, wanted=0)
    votes: list[int] = []

    def answer(kind: str, one: int, _worker: str) -> str:
        assert kind == "label_images"
        votes.append(one)
        return "yes" if one == cat else "no"

    world.play(answer)
    rows = candidates(world)
    assert (rows[cat].state, rows[mug].state) == ("boxed", "rejected")
    assert sorted(votes) == [cat] * 3 + [mug] * 3
    assert rows[cat].duplicate_group == rows[mug].duplicate_group is not None
    assert len(world.events("two synsets")) == 2
    world.play(answer)
    assert len(votes) == 6


def test_nobody_is_asked_about_a_copy_of_known_truth(light_world: Any) -> None:
    world, image = light_world, photograph(1)
    (cat,) = world.add([image], CAT, BOXED, wanted=0, gold=1, confidence=1.0)
    (mug,) = world.add([smaller(image)], MUG, BOXED, wanted=0, confidence=1.0)
    world.play(lambda *_: "no")
    assert {vote.subject for vote in world.rows(Vote)} == {mug}
    assert (candidates(world)[cat].state, candidates(world)[mug].state) == ("boxed", "rejected")


def test_what_was_compared_is_not_compared_again(light_world: Any) -> None:
    light_world.add(5, state=BOXED, wanted=0)
    light_world.play()
    light_world.play()
    assert [event.data["new"] for event in light_world.events("compared")] == [5]
    light_world.add(2, state=BOXED, wanted=0)
    light_world.play()
    assert [event.data["new"] for event in light_world.events("compared")] == [5, 2]
