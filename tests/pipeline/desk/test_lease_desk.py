"""The desk: who gets which items, what a page shows, and who is turned away."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, update

from pipeline.hits.desk import LeaseRefused, NothingToDo, UnknownPicture
from pipeline.states import State
from pipeline.store.models import Assignment, Candidate, Lease, LeaseItem, TurnedAway, Vote

CAT, MUG = "n02123045", "n03063599"


def posted(world: Any, images: int = 1, **more: Any) -> Any:
    """Put images on the market; give the first HIT."""
    world.add(images, **more)
    world.tick()
    return world.crowd.open_hits()[0]


def test_a_reload_shows_the_same_lease(world: Any) -> None:
    hit = posted(world, 3)
    first = world.ask(hit, "WORKER")
    again = world.tools.desk.open(*hit.task, hit.hit_id, hit.taken_by[0], "WORKER")
    assert (again.lease, [item.key for item in again.items]) == (
        first.lease,
        [item.key for item in first.items],
    )
    assert (world.count(Lease), world.count(LeaseItem)) == (1, 3)


def test_a_page_opened_again_tells_what_time_is_left(light_world: Any) -> None:
    hit = posted(light_world)
    first = light_world.ask(hit, "WORKER")
    light_world.clock.move(minutes=25)
    again = light_world.tools.desk.open(*hit.task, hit.hit_id, hit.taken_by[0], "WORKER")
    assert (first.seconds_left, again.seconds_left) == (
        first.seconds_allowed,
        first.seconds_allowed - 25 * 60,
    )
    assert light_world.tools.desk.preview(*hit.task).seconds_left is None


def test_another_hit_or_kind_is_refused(light_world: Any) -> None:
    hit = posted(light_world, 2)
    desk, (kind, wnid) = light_world.tools.desk, hit.task
    assignment = light_world.crowd.accept(hit, "WORKER")
    light_world.tools.desk.open(kind, wnid, hit.hit_id, assignment, "WORKER")
    for wrong in [
        (kind, wnid, "HIT99", assignment, "WORKER"),
        ("draw_box", wnid, hit.hit_id, assignment, "WORKER"),
        (kind, MUG, hit.hit_id, "ASSIGNMENT99", "WORKER"),
        ("draw_box", wnid, hit.hit_id, "ASSIGNMENT99", "WORKER"),
    ]:
        with pytest.raises(LeaseRefused):
            desk.open(*wrong)
    assert light_world.count(Lease) == 1


def test_who_opens_a_hit_that_was_given_back_gets_its_items_at_once(world: Any) -> None:
    """Marketplaces may give the assignment's id to the next worker, too."""
    hit = posted(world, 3)
    left = world.ask(hit, "LEFT")
    for assignment, worker in (("ASSIGNMENT99", "NEXT"), (hit.taken_by[0], "LAST")):
        question = world.tools.desk.open(*hit.task, hit.hit_id, assignment, worker)
        assert len(question.items) == len(left.items)
    assert [lease.state for lease in world.rows(Lease)] == ["expired", "expired", "open"]
    assert {row.pending for row in world.rows(Candidate)} == {1}


def test_made_up_assignments_hold_no_more_than_one_page_and_cost_the_worker_nothing(world: Any) -> None:
    hit = posted(world, 40)
    question = world.ask(hit, "HONEST")
    for number in range(4):
        world.tools.desk.open(*hit.task, hit.hit_id, f"MADE{number}", f"UP{number}")
    assert sum(row.pending for row in world.rows(Candidate)) == len(question.items)
    world.crowd.submit(hit, json.dumps(world.answers(question, "HONEST", lambda *_: "yes")))
    world.tick()
    assert world.count(Vote, Vote.worker_id == "HONEST") == len(question.items)


def test_an_answer_to_a_lease_of_another_hit_is_held(light_world: Any) -> None:
    world = light_world
    posted(world, 100)
    dear, cheap = world.crowd.open_hits()[:2]
    assignment = world.crowd.accept(dear, "WORKER")
    question = world.tools.desk.open(*cheap.task, cheap.hit_id, assignment, "WORKER")
    world.crowd.submit(dear, json.dumps(world.answers(question, "WORKER", lambda *_: "yes")))
    world.tick()
    assert [row.reason for row in world.rows(Assignment)] == ["the lease is for another HIT"]


def together(world: Any, *openings: tuple[str, ...]) -> list[Any]:
    """Open pages at the same time; give the questions, or the refusals."""
    start = threading.Barrier(len(openings))

    def opening(named: tuple[str, ...]) -> Any:
        start.wait()
        try:
            return world.tools.desk.open(*named)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(openings)) as pool:
        return list(pool.map(opening, openings))


def test_one_page_opened_twice_at_once_is_one_lease(world: Any) -> None:
    for _ in range(5):
        hit = posted(world, 60)
        assignment = world.crowd.accept(hit, "WORKER")
        both = together(world, *2 * [(*hit.task, hit.hit_id, assignment, "WORKER")])
        assert both[0] == both[1]
    assert world.count(Lease) == 5
    assert world.count(TurnedAway) == 0


def test_two_workers_who_open_pages_at_once_both_get_items(world: Any) -> None:
    posted(world, 40)
    hits = world.crowd.open_hits()[:2]
    openings = [
        (*hit.task, hit.hit_id, world.crowd.accept(hit, who), who)
        for hit, who in zip(hits, "AB", strict=True)
    ]
    assert [len(question.items) for question in together(world, *openings)] == [40, 40]
    assert world.count(TurnedAway) == 0


def test_only_work_that_waits_for_somebody_else_turns_a_worker_away(world: Any) -> None:
    hit = posted(world, 1)
    world.ask(hit, "WORKER")
    for other, away in ((world.crowd.open_hits()[0], 1), (world.crowd.open_hits()[1], 1)):
        with pytest.raises(NothingToDo):
            world.ask(other, "WORKER")
        assert world.count(TurnedAway) == away
    with world.store.writing() as session:
        session.execute(delete(TurnedAway))
        session.execute(update(Candidate).values(wanted=1))
    with pytest.raises(NothingToDo):
        world.ask(world.crowd.open_hits()[0], "OTHER")
    assert world.count(TurnedAway) == 0


def test_workers_who_are_turned_away_at_once_are_told_so(world: Any) -> None:
    hit = posted(world, 1)
    world.ask(hit, "WORKER")
    openings = [
        (*one.task, one.hit_id, f"A{n}", "WORKER") for n, one in enumerate(world.crowd.open_hits()[:2])
    ]
    assert [type(refusal) for refusal in together(world, *openings)] == [NothingToDo] * 2
    assert world.count(TurnedAway) == 1


def test_no_item_gets_more_leases_than_it_wants(world: Any) -> None:
    posted(world, 2)
    for worker in world.workers[:6]:
        for hit in world.crowd.open_hits():
            try:
                world.ask(hit, worker)
            except NothingToDo:
                break
    assert [(row.wanted, row.pending) for row in world.rows(Candidate)] == [(3, 3), (3, 3)]
    assert world.count(LeaseItem) == 6


def test_who_has_seen_all_is_turned_away(light_world: Any) -> None:
    hit = posted(light_world)
    light_world.ask(hit, "WORKER")
    with pytest.raises(NothingToDo):
        light_world.ask(light_world.crowd.open_hits()[0], "WORKER")


def test_an_expired_lease_comes_back_even_for_the_same_worker(light_world: Any) -> None:
    world = light_world
    hit = posted(world, state=State.ACCEPTED)
    world.ask(hit, "WORKER")
    world.clock.move(hours=1)
    world.tick()
    world.crowd.give_back(hit)
    assert world.ask(hit, "WORKER").items
    assert sorted(lease.state for lease in world.rows(Lease)) == ["expired", "open"]


def test_a_page_whose_time_is_over_is_refused_not_broken(light_world: Any) -> None:
    """Before the next tick has taken the lease back."""
    hit = posted(light_world, 60)
    light_world.ask(hit, "WORKER")
    light_world.clock.move(hours=1)
    with pytest.raises(LeaseRefused):
        light_world.tools.desk.open(*hit.task, hit.hit_id, hit.taken_by[0], "WORKER")


def test_who_accepted_before_a_hit_was_withdrawn_finds_nothing_to_do(light_world: Any) -> None:
    world = light_world
    hit = posted(world, state=State.ACCEPTED)
    assignment = world.crowd.accept(hit, "WORKER")
    with world.store.writing() as session:
        session.execute(update(Candidate).values(state="unboxed", wanted=0))
    world.tick()
    with pytest.raises(NothingToDo):
        world.tools.desk.open(*hit.task, hit.hit_id, assignment, "WORKER")


def test_a_preview_leases_nothing(world: Any) -> None:
    posted(world, 5)
    question = world.tools.desk.preview("label_images", CAT)
    assert (question.lease, len(question.items)) == ("", 5)
    assert world.count(Lease) == 0
    data, kind = world.tools.desk.picture(question.items[0].picture.rpartition("/")[2])
    assert (data[:2], kind) == (b"\xff\xd8", "image/jpeg")


def test_pictures_have_names_that_end_with_the_page_and_cannot_be_forged(light_world: Any) -> None:
    hit = posted(light_world, 2)
    name = light_world.ask(hit, "WORKER").items[0].picture.rpartition("/")[2]
    desk = light_world.tools.desk
    assert desk.picture(name)[0][:2] == b"\xff\xd8"
    for forged in ("", "x", name[:-1], name + "A", name.swapcase(), "MQ.x", "é"):
        with pytest.raises(UnknownPicture):
            desk.picture(forged)
    light_world.clock.move(hours=1)
    with pytest.raises(UnknownPicture):
        desk.picture(name)


def test_a_page_tells_nothing_of_what_is_behind_it(light_world: Any) -> None:
    hit = posted(light_world, 4)
    text = str(light_world.ask(hit, "WORKER").to_json())
    for row in light_world.rows(Candidate):
        assert row.picture not in text
        assert row.url not in text


def test_tokens_of_leases_cannot_be_forged(light_world: Any) -> None:
    desk = light_world.tools.desk
    assert desk.names.lease_id(desk.names.lease(7)) == 7
    for forged in (
        "",
        "7",
        desk.names.lease(7)[:-1],
        desk.names.lease(8)[:3] + desk.names.lease(9)[3:],
        "\0",
    ):
        assert desk.names.lease_id(forged) == 0
