"""Equal pictures under two synsets: what is known of the one holds for the other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from pipeline.copies.equals import pairs_of_equals
from pipeline.states import State
from pipeline.store.models import Candidate, Pair
from tests.pipeline.copies.test_kept_copies import CAT, MUG, kept_of, picture, settle


def pairs_of(world: Any) -> dict[tuple[int, int], Pair]:
    return {(pair.left, pair.right): pair for pair in world.rows(Pair)}


def test_copies_of_one_synset_are_found_though_an_equal_lies_under_another(world: Any) -> None:
    photo = picture()
    (mug,) = world.add([photo], state=State.BOXED, wnid=MUG)
    whole, small = world.add([photo, photo.resize((120, 120))], state=State.BOXED, wnid=CAT)
    settle(world)
    pairs = pairs_of(world)
    assert set(pairs) == {(mug, whole), (mug, small), (whole, small)}
    assert pairs[whole, small].measured == pairs[mug, small].measured
    assert kept_of(world, mug, whole, small) == {mug, whole}


@pytest.mark.parametrize("first", ["equal", "copy"])
def test_what_comes_later_is_found_too(world: Any, first: str) -> None:
    photo = picture()
    (mug,) = world.add([photo], state=State.BOXED, wnid=MUG)
    shown = {"equal": photo, "copy": photo.crop((0, 0, 216, 216))}
    (one,) = world.add([shown.pop(first)], state=State.BOXED, wnid=CAT)
    settle(world)
    with world.store.writing() as session:  # both were asked about again, and are what they were
        again = update(Candidate).where(Candidate.state == State.COLLECTED)
        session.execute(again.values(state=State.BOXED, wanted=0))
    (other,) = world.add([*shown.values()], state=State.BOXED, wnid=CAT)
    settle(world)
    pairs = pairs_of(world)
    assert set(pairs) == {(mug, one), (mug, other), (one, other)}
    whole, part = (one, other) if first == "equal" else (other, one)
    shows = pairs[mug, part].measured["overlap"]
    assert pairs[one, other].measured["overlap"] == (shows if whole < part else -shows)
    assert len(kept_of(world, one, other)) == 1


def test_people_decide_once_for_equals(light_world: Any) -> None:
    photo = picture()
    (mug,) = light_world.add([photo], state=State.BOXED, wnid=MUG)
    whole, small = light_world.add([photo, photo.resize((120, 120))], state=State.BOXED, wnid=CAT)
    settle(light_world)
    with light_world.store.writing() as session:
        known = update(Pair).where(Pair.left == mug, Pair.right == small)
        session.execute(known.values(verdict="different", decided_by="people"))
        (follows,) = pairs_of_equals(session, [mug, whole, small], seed=0)
        assert (follows["left"], follows["right"]) == (whole, small)
        assert (follows["verdict"], follows["decided_by"]) == ("different", "people")
        session.execute(known.values(verdict="doubtful"))
        (follows,) = pairs_of_equals(session, [small], seed=0)
        assert (follows["verdict"], follows["decided_by"]) == ("waiting", "")
