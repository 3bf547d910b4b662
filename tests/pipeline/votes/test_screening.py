"""Rules about workers: who is screened, what they are told, and how they come back."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from pipeline import settings
from pipeline.errors import SettingsError
from pipeline.hits.desk import WorkerExcluded
from pipeline.review.gold import set_gold
from pipeline.rules import Rule
from pipeline.states import State
from pipeline.store.ballots import counts
from pipeline.store.models import Assignment, Candidate, Hit, Lease, Screened, Vote
from pipeline.votes.screening import is_turned_away, screen

CAT, MUG = "n02123045", "n03063599"
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


def rule(collector: str, action: str = "turn_away", per: str = "all", below: float = 0.7) -> Rule:
    return Rule(collector, below, 10, action, per)


def test_agreement_is_with_settled_images_of_unknown_truth(light_world: Any) -> None:
    judged(light_world, 2, 12)
    assert screened(light_world, rule("agreement")) == 0
    with light_world.store.writing() as session:
        session.execute(update(Candidate).values(gold=None))
    assert screened(light_world, rule("agreement")) == 1
    (told,) = light_world.events("screened")
    assert (told.data["collector"], told.data["right"], told.data["asked"]) == ("agreement", 2, 14)


def pages(world: Any, missed: str | None, seconds: float, number: int = 12) -> None:
    """Somebody's pages of 48 photos, each with a quiz."""
    now = world.clock()
    with world.store.writing() as session:
        for n in range(number):
            facts = {"reward_cents": 1, "fee_cents": 0, "planned_at": now, "expires_at": now}
            hit = Hit(kind="label_images", wnid=CAT, items=48, state="paid", hit_id=f"H{n}", **facts)
            session.add(hit)
            session.flush()
            whose = {"worker_id": "WORKER", "assignment_id": f"A{n}", "kind": "label_images"}
            times = {"accepted_at": now, "submitted_at": now, "active_seconds": seconds, "items": 48}
            session.add(Assignment(hit=hit.id, answer="", state="paid", **whose, **times))
            spans = {"opened_at": now, "expires_at": now, "state": "answered", "hit_id": f"H{n}"}
            quiz = [CAT, "n02121620"] if n % 2 else None
            session.add(Lease(wnid=CAT, quiz=quiz, missed=missed if quiz else None, **whose, **spans))


@pytest.mark.parametrize(
    ("collector", "missed", "seconds", "caught"),
    [("quiz", "quiz", 90.0, 1), ("quiz", "gold", 90.0, 0), ("pace", None, 3.0, 1), ("pace", None, 90.0, 0)],
)
def test_quizzes_and_pace_are_measured(
    world: Any, collector: str, missed: str | None, seconds: float, caught: int
) -> None:
    pages(world, missed, seconds)
    assert screened(world, Rule(collector, 0.8, 6, "note")) == caught


def test_a_rule_may_be_about_a_family_alone(light_world: Any) -> None:
    world = light_world
    judged(world, 0, 12)
    good = world.add(12, MUG, state=State.REJECTED, gold=0, wanted=0)
    facts = {"kind": "label_images", "worker_id": "WORKER", "assignment_id": "B", "seconds": 1.0}
    with world.store.writing() as session:
        session.add_all(Vote(subject=one, answer="no", voted_at=world.clock(), **facts) for one in good)
    assert screened(world, rule("gold", per="family")) == 1
    with world.store.reading() as session:
        barred = [is_turned_away(session, "WORKER", "label_images", wnid) for wnid in (CAT, MUG)]
        assert barred == [True, False]
        assert not is_turned_away(session, "WORKER", "draw_box", CAT)


def test_a_rule_may_take_votes_out_of_the_count_and_corrected_gold_brings_them_back(world: Any) -> None:
    gold = judged(world, 0, 12)
    world.set("workers", rules=[{"collector": "gold", "below": 0.7, "after": 10, "action": "down_weight"}])
    ids = world.add(3)
    world.workers = ("WORKER", "WORKER2", "WORKER3", "WORKER4")
    world.play(lambda kind, *_: {"label_images": "yes", "draw_box": {"none": "absent"}}[kind])
    yeses = {row.yes for row in world.rows(Candidate) if row.id in ids}
    assert yeses == {3}
    assert "WORKER" not in {vote.worker_id for vote in counted(world, ids)}
    with world.store.writing() as session:
        set_gold(session, world.tools.settings.label, dict.fromkeys(gold, 1), world.clock())
    world.tick()
    assert world.count(Screened) == 0


def counted(world: Any, ids: list[int]) -> list[Any]:
    with world.store.reading() as session:
        mine = (Vote.kind == "label_images", Vote.subject.in_(ids), counts())
        found = list(session.scalars(select(Vote).where(*mine)))
        session.expunge_all()
        return found


@pytest.mark.parametrize(
    "rule",
    [
        '{collector = "gold", below = 0.7, after = 10, action = "note", per = "day"}',
        '{collector = "gold", below = 0.7, after = 10, action = "note", extra = 1}',
        '{collector = "gold", below = 0.7, after = 10, action = "down_weight", per = "family"}',
    ],
)
def test_rules_that_cannot_be_kept_are_refused(rule: str) -> None:
    with pytest.raises(SettingsError, match=r"workers\.rules"):
        settings.load(None, [f"workers.rules=[{rule}]"])
