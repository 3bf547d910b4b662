"""Answers from anybody: counted if they answer their own lease, else held with the reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.states import State
from pipeline.store.models import Assignment, Box, Candidate, Lease, Vote

CAT = "n02123045"
ACCEPTED = State.ACCEPTED


def take(world: Any, kind: str, worker: str = "WORKER") -> tuple[Any, Any]:
    """Accept the first HIT of a kind; give it and its question."""
    hit = next(hit for hit in world.crowd.open_hits() if hit.task[0] == kind)
    return hit, world.ask(hit, worker)


def good(world: Any, question: Any) -> dict[str, Any]:
    from_everybody = {"label_images": "yes", "draw_box": {"box": [1, 1, 20, 20]}}
    return dict(world.answers(question, "WORKER", lambda kind, *_: from_everybody[kind]))


def held(world: Any, hit: Any, answer: str) -> str:
    """Hand in, tick, and give the reason for which it is held."""
    assignment = world.crowd.submit(hit, answer)
    world.tick()
    (row,) = world.rows(Assignment, Assignment.assignment_id == assignment)
    assert (row.state, row.answer, row.paid_cents) == ("held", answer, 0)
    (event,) = world.events("held")
    assert (event.subject, event.data) == (assignment, {"reason": row.reason})
    assert assignment not in world.crowd.payments
    return str(row.reason)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "yes",
        "{",
        "[]",
        '"lease"',
        "null",
        '{"lease": 1}',
        '{"lease": null}',
        "[" * 100_000,
        "é\ud7ff\u0001",
    ],
)
def test_what_is_not_json_or_no_document_is_held(world: Any, answer: str) -> None:
    world.add(1)
    world.tick()
    hit, _ = take(world, "label_images")
    assert held(world, hit, answer) == "the answer names no lease of ours"
    assert world.count(Vote) == 0
    assert world.states() == {"collected": 1}


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ([-1, 0, 10, 10], "a box reaches outside its picture"),
        ([0, 0, 64, 10], "a box reaches outside its picture"),
        ([10, 10, 5, 20], "a box is inside out or empty"),
        ([1, 1, 10, 10.5], "a box is not four integers"),
        ([1, 1, 10, 10**400], "a box is not four integers"),
    ],
)
def test_impossible_boxes_are_held(light_world: Any, box: list[Any], reason: str) -> None:
    light_world.add(1, state=ACCEPTED)
    light_world.tick()
    hit, question = take(light_world, "draw_box")
    answer = good(light_world, question)
    answer["answers"][0]["answer"] = {"box": box}
    text = json.dumps(answer).replace(str(10**400), "1e400")
    assert held(light_world, hit, text) == reason
    assert light_world.count(Box) == 0
    assert light_world.states() == {"accepted": 1}


def test_a_lease_of_another_worker_is_held_and_the_other_can_still_answer(world: Any) -> None:
    world.add(1)
    world.tick()
    mine, my_question = take(world, "label_images", "ME")
    theirs, their_question = take(world, "label_images", "THEM")
    assert held(world, mine, json.dumps(good(world, their_question))) == "the lease is another assignment's"
    world.crowd.submit(theirs, json.dumps(good(world, their_question)))
    world.tick()
    assert [vote.worker_id for vote in world.rows(Vote)] == ["THEM"]
    assert my_question.lease != their_question.lease
    assert {lease.worker_id: lease.state for lease in world.rows(Lease)} == {"ME": "open", "THEM": "answered"}


def test_a_lease_that_was_answered_is_held_the_second_time(light_world: Any) -> None:
    """The crowd hands in one assignment twice, under two HITs."""
    world = light_world
    world.add(1)
    world.tick()
    first, question = take(world, "label_images")
    answer = json.dumps(good(world, question))
    world.crowd.submit(first, answer)
    world.tick()
    second = world.crowd.open_hits()[0]
    world.crowd.accept(second, "WORKER")
    assert held(world, second, answer) == "the lease is another assignment's"
    assert world.count(Vote) == 1
    assert len(world.crowd.payments) == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda answer: answer | {"lease": answer["lease"][:-1] + "A"},
        lambda answer: answer | {"lease": "MQ.forged"},
        lambda answer: answer | {"kind": "draw_box"},
        lambda answer: answer | {"answers": []},
        lambda answer: answer | {"answers": answer["answers"] * 2},
        lambda answer: answer | {"active_seconds": -1},
        lambda answer: answer | {"surprise": True},
    ],
)
def test_forged_documents_are_held(light_world: Any, forge: Callable[[dict[str, Any]], Any]) -> None:
    light_world.add(1)
    light_world.tick()
    hit, question = take(light_world, "label_images")
    assert held(light_world, hit, json.dumps(forge(good(light_world, question))))
    assert light_world.count(Vote) == 0


def test_a_lease_for_another_kind_of_work_is_held(light_world: Any) -> None:
    """Somebody accepts one kind of HIT and opens the page of another with that assignment."""
    world = light_world
    world.add(1)
    drawn = world.add(1, state=ACCEPTED)
    world.tick()
    labels = next(hit for hit in world.crowd.open_hits() if hit.task[0] == "label_images")
    boxes = next(hit for hit in world.crowd.open_hits() if hit.task[0] == "draw_box")
    assignment = world.crowd.accept(labels, "CHEAT")
    question = world.tools.desk.open("draw_box", CAT, boxes.hit_id, assignment, "CHEAT")
    answer = good(world, question) | {"kind": "label_images"}
    answer["answers"][0]["answer"] = "yes"
    assert held(world, labels, json.dumps(answer)) == "the lease is for another kind of work"
    assert world.count(Vote, Vote.subject == drawn[0]) == 0


def test_a_late_answer_to_a_lease_that_expired_counts(world: Any) -> None:
    world.add(1, state=ACCEPTED)
    world.tick()
    hit, question = take(world, "draw_box")
    answer = json.dumps(good(world, question))
    world.clock.move(hours=1)
    world.tick()
    assert [lease.state for lease in world.rows(Lease)] == ["expired"]
    assert world.rows(Candidate)[0].pending == 0
    world.crowd.submit(hit, answer)
    world.tick()
    assert world.states() == {"drawn": 1}
    assert [lease.state for lease in world.rows(Lease)] == ["answered"]
    assert len(world.crowd.payments) == 1


def test_an_answer_that_fits_counts_whatever_its_comment(world: Any) -> None:
    world.add(1)
    world.tick()
    hit, question = take(world, "label_images")
    answer = good(world, question) | {"comment": "nice \u0000 cat 🐈"}
    world.crowd.submit(hit, json.dumps(answer))
    world.tick()
    assert world.count(Vote) == 1
    (row,) = world.rows(Assignment)
    assert (row.state, row.items, row.active_seconds) == ("paid", 1, 1.5)
