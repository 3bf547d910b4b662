"""The entry test: when there is one, who may take it, what it opens, and that it counts for nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.hits.desk import LeaseRefused, NothingToDo
from pipeline.hits.submission import BadAnswer
from pipeline.states import State
from pipeline.store.models import Candidate, Hit, Lease, Outbox, Qualification, Vote

CAT, MUG = "n02123045", "n03063599"


def gold(world: Any, each: int = 6, wnid: str = CAT) -> dict[int, int]:
    """Known photos of a synset, so many of either truth; the truth by candidate."""
    good = world.add(each, wnid, state=State.UNBOXED, gold=1, wanted=0)
    bad = world.add(each, wnid, state=State.REJECTED, gold=0, wanted=0)
    return dict.fromkeys(good, 1) | dict.fromkeys(bad, 0)


def exams_out(world: Any) -> list[Any]:
    return [hit for hit in world.crowd.open_hits() if hit.task[0] == "entry_test"]


def labels_out(world: Any) -> list[Any]:
    return [hit for hit in world.crowd.open_hits() if hit.task[0] == "label_images"]


def sit(world: Any, worker: str, truth: dict[int, int], wrong: int = 0) -> Any:
    """Take the test, with so many mistakes; give the HIT."""
    hit = exams_out(world)[0]
    assert world.crowd.admits(hit, worker)
    question = world.ask(hit, worker)
    world.crowd.submit(hit, json.dumps(answers(world, question, truth, wrong)))
    return hit


def shown(world: Any, question: Any) -> list[int]:
    with world.store.reading() as session:
        names = [item.picture.rpartition("/")[2] for item in question.items]
        return world.tools.desk.candidates_behind(session, names)


def answers(world: Any, question: Any, truth: dict[int, int], wrong: int) -> dict[str, Any]:
    mistaken = shown(world, question)[:wrong]

    def say(_kind: str, candidate: int, _worker: str) -> str:
        return ("no", "yes")[truth[candidate] ^ (candidate in mistaken)]

    return dict(world.answers(question, "", say))


@pytest.mark.parametrize(("each", "knob", "out"), [(6, 7, 10), (5, 7, 0), (6, 0, 0)])
def test_there_is_a_test_where_known_photos_suffice(light_world: Any, each: int, knob: int, out: int) -> None:
    world = light_world
    world.set("workers", entry_test=knob)
    gold(world, each)
    world.add(3)
    world.tick()
    assert len(exams_out(world)) == out
    assert all(len(hit.ticket.requirements) == (3 if out else 2) for hit in labels_out(world))


def test_who_passes_may_label_and_who_fails_may_not(world: Any) -> None:
    truth = gold(world)
    world.add(3)
    world.tick()
    assert not world.crowd.admits(labels_out(world)[0], "GOOD")
    hits = [sit(world, "GOOD", truth, 3), sit(world, "BAD", truth, 4)]
    world.tick()
    assert {(row.worker_id, row.value) for row in world.rows(Qualification)} == {("GOOD", 7), ("BAD", 6)}
    assert [world.crowd.admits(labels_out(world)[0], who) for who in ("GOOD", "BAD")] == [True, False]
    assert not any(world.crowd.admits(exams_out(world)[0], who) for who in ("GOOD", "BAD"))
    paid = [hit.submitted[0].assignment_id for hit in hits]
    assert set(paid) <= set(world.crowd.payments)
    assert "You passed the test with 7 of 10" in world.crowd.feedback[paid[0]]
    assert "You had 6 of 10; 7 are needed" in world.crowd.feedback[paid[1]]
    assert world.crowd.feedback[paid[1]].count("photo ") == 4


def test_its_answers_are_kept_and_vote_on_nothing(light_world: Any) -> None:
    world = light_world
    truth = gold(world)
    world.add(3)
    before = world.states()
    world.tick()
    sit(world, "GOOD", truth)
    world.tick()
    assert [vote.kind for vote in world.rows(Vote)] == ["entry_test"] * 10
    assert world.states() == before
    assert not any(row.yes or row.no for row in world.rows(Candidate))


def test_the_first_answers_count_once_the_truth_was_told(world: Any) -> None:
    truth = gold(world)
    world.add(3)
    world.tick()
    hit = exams_out(world)[0]
    question = world.ask(hit, "SLY")
    desk = world.tools.desk
    marked = desk.mark(json.dumps(answers(world, question, truth, 5)))
    assert sum(marked.answers[key] != marked.truth[key] for key in marked.truth) == 5
    perfect = json.dumps(answers(world, question, truth, 0))
    assert desk.mark(perfect) == marked
    world.crowd.submit(hit, perfect)
    world.tick()
    assert [row.value for row in world.rows(Qualification)] == [5]
    with pytest.raises(LeaseRefused):
        desk.mark(perfect)


@pytest.mark.parametrize("raw", ["", "{}", '{"lease": 7}', '{"lease": "forged"}', "[" * 10_000])
def test_nothing_else_is_marked(light_world: Any, raw: str) -> None:
    with pytest.raises(LeaseRefused):
        light_world.tools.desk.mark(raw)


def test_half_a_test_is_not_marked(light_world: Any) -> None:
    world = light_world
    truth = gold(world)
    world.add(3)
    world.tick()
    half = answers(world, world.ask(exams_out(world)[0], "HASTY"), truth, 0)
    half["answers"] = half["answers"][:5]
    with pytest.raises(BadAnswer, match="5 of 10 items have no answer"):
        world.tools.desk.mark(json.dumps(half))
    assert world.rows(Lease)[0].first_answers is None


def test_a_label_page_is_not_marked(light_world: Any) -> None:
    world = light_world
    world.add(3)
    world.tick()
    page = world.answers(world.ask(labels_out(world)[0], "CURIOUS"), "CURIOUS", lambda *_: "yes")
    with pytest.raises(LeaseRefused):
        world.tools.desk.mark(json.dumps(page))


def test_a_worker_has_one_test_of_a_family(light_world: Any) -> None:
    world = light_world
    gold(world, 20)
    world.add(3)
    world.tick()
    first, second = exams_out(world)[:2]
    question = world.ask(first, "TWICE")
    assert len(question.items) == 10
    assert question.quiz is None
    with pytest.raises(NothingToDo):
        world.ask(second, "TWICE")


def test_gold_met_in_a_test_does_not_come_back_on_a_page(light_world: Any) -> None:
    world = light_world
    truth = gold(world, 12)
    world.add(50)
    world.tick()
    question = world.ask(exams_out(world)[0], "KEEN")
    tested = set(shown(world, question))
    assert sum(truth[one] for one in tested) == 5
    page = set(shown(world, world.ask(labels_out(world)[0], "KEEN")))
    assert len(page & truth.keys()) == 6
    assert not page & tested


def test_a_second_try_comes_a_day_later_on_other_photos_and_is_the_last(light_world: Any) -> None:
    world = light_world
    truth = gold(world, 13)
    world.add(3)
    world.tick()
    first = sit(world, "SLOW", truth, 9)
    world.tick()
    assert not world.crowd.admits(exams_out(world)[0], "SLOW")
    world.clock.move(hours=25)
    world.tick()
    second = sit(world, "SLOW", truth, 5)
    assert not set(judged(world, first)) & set(judged(world, second))
    world.tick()
    assert [row.value for row in world.rows(Qualification)] == [5]
    world.clock.move(hours=50)
    world.tick()
    assert not world.crowd.admits(exams_out(world)[0], "SLOW")


def judged(world: Any, hit: Any) -> list[int]:
    assignment = hit.submitted[0].assignment_id
    world.tick()
    return [vote.subject for vote in world.rows(Vote, Vote.assignment_id == assignment)]


def test_tickets_keep_up_with_the_test(world: Any) -> None:
    """Known photos come when HITs are out already, and go again."""
    world.add(3)
    world.tick()
    assert world.crowd.admits(labels_out(world)[0], "ANYBODY")
    truth = gold(world)
    world.tick()
    world.tick()
    assert labels_out(world)
    assert not any(world.crowd.admits(hit, "ANYBODY") for hit in labels_out(world))
    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id.in_(truth)).values(gold=None))
    world.tick()
    world.tick()
    assert not exams_out(world)
    assert all(world.crowd.admits(hit, "ANYBODY") for hit in labels_out(world))


def test_other_synsets_need_no_test(light_world: Any) -> None:
    world = light_world
    gold(world)
    world.add(3)
    world.add(3, MUG)
    world.tick()
    free = {hit.task[1] for hit in labels_out(world) if world.crowd.admits(hit, "ANYBODY")}
    assert free == {MUG}


def test_a_run_with_a_test_ends(world: Any) -> None:
    truth = gold(world)
    world.add(8)

    def answer(kind: str, candidate: int, worker: str) -> Any:
        if kind == "entry_test":
            return ("no", "yes")[truth[candidate]] if worker != "WORKER0" else "yes"
        return "no"

    world.play(answer)
    assert world.count(Vote, Vote.kind == "label_images", Vote.worker_id == "WORKER0") == 0
    assert world.states() == {State.REJECTED: 14, State.UNBOXED: 6}
    assert set(world.hit_states()) <= {"paid", "lapsed"}
    assert {row.state for row in world.rows(Outbox)} == {"confirmed"}


def test_tests_are_a_part_of_the_budget(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str]
) -> None:
    world = make_world(new_sqlite(), "crowd.budget_cents=60")
    gold(world)
    world.add(3)
    world.tick()
    assert len(exams_out(world)) == 2
    assert world.count(Hit) == 2
