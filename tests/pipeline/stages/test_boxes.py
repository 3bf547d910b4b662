"""Drawing and verifying: the loop of Su, Deng and Fei-Fei 2012, with three people for every box."""

import itertools
from collections import defaultdict
from typing import Any

import pytest

from pipeline.stages import draw, verify
from pipeline.states import State
from pipeline.store.models import Box, Candidate, LeaseItem, Vote

ACCEPTED = State.ACCEPTED


class People:
    """Answers by script: for each kind what is said, in turn, the last for ever. Keeps who said what."""

    def __init__(self, **scripts: list[Any]) -> None:
        self.scripts = {
            kind: itertools.chain(said[:-1], itertools.repeat(said[-1])) for kind, said in scripts.items()
        }
        self.said: dict[str, list[tuple[str, Any]]] = defaultdict(list)

    def __call__(self, kind: str, _candidate: int, worker: str) -> Any:
        answer = next(self.scripts[kind])
        self.said[kind].append((worker, answer))
        return answer

    def who(self, kind: str) -> list[str]:
        return [worker for worker, _ in self.said[kind]]


DRAW = [{"box": [1, 2, 30, 40]}]
GOOD, BAD = {"good": True}, {"good": False, "reason": "loose"}
COVERED, MISSING = {"covered": True}, {"covered": False}


def test_one_box_good_and_covered(world: Any) -> None:
    (one,) = world.add(1, state=ACCEPTED)
    people = People(draw_box=DRAW, check_box=[GOOD], check_coverage=[COVERED])
    world.play(people)
    assert world.states() == {"boxed": 1}
    (box,) = world.rows(Box)
    assert (box.candidate_id, box.xmin, box.ymin, box.xmax, box.ymax, box.state) == (
        one,
        1,
        2,
        30,
        40,
        "accepted",
    )
    drawer, checker, judge = (people.who(kind)[0] for kind in ("draw_box", "check_box", "check_coverage"))
    assert len({drawer, checker, judge}) == 3
    assert (box.drawer, box.checker) == (drawer, checker)
    assert [vote.answer for vote in world.rows(Vote)] == ["yes", "yes"]
    assert [(e.before, e.after) for e in world.rows_of_events(one)] == [
        ("accepted", "drawn"),
        ("drawn", "checked"),
        ("checked", "boxed"),
    ]


def test_a_bad_box_is_drawn_again(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    world.play(People(draw_box=DRAW, check_box=[BAD, GOOD], check_coverage=[COVERED]))
    assert world.states() == {"boxed": 1}
    assert [(box.state, box.reason) for box in world.rows(Box)] == [("rejected", "loose"), ("accepted", None)]


def test_a_missing_instance_is_drawn_too_with_the_first_box_shown(world: Any) -> None:
    (one,) = world.add(1, state=ACCEPTED)
    seen: list[Any] = []
    drawings = iter([{"box": [1, 2, 30, 40]}, {"box": [31, 2, 60, 40]}])
    judgements = iter([MISSING, COVERED])

    def answer(kind: str, *_: Any) -> Any:
        return {"draw_box": lambda: next(drawings), "check_box": lambda: GOOD}.get(
            kind, lambda: next(judgements)
        )()

    world.on_question = lambda question: seen.append((question.kind, question.items[0].boxes))
    world.play(answer)
    assert world.states() == {"boxed": 1}
    first, second = (1, 2, 30, 40), (31, 2, 60, 40)
    assert seen == [
        ("draw_box", ()),
        ("check_box", ()),
        ("check_coverage", (first,)),
        ("draw_box", (first,)),
        ("check_box", ()),
        ("check_coverage", (first, second)),
    ]
    assert world.count(Box, Box.candidate_id == one, Box.state == "accepted") == 2


def test_tries_are_limited(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    people = People(draw_box=DRAW, check_box=[BAD], check_coverage=[COVERED])
    world.play(people)
    assert world.states() == {"unboxed": 1}
    assert len(people.who("draw_box")) == world.tools.settings.boxes.tries
    assert len(world.events("unboxed")) == 1


def test_who_finds_nothing_to_draw_is_followed_by_others_until_the_tries_are_used(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    people = People(draw_box=[{"none": "absent"}, {"none": "unsure"}, {"none": "all_boxed"}])
    world.play(people)
    assert world.states() == {"unboxed": 1}
    assert len(set(people.who("draw_box"))) == 4
    assert len(world.events("not drawn")) == 3


def test_all_boxed_is_for_somebody_else_to_confirm(light_world: Any) -> None:
    world = light_world
    world.add(1, state=ACCEPTED)
    people = People(
        draw_box=[*DRAW, {"none": "all_boxed"}], check_box=[GOOD], check_coverage=[MISSING, COVERED]
    )
    for worker in ("DRAWER", "CHECKER", "JUDGE", "DENIER", "DENIER", "JUDGE", "CHECKER", "DRAWER"):
        world.tick()
        world.workers = (worker,)
        world.work(people)
    assert people.who("draw_box") == ["DRAWER", "DENIER"]
    assert people.who("check_coverage") == ["JUDGE"]
    assert world.states() == {"checked": 1}
    world.workers = ("NEWCOMER",)
    world.play(people)
    assert world.states() == {"boxed": 1}
    assert world.count(Box) == 1


def test_crowds_and_bunches_end(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "boxes.instances=3")
    world.add(1, state=ACCEPTED)
    world.play(People(draw_box=DRAW, check_box=[GOOD], check_coverage=[MISSING]))
    assert (world.states(), world.count(Box)) == ({"boxed": 1}, 3)


@pytest.mark.parametrize(
    "unsure", [{"check_box": [{"good": None}, GOOD]}, {"check_coverage": [{"covered": None}, COVERED]}]
)
def test_who_cannot_tell_says_no(light_world: Any, unsure: dict[str, Any]) -> None:
    light_world.add(1, state=ACCEPTED)
    light_world.play(People(**{"draw_box": DRAW, "check_box": [GOOD], "check_coverage": [COVERED]} | unsure))
    assert light_world.states() == {"boxed": 1}
    assert light_world.count(Box) == 2


def test_three_people_are_too_few_only_for_their_own_boxes(light_world: Any) -> None:
    light_world.workers = ("A", "B", "C")
    light_world.add(12, state=ACCEPTED)
    light_world.play()
    assert light_world.states() == {"boxed": 12}
    for box in light_world.rows(Box):
        (judge,) = light_world.rows(Vote, Vote.kind == "check_coverage", Vote.subject == box.candidate_id)
        assert len({box.drawer, box.checker, judge.worker_id}) == 3


def test_one_person_may_do_all_if_the_settings_say_so(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "boxes.distinct_workers=false")
    world.workers = ("ME",)
    world.add(3, state=ACCEPTED)
    world.play()
    assert world.states() == {"boxed": 3}


def test_no_drawing_is_bought_twice(light_world: Any) -> None:
    light_world.add(25, state=ACCEPTED)
    light_world.play()
    assert {box.state for box in light_world.rows(Box)} == {"accepted"}
    assert light_world.count(LeaseItem) == 75
    assert {(row.wanted, row.pending) for row in light_world.rows(Candidate)} == {(0, 0)}


def test_stages_rest_when_nothing_has_come(light_world: Any) -> None:
    light_world.add(5, state=ACCEPTED)
    assert draw.tick(light_world.tools) == 0
    assert verify.tick(light_world.tools) == 0


ABSENT, WRONG = {"none": "absent"}, {"good": False, "reason": "wrong_object"}


@pytest.mark.parametrize(
    ("drawings", "checks"),
    [([ABSENT, ABSENT], [GOOD]), ([ABSENT, *DRAW], [WRONG]), ([*DRAW, ABSENT], [WRONG])],
)
def test_drawers_who_agree_that_there_is_nothing_send_the_image_back_to_the_voters(
    world: Any, drawings: list[Any], checks: list[Any]
) -> None:
    (one,) = world.add(1, state=ACCEPTED)
    world.play(People(draw_box=drawings, check_box=checks, label_images=["no"]))
    assert world.states() == {"rejected": 1}
    (doubt,) = world.events("doubted")
    assert (doubt.after, doubt.data["more_votes"]) == ("collected", 3)
    assert len({*doubt.data["absent"], *doubt.data["wrong_object"]}) == 2
    assert world.count(Vote, Vote.kind == "label_images", Vote.subject == one) >= 3
    assert world.count(Vote, Vote.kind == "draw_box") == drawings.count(ABSENT)


def test_an_image_that_voters_accept_twice_and_drawers_find_empty_twice_is_unsure(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    world.play(People(draw_box=[ABSENT], label_images=["yes"]))
    assert world.states() == {"unsure": 1}
    assert len(world.events("doubted")) == len(world.events("found empty")) == 1
    assert len({vote.worker_id for vote in world.rows(Vote, Vote.kind == "draw_box")}) == 4


def test_an_image_accepted_again_is_drawn_after_all(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    world.play(
        People(
            draw_box=[ABSENT, ABSENT, *DRAW],
            check_box=[GOOD],
            check_coverage=[COVERED],
            label_images=["yes"],
        )
    )
    assert world.states() == {"boxed": 1}


def test_one_drawer_alone_and_wrong_boxes_alone_raise_no_doubt(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    world.play(People(draw_box=DRAW, check_box=[WRONG]))
    assert world.states() == {"unboxed": 1}
    assert not world.events("doubted")


def test_who_sees_an_accepted_box_and_nothing_else_raises_no_doubt(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    world.play(People(draw_box=[*DRAW, ABSENT], check_box=[GOOD], check_coverage=[MISSING]))
    assert world.states() == {"unboxed": 1}
    assert not world.events("doubted")


def test_without_votes_to_ask_for_an_image_found_empty_is_unsure_at_once(
    make_world: Any, new_sqlite: Any
) -> None:
    world = make_world(new_sqlite(), "label.recheck_votes=0")
    world.add(1, state=ACCEPTED)
    world.play(People(draw_box=[ABSENT]))
    assert world.states() == {"unsure": 1}


def test_an_image_found_empty_that_nobody_is_left_to_draw_is_unsure(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "crowd.patience_hours=1.0")
    world.workers = ("A", "B", "C")
    world.add(1, state=ACCEPTED)
    people = People(draw_box=[ABSENT], label_images=["yes"])
    for _ in range(30):
        world.tick()
        world.work(people)
        world.clock.move(minutes=50)
    (given_up,) = world.events("given up")
    assert (given_up.before, given_up.after) == ("accepted", "unsure")
