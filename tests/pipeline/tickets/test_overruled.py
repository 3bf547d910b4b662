"""A rejection that the crowd overrules is money spent: on both databases."""

from typing import Any

from pipeline import runner
from pipeline.store.models import Assignment
from pipeline.tickets.held import decide
from pipeline.tickets.overruled import take_in_overruled
from pipeline.verification import verify


def reject(world: Any) -> str:
    """Let somebody hand in nonsense, and refuse to pay it."""
    world.tick()
    hit = world.crowd.open_hits()[0]
    world.crowd.accept(hit, "WORKER0")
    assignment = str(world.crowd.submit(hit, "nonsense"))
    world.tick()
    with world.store.writing() as session:
        decide(session, assignment, "reject", {"reason": "There is no answer in it."}, world.clock())
    world.tick()
    return assignment


def test_what_the_crowd_overrules_counts_as_paid(world: Any) -> None:
    world.add(1)
    rejected = reject(world)
    before = runner.standing(world.tools).spending.paid
    assert take_in_overruled(world.store, world.crowd, world.clock()) == 0
    world.crowd.approve(rejected)
    assert take_in_overruled(world.store, world.crowd, world.clock()) == 1
    (row,) = world.rows(Assignment, Assignment.assignment_id == rejected)
    assert row.state == "paid" and row.paid_cents > 0
    assert runner.standing(world.tools).spending.paid == before + row.paid_cents
    assert [event.subject for event in world.events("rejection overruled")] == [rejected]
    assert take_in_overruled(world.store, world.crowd, world.clock()) == 0
    with world.store.reading() as session:
        assert verify(session)["cents paid, from the replies of the crowd"] == []


def test_a_run_asks_at_its_start_and_each_hour(light_world: Any) -> None:
    light_world.add(1)
    light_world.set("crowd", poll_seconds=0.0)
    rejected = [reject(light_world), reject(light_world)]
    light_world.crowd.approve(rejected[0])
    ticks = runner.run(light_world.tools, light_world.crowd_tools(), lambda _: None)
    next(ticks)
    light_world.crowd.approve(rejected[1])
    next(ticks)
    assert [event.subject for event in light_world.events("rejection overruled")] == rejected[:1]
    light_world.clock.move(hours=1)
    next(ticks)
    assert [event.subject for event in light_world.events("rejection overruled")] == rejected
