"""Copies under two synsets before labelling: one is shown to voters, the other waits for their verdict."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from pipeline.review.gold import set_gold
from pipeline.stages import dedup
from pipeline.states import State
from pipeline.store.models import Candidate, Pair

CAT, MUG = "n02123045", "n03063599"


@pytest.fixture
def early(world: Any) -> Any:
    world.set("dedup", before_labelling=True)
    return world


def state(world: Any, identity: int) -> str:
    (found,) = world.rows(Candidate, Candidate.id == identity)
    return found.state


def put(world: Any, identity: int, after: State) -> None:
    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == identity).values(state=after))


def two_synsets(world: Any, **more: Any) -> tuple[int, int]:
    (photo,) = pictures(1)
    (cat,) = world.add([photo], wnid=CAT, **more)
    (mug,) = world.add([photo.resize((160, 160))], wnid=MUG)
    return cat, mug


def pictures(number: int) -> list[Any]:
    import numpy as np
    from PIL import Image

    dice = np.random.default_rng(77)
    coarse = [dice.integers(0, 256, (12, 12, 3), np.uint8) for _ in range(number)]
    return [Image.fromarray(one).resize((240, 240), Image.Resampling.BICUBIC) for one in coarse]


def test_one_stands_back_and_is_never_asked_about_if_the_other_is_accepted(early: Any) -> None:
    cat, mug = two_synsets(early)
    dedup.tick(early.tools)
    assert (state(early, cat), state(early, mug)) == (State.COLLECTED, State.DUPLICATE)
    (event,) = early.events("copy under another synset")
    assert event.data["of"] == cat and event.data["probability"] >= 0.95
    put(early, cat, State.BOXED)
    dedup.tick(early.tools)
    assert state(early, mug) == State.DUPLICATE


@pytest.mark.parametrize("verdict", [State.REJECTED, State.UNSURE])
def test_it_comes_back_if_the_other_is_not_accepted(early: Any, verdict: State) -> None:
    cat, mug = two_synsets(early)
    dedup.tick(early.tools)
    put(early, cat, verdict)
    dedup.tick(early.tools)
    (back,) = early.rows(Candidate, Candidate.id == mug)
    assert (back.state, back.duplicate_of) == (State.COLLECTED, None)
    assert back.wanted > 0
    assert dedup.tick(early.tools) == 0


def test_it_is_decided_at_once_if_its_truth_was_told_meanwhile(early: Any) -> None:
    cat, mug = two_synsets(early)
    early.tick()
    assert state(early, mug) == State.DUPLICATE
    with early.store.writing() as session:
        set_gold(session, early.tools.settings.label, {mug: 0}, early.clock())
        session.execute(update(Candidate).where(Candidate.id == mug).values(confidence=0.4))
    put(early, cat, State.REJECTED)
    early.tick()
    early.tick()
    assert state(early, mug) == State.REJECTED


def test_what_voters_have_seen_does_not_stand_back(early: Any) -> None:
    cat, mug = two_synsets(early)
    with early.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == mug).values(yes=1))
    dedup.tick(early.tools)
    assert (state(early, cat), state(early, mug)) == (State.DUPLICATE, State.COLLECTED)


def test_without_the_setting_both_are_asked_about(world: Any) -> None:
    cat, mug = two_synsets(world)
    assert dedup.tick(world.tools) == 0
    assert (state(world, cat), state(world, mug)) == (State.COLLECTED, State.COLLECTED)


def test_doubtful_pairs_wait_until_both_pictures_are_accepted(early: Any) -> None:
    cat, mug = two_synsets(early)
    early.set("dedup", before_labelling=True, sure=1.0, doubtful=0.5)
    dedup.tick(early.tools)
    (pair,) = early.rows(Pair)
    assert (pair.verdict, pair.wanted) == ("waiting", 0)
    put(early, cat, State.BOXED)
    put(early, mug, State.REJECTED)
    dedup.tick(early.tools)
    assert early.rows(Pair)[0].verdict == "waiting"
    put(early, mug, State.UNBOXED)
    dedup.tick(early.tools)
    (pair,) = early.rows(Pair)
    assert (pair.verdict, pair.wanted) == ("doubtful", 3)


def test_a_whole_run_buys_no_vote_on_the_copy(early: Any) -> None:
    cat, mug = two_synsets(early)
    early.play()
    (kept,), (copy,) = early.rows(Candidate, Candidate.id == cat), early.rows(Candidate, Candidate.id == mug)
    assert kept.state == State.BOXED
    assert (copy.state, copy.yes + copy.no + copy.unsure) == (State.DUPLICATE, 0)


def test_a_whole_run_asks_about_the_copy_after_a_rejection(early: Any) -> None:
    cat, mug = two_synsets(early)

    def only_mugs(kind: str, candidate: int, _worker: str) -> Any:
        if kind == "label_images":
            return "yes" if candidate == mug else "no"
        return {
            "draw_box": {"box": [4, 4, 40, 40]},
            "check_box": {"good": True},
            "check_coverage": {"covered": True},
        }[kind]

    early.play(only_mugs)
    assert (state(early, cat), state(early, mug)) == (State.REJECTED, State.BOXED)
