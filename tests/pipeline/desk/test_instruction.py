"""The quiz on the first page of a synset, and the reminder after a miss."""

import json
from typing import Any

from sqlalchemy import update

from pipeline.store.models import Assignment, Candidate, Lease, Vote

CAT, MUG = "n02123045", "n03063599"


def hand_in(world: Any, worker: str, wnid: str = CAT, **changed: Any) -> Any:
    """Do one HIT of a synset to the worker's best, but for these fields; give its question."""
    hit = next(hit for hit in world.crowd.open_hits() if hit.task == ("label_images", wnid))
    question = world.ask(hit, worker)
    answers = world.answers(question, worker, lambda *_: "yes") | changed
    world.crowd.submit(hit, json.dumps(answers))
    return question


def test_the_first_page_of_a_synset_has_a_quiz_and_no_other_has(world: Any) -> None:
    world.add(100)
    world.add(10, MUG)
    world.tick()
    first = hand_in(world, "WORKER")
    world.tick()
    assert len(first.quiz.choices) == 3
    assert [first.synset.gloss.startswith(choice) for choice in first.quiz.choices].count(True) == 1
    assert hand_in(world, "WORKER").quiz is None
    assert hand_in(world, "WORKER", MUG).quiz is not None
    assert hand_in(world, "OTHER").quiz is not None


def test_a_reload_shows_the_same_quiz(light_world: Any) -> None:
    light_world.add(10)
    light_world.tick()
    hit = light_world.crowd.open_hits()[0]
    first = light_world.ask(hit, "WORKER")
    again = light_world.tools.desk.open(*hit.task, hit.hit_id, hit.taken_by[0], "WORKER")
    assert again.quiz == first.quiz


def test_the_place_of_the_right_choice_depends_on_the_lease(light_world: Any) -> None:
    light_world.add(160)
    light_world.tick()
    for hit, worker in zip(light_world.crowd.open_hits(), light_world.workers, strict=False):
        light_world.ask(hit, worker)
    assert {lease.quiz.index(CAT) for lease in light_world.rows(Lease)} == {0, 1, 2}


def test_a_wrong_choice_is_an_event_and_leads_to_a_reminder_but_the_answers_count(world: Any) -> None:
    world.add(100)
    world.tick()
    hit = world.crowd.open_hits()[0]
    question = world.ask(hit, "WORKER")
    answers = world.answers(question, "WORKER", lambda *_: "yes")
    wrong = (answers["quiz"] + 1) % 3
    world.crowd.submit(hit, json.dumps(answers | {"quiz": wrong}))
    world.tick()
    assert world.count(Vote) == len(question.items)
    (event,) = world.events("quiz missed")
    (lease,) = world.rows(Lease)
    assert (event.subject, event.data) == (
        "WORKER",
        {"wnid": CAT, "lease": lease.id, "chose": lease.quiz[wrong]},
    )
    told = hand_in(world, "WORKER")
    assert question.synset.gloss.startswith(told.reminder.rpartition(": ")[2])
    world.tick()
    assert hand_in(world, "WORKER").reminder is None
    assert hand_in(world, "OTHER").reminder is None


def test_a_quiz_left_out_is_held_for_a_person(light_world: Any) -> None:
    light_world.add(10)
    light_world.tick()
    hand_in(light_world, "WORKER", quiz=None)
    light_world.tick()
    (assignment,) = light_world.rows(Assignment)
    assert (assignment.state, assignment.reason) == ("held", "quiz is None of 3 choices")


def test_missed_gold_leads_to_a_reminder_and_gold_answered_rightly_does_not(world: Any) -> None:
    ids = world.add(200)
    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id.in_(ids[:20])).values(gold=0))
        session.execute(update(Candidate).where(Candidate.id.in_(ids[20:40])).values(gold=1))
    world.tick()
    hand_in(world, "HASTY")
    hit = world.crowd.open_hits()[0]
    careful = world.ask(hit, "CAREFUL")
    truth = {row.id: row.gold for row in world.rows(Candidate)}
    said = world.answers(careful, "CAREFUL", lambda _, one, __: "no" if truth[one] == 0 else "yes")
    world.crowd.submit(hit, json.dumps(said))
    world.tick()
    (event,) = world.events("gold missed")
    assert event.subject == "HASTY"
    assert [truth[one] for one in event.data["candidates"]] == [0, 0, 0]
    assert "experts" in hand_in(world, "HASTY").reminder
    assert hand_in(world, "CAREFUL").reminder is None
