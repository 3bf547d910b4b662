"""Which copy stays, and what it takes over: on both databases, from the pictures themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from sqlalchemy import insert

from pipeline.stages import dedup
from pipeline.states import State
from pipeline.store.models import Box, Candidate, Pair
from tests.pipeline.pictures import jpeg
from tests.quality.test_descent import gamma
from tests.quality.test_descent import photo as detailed

CAT, MUG = "n02123045", "n03063599"
numbers = count(500)


def picture(side: int = 240) -> Image.Image:
    dice = np.random.default_rng(next(numbers))
    coarse = dice.integers(0, 256, (12, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def settle(world: Any) -> None:
    while dedup.tick(world.tools):
        pass


def row(world: Any, identity: int) -> Candidate:
    (found,) = world.rows(Candidate, Candidate.id == identity)
    return found


def kept_of(world: Any, *ids: int) -> set[int]:
    return {one for one in ids if row(world, one).state != State.DUPLICATE}


def add_box(world: Any, candidate: int, *pixels: int) -> None:
    names = ("xmin", "ymin", "xmax", "ymax")
    with world.store.writing() as session:
        more = {"drawer": "DRAWER", "checker": "CHECKER", "state": "accepted"}
        box = dict(zip(names, pixels, strict=True)) | more
        session.execute(
            insert(Box), [box | {"candidate_id": candidate, "drawn_at": datetime(2026, 1, 5, tzinfo=UTC)}]
        )


def boxes_of(world: Any, candidate: int) -> list[tuple[int, int, int, int]]:
    return [(b.xmin, b.ymin, b.xmax, b.ymax) for b in world.rows(Box, Box.candidate_id == candidate)]


def test_the_largest_of_equals_is_kept_and_the_event_says_why(world: Any) -> None:
    photo = picture()
    small, large = world.add([photo.resize((120, 120)), photo], state=State.BOXED)
    settle(world)
    assert kept_of(world, small, large) == {large}
    (event,) = world.events("copy")
    assert event.subject == str(small)
    assert event.data["of"] == large and event.data["group"] == [large, small]
    assert event.data["merits"]["pixels"] == [240 * 240, 120 * 120]
    assert event.data["measured"]["tiles"] > 0.9
    assert row(world, small).duplicate_of == large


def test_lost_colour_and_a_border_count_more_than_pixels(light_world: Any) -> None:
    photo = picture()
    whole = photo.resize((200, 200))
    grey, whole, framed = light_world.add(
        [ImageOps.grayscale(photo), whole, ImageOps.expand(photo, 40, "black")], state=State.BOXED
    )
    settle(light_world)
    assert kept_of(light_world, grey, whole, framed) == {whole}


@pytest.mark.parametrize("copies_first", [False, True])
def test_a_copy_is_never_worth_more_than_what_it_was_made_from(world: Any, copies_first: bool) -> None:
    original = jpeg(detailed(), quality=75)
    finer = jpeg(Image.open(BytesIO(original)), quality=85)
    toned = jpeg(gamma(Image.open(BytesIO(original))), quality=95)
    files = [finer, toned, original] if copies_first else [original, finer, toned]
    ids = world.add(files, state=State.BOXED)
    settle(world)
    kept = ids[files.index(original)]
    assert kept_of(world, *ids) == {kept}
    assert {event.data["source"] for event in world.events("copy")} == {kept}


@pytest.mark.parametrize("weights, first", [({}, 1), ({"earliest": 9.0}, 0), ({"licence": 9.0}, 0)])
def test_weights_decide(light_world: Any, weights: dict[str, float], first: int) -> None:
    light_world.set("dedup", weights=light_world.tools.settings.dedup.weights | weights)
    photo = picture()
    ids = light_world.add([photo.resize((120, 120))], state=State.BOXED, license="CC0")
    ids += light_world.add([photo], state=State.BOXED)
    settle(light_world)
    assert kept_of(light_world, *ids) == {ids[first]}


def test_boxes_of_a_dropped_copy_are_scaled_onto_an_unboxed_one(world: Any) -> None:
    photo = picture()
    (boxed,) = world.add([photo.resize((120, 120))], state=State.BOXED)
    (bare,) = world.add([photo], state=State.UNBOXED)
    add_box(world, boxed, 10, 20, 59, 119)
    settle(world)
    assert row(world, bare).state == State.BOXED
    assert boxes_of(world, bare) == [(20, 40, 119, 239)]
    assert boxes_of(world, boxed) == [(10, 20, 59, 119)]
    (event,) = world.events("boxes carried over")
    assert event.data["of"] == boxed


def test_boxes_stay_where_the_frames_differ(light_world: Any) -> None:
    photo = picture()
    (boxed,) = light_world.add([photo.crop((12, 12, 228, 228))], state=State.BOXED)
    (bare,) = light_world.add([photo], state=State.UNBOXED)
    add_box(light_world, boxed, 10, 20, 59, 119)
    settle(light_world)
    assert kept_of(light_world, boxed, bare) == {bare}
    assert boxes_of(light_world, bare) == []
    assert [event.subject for event in light_world.events("boxes not carried over")] == [str(bare)]


def test_boxes_of_two_copies_are_never_mixed(light_world: Any) -> None:
    photo = picture()
    ids = light_world.add([photo.resize((120, 120)), photo], state=State.BOXED)
    for one in ids:
        add_box(light_world, one, 10, 20, 59, 119)
    settle(light_world)
    assert boxes_of(light_world, ids[1]) == [(10, 20, 59, 119)]


def test_a_better_copy_that_comes_later_takes_the_place_and_nothing_else_moves(world: Any) -> None:
    photo, other = picture(), picture()
    small, middle = world.add([photo.resize((120, 120)), photo.resize((180, 180))], state=State.BOXED)
    alone, alike = world.add([other, other.resize((120, 120))], state=State.BOXED)
    settle(world)
    before = {one.id: one.subject for one in world.events("copy")}
    (large,) = world.add([photo], state=State.BOXED)
    settle(world)
    assert kept_of(world, small, middle, large, alone, alike) == {large, alone}
    assert {row(world, one).duplicate_of for one in (small, middle)} == {large}
    new = [one for one in world.events("copy") if one.id not in before]
    assert [one.subject for one in new] == [str(middle)]
    assert [one.subject for one in world.events("copy of another")] == [str(small)]
    compared = [one.data for one in world.events("compared")]
    assert [(one["old"], one["new"]) for one in compared] == [(0, 4), (2, 1)]


def test_a_verdict_of_people_cuts_a_chain(light_world: Any) -> None:
    photo = picture()
    ids = light_world.add([photo, photo.resize((200, 200)), photo.resize((180, 180))], state=State.BOXED)
    with light_world.store.writing() as session:
        verdict = {"probability": 0.9, "measured": {}, "distance": 0, "decided_by": "people"}
        session.execute(insert(Pair), [verdict | {"left": ids[0], "right": ids[1], "verdict": "different"}])
        session.execute(insert(Pair), [verdict | {"left": ids[0], "right": ids[2], "verdict": "different"}])
    settle(light_world)
    assert kept_of(light_world, *ids) == {ids[0], ids[1]}


def test_a_kept_copy_stands_for_a_dropped_one_under_another_synset(light_world: Any) -> None:
    photo = picture()
    cats = light_world.add([photo.resize((120, 120)), photo], state=State.BOXED, wnid=CAT)
    mugs = light_world.add([photo.resize((200, 200))], state=State.BOXED, wnid=MUG)
    settle(light_world)
    states = [row(light_world, one).state for one in (*cats, *mugs)]
    assert states == [State.DUPLICATE, State.COLLECTED, State.COLLECTED]


def test_statements_do_not_grow_with_pictures(
    light_world: Any, statements: Callable[[Any], list[str]]
) -> None:
    light_world.add(12, state=State.BOXED)
    few = len(statements(light_world))
    light_world.add(60, state=State.BOXED)
    assert len(statements(light_world)) == few


@pytest.fixture
def statements() -> Callable[[Any], list[str]]:
    from sqlalchemy import event

    def run(world: Any) -> list[str]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        with world.store.reading() as session:
            engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        dedup.tick(world.tools)
        event.remove(engine, "before_cursor_execute", note)
        return sent

    return run
