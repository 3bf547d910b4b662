"""Rules about workers: who is screened, what they are told, and how they come back."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from pipeline import settings
from pipeline.errors import SettingsError
from pipeline.hits.desk import WorkerExcluded
from pipeline.rules import Rule
from pipeline.screening import screen
from pipeline.states import State
from pipeline.store.models import Candidate, Screened, Vote

RULE = Rule("gold", 0.7, 10, "turn_away")


def judged(world: Any, right: int, wrong: int, worker: str = "WORKER") -> list[int]:
    """Put known bad images, and somebody's votes on them, into a run."""
    gold = world.add(right + wrong, state=State.REJECTED, gold=0, wanted=0)
    said = ["no"] * right + ["yes"] * wrong
    facts = {"kind": "label_images", "worker_id": worker, "assignment_id": "A", "seconds": 1.0}
    with world.store.writing() as session:
        session.add_all(
            Vote(subject=one, answer=answer, voted_at=world.clock(), **facts)
            for one, answer in zip(gold, said, strict=True)
        )
    return gold


def screened(world: Any, *rules: Rule) -> int:
    with world.store.writing() as session:
        return screen(session, rules or [RULE], world.clock())


@pytest.mark.parametrize(
    ("right", "wrong", "caught"), [(3, 7, 1), (0, 9, 0), (6, 4, 0), (0, 10, 1), (65, 35, 0), (55, 45, 1)]
)
def test_a_rule_applies_beyond_doubt_only(light_world: Any, right: int, wrong: int, caught: int) -> None:
    judged(light_world, right, wrong)
    assert screened(light_world) == caught
    assert screened(light_world) == 0
    assert light_world.count(Screened) == caught


def test_who_is_screened_is_turned_away_from_that_kind_and_the_event_says_why(world: Any) -> None:
    judged(world, 2, 10)
    world.add(5)
    drawn = world.add(1, state=State.ACCEPTED)
    world.tick()
    assert screened(world) == 0  # the stage has done it
    (event,) = world.events("screened")
    assert event.subject == "WORKER"
    assert (event.data["right"], event.data["asked"], event.data["collector"]) == (2, 12, "gold")
    hits = {hit.task[0]: hit for hit in world.crowd.open_hits()}
    with pytest.raises(WorkerExcluded):
        world.ask(hits["label_images"], "WORKER")
    assert len(world.ask(hits["draw_box"], "WORKER").items) == len(drawn)


def test_an_open_page_may_be_finished(light_world: Any) -> None:
    world = light_world
    world.add(5)
    world.tick()
    hit = world.crowd.open_hits()[0]
    question = world.ask(hit, "WORKER")
    judged(world, 0, 12)
    screened(world)
    again = world.tools.desk.open(*hit.task, hit.hit_id, hit.taken_by[0], "WORKER")
    assert again.lease == question.lease
    world.crowd.submit(hit, json.dumps(world.answers(question, "WORKER", lambda *_: "yes")))
    world.tick()
    assert world.count(Vote) == 17


def test_corrected_gold_lets_workers_back(light_world: Any) -> None:
    gold = judged(light_world, 0, 12)
    screened(light_world)
    with light_world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id.in_(gold)).values(gold=1))
    assert screened(light_world) == 1
    assert light_world.count(Screened) == 0
    assert [event.subject for event in light_world.events("screened no more")] == ["WORKER"]


def test_a_note_keeps_nobody_from_working(light_world: Any) -> None:
    judged(light_world, 0, 12)
    light_world.set("workers", rules=[{"collector": "gold", "below": 0.7, "after": 10, "action": "note"}])
    light_world.add(5)
    light_world.tick()
    assert light_world.ask(light_world.crowd.open_hits()[0], "WORKER").items
    assert light_world.events("screened")[0].data["action"] == "note"


@pytest.mark.parametrize(
    "rule",
    [
        '{collector = "gold"}',
        '{collector = "looks", below = 0.7, after = 10, action = "note"}',
        '{collector = "gold", below = 0.7, after = 10, action = "fine"}',
        '{collector = "gold", below = 7, after = 10, action = "note"}',
        '{collector = "gold", below = 0.7, after = 0, action = "note"}',
        '{collector = "gold", below = "x", after = 1, action = "note"}',
        "7",
    ],
)
def test_rules_that_mean_nothing_are_refused(rule: str) -> None:
    with pytest.raises(SettingsError, match=r"workers\.rules"):
        settings.load(None, [f"workers.rules=[{rule}]"])
