"""What nobody may do is given up: not while the crowd sleeps, not before anybody was asked, but at last."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, update

from pipeline.states import State
from pipeline.store.models import Candidate, Pair, TurnedAway, VoteModel

DAY = 24


@pytest.fixture
def small_world(make_world: Callable[..., Any], new_sqlite: Callable[[], str]) -> Any:
    """A crowd of two, where an image wants three votes and work is given up after a day."""
    world = make_world(new_sqlite(), f"crowd.patience_hours={DAY}")
    world.workers = ("A", "B")
    return world


def come(world: Any, hours: int, every: int) -> None:
    """Let the crowd come again and again for so many hours."""
    for _ in range(hours // every):
        world.clock.move(hours=every)
        world.tick()
        world.work()
    world.tick()


def test_an_image_that_all_have_judged_is_unsure_after_a_day_of_refusals(small_world: Any) -> None:
    small_world.add(1)
    small_world.play()
    come(small_world, DAY, 2)
    assert small_world.states() == {"collected": 1}
    come(small_world, 2, 2)
    assert small_world.states() == {"unsure": 1}
    assert small_world.count(TurnedAway) == 0


def test_a_crowd_that_slept_is_not_one_that_has_nobody_left(small_world: Any) -> None:
    small_world.workers = ("A",)
    small_world.add(1)
    small_world.play()
    small_world.clock.move(hours=2 * DAY)
    small_world.tick()
    small_world.work()
    small_world.tick()
    assert small_world.count(TurnedAway) == 1
    assert small_world.states() == {"collected": 1}
    small_world.workers = ("B", "C")
    small_world.play(kinds=("label_images",))
    assert small_world.states() == {"accepted": 1}
    assert small_world.count(TurnedAway, TurnedAway.kind == "label_images") == 0


def test_new_images_are_not_given_up_for_what_waited_before_them(small_world: Any) -> None:
    small_world.add(1)
    small_world.play()
    come(small_world, 2 * DAY, 2)
    small_world.clock.move(days=5)
    small_world.add(5)
    small_world.tick()
    small_world.tick()
    small_world.workers = tuple("CDEFG")
    small_world.play(kinds=("label_images",))
    assert small_world.states() == {"unsure": 1, "accepted": 5}


def test_images_that_come_while_others_wait_are_waited_for_as_long(small_world: Any) -> None:
    small_world.workers = ("A",)
    (early,) = small_world.add(1, state=State.ACCEPTED)
    small_world.play()
    come(small_world, DAY - 2, 2)
    (late,) = small_world.add(1, state=State.ACCEPTED)
    come(small_world, DAY - 2, 2)
    assert small_world.states() == {"drawn": 2}, "A drew both and may check neither"
    come(small_world, 10, 2)
    assert small_world.states() == {"unboxed": 2}
    assert [event.subject for event in small_world.events("given up")] == [str(early), str(late)]


def test_work_that_nobody_ever_had_is_given_up_too(small_world: Any) -> None:
    small_world.add(1, state=State.ACCEPTED)
    small_world.play()
    assert small_world.states() == {"checked": 1}, "who drew and who checked may not judge coverage"
    come(small_world, DAY + 2, 2)
    assert small_world.states() == {"unboxed": 1}


def test_who_comes_once_a_day_is_enough_for_the_run_to_end(small_world: Any) -> None:
    small_world.add(1, state=State.ACCEPTED)
    small_world.play()
    come(small_world, DAY, DAY)
    assert small_world.states() == {"checked": 1}
    come(small_world, DAY, DAY)
    assert small_world.states() == {"unboxed": 1}


def test_doubtful_pairs_that_all_have_judged_are_different(small_world: Any) -> None:
    left, right = small_world.add(2, state=State.UNBOXED)
    pair = {"left": left, "right": right, "distance": 0, "probability": 0.5, "measured": {}, "wanted": 3}
    with small_world.store.writing() as session:
        session.execute(insert(Pair), [pair | {"verdict": "doubtful", "decided_by": "pixels"}])
    small_world.play()
    come(small_world, DAY + 2, 2)
    (row,) = small_world.rows(Pair)
    assert (row.verdict, row.decided_by, row.wanted) == ("different", "nobody", 0)


@pytest.mark.parametrize("policy", ["weighted", "imagenet"])
def test_images_that_rest_until_others_are_voted_on_are_decided_when_those_are_given_up(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str], policy: str
) -> None:
    knobs = (f"label.policy={policy}", "label.seed_images=4", f"crowd.patience_hours={DAY}")
    world = make_world(new_sqlite(), *knobs)
    world.workers = ("A", "B")
    world.add(12)
    world.play(lambda _, one, __: "yes" if one % 2 else "no", ("label_images",))
    assert {row.wanted > 0 for row in world.rows(Candidate)} == {True, False}
    come(world, 2 * DAY + 8, 2)
    assert world.count(Candidate, Candidate.state == State.COLLECTED) == 0
    learnt = world.count(VoteModel)
    world.tick()
    assert world.count(VoteModel) == learnt


@pytest.mark.parametrize(("says", "after"), [("yes", "boxed"), ("unsure", "unsure")])
def test_an_image_goes_back_to_where_it_was_only_if_the_votes_still_say_so(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str], says: str, after: str
) -> None:
    world = make_world(new_sqlite(), "label.policy=majority:3", f"crowd.patience_hours={DAY}")
    world.workers = ("A", "B")
    world.add(1)
    world.play(lambda *_: says, ("label_images",))
    with world.store.writing() as session:
        session.execute(update(Candidate).values(settled_as="boxed"))
    come(world, DAY + 4, 2)
    assert world.states() == {after: 1}
