"""Effects on the crowd: planned, sent, confirmed, and killed at every step between."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, select

from pipeline.crowd import CrowdRefused, CrowdUnreachable
from pipeline.store.models import Assignment, Candidate, Event, Hit, Outbox, Vote
from pipeline.tickets.outbox import Sender, plan, waiting


class Killed(BaseException):
    """kill -9."""


class Steps:
    """A crowd and a database that are killed at one step: before a commit, before a call or after it."""

    def __init__(self, world: Any, kill_at: int) -> None:
        self.world, self.kill_at, self.done = world, kill_at, itertools.count()
        self.names: list[str] = []

    def step(self, name: str) -> None:
        self.names.append(name)
        if next(self.done) == self.kill_at:
            raise Killed(name)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.step(f"before {name}")
            reply = getattr(self.world.crowd, name)(*arguments)
            reply = list(reply) if isinstance(reply, Iterator) else reply
            self.step(f"after {name}")
            return reply

        return call

    def live(self, hours_down: float) -> None:
        """Run to the end, starting again after the kill; a crowd forgets tokens after a day."""
        for _ in range(60):
            try:
                still = self._tick()
            except Killed:
                self.world.clock.move(hours=hours_down)
                if hours_down > 24:
                    self.world.crowd.by_token.clear()
                continue
            if not self.world.work(lambda kind, *_: "no" if kind == "label_images" else {}) and still:
                return
        raise AssertionError("the run does not end")

    def _tick(self) -> bool:
        engine = self.world.store.engine
        event.listen(engine, "commit", self._commit)
        try:
            return bool(self.world.tick(self).still)
        finally:
            event.remove(engine, "commit", self._commit)

    def _commit(self, _connection: Any) -> None:
        self.step("commit")


def small_run(
    make_world: Any, url: str, images: int, kill_at: int, hours_down: float = 0
) -> tuple[Any, Steps]:
    world = make_world(url, "label.policy=majority:1")
    world.workers = ("WORKER",)
    world.add(images)
    steps = Steps(world, kill_at)
    steps.live(hours_down)
    return world, steps


@pytest.mark.parametrize(("hours_down", "images"), [(0, 1), (25, 1)])
def test_killed_at_any_step_nothing_is_posted_or_paid_twice_or_lost(
    make_world: Any,
    new_sqlite: Callable[[], str],
    empty_again: Callable[[Any], None],
    hours_down: float,
    images: int,
) -> None:
    url = new_sqlite()
    world, undisturbed = small_run(make_world, url, images, -1)
    assert {"after post", "after approve", "after submitted", "commit"} <= set(undisturbed.names)
    for kill_at, name in enumerate(undisturbed.names):
        if hours_down and "post" not in name:
            continue
        empty_again(world.store)
        world, _ = small_run(make_world, url, images, kill_at, hours_down)
        crowd, where = world.crowd, f"killed at step {kill_at}, {name}"
        assert crowd.posted == world.count(Hit), where
        assert len(crowd.payments) == len(set(crowd.payments)) == world.count(Assignment), where
        assert Counter(vote.subject for vote in world.rows(Vote)) == dict.fromkeys(range(1, images + 1), 1), (
            where
        )
        assert world.states() == {"rejected": images}, where
        assert set(world.hit_states()) <= {"paid", "lapsed"}, where
        assert not crowd.open_hits(), where
        assert {row.state for row in world.rows(Outbox)} == {"confirmed"}, where
        assert [row.paid_cents for row in world.rows(Assignment)].count(0) == 0, where


def test_an_unreachable_crowd_stops_the_round_and_keeps_what_was_confirmed(light_world: Any) -> None:
    world = light_world
    world.add(3)

    class Failing(Steps):
        def step(self, name: str) -> None:
            self.names.append(name)
            if self.names.count("before post") > 1 and name == "before post":
                raise CrowdUnreachable

    with pytest.raises(CrowdUnreachable, match="does not answer"):
        world.tick(Failing(world, -1))
    assert Counter(row.state for row in world.rows(Outbox)) == {"confirmed": 1, "sent": 2}
    assert world.hit_states() == {"open": 1, "planned": 2}
    world.tick()
    assert world.hit_states() == {"open": 3}
    assert len(world.crowd.hits) == 3


def test_a_refused_post_stops_the_run_and_waits(light_world: Any) -> None:
    world = light_world
    world.add(1)

    class Poor(Steps):
        def step(self, name: str) -> None:
            if name == "before post":
                raise CrowdRefused("AWS.MechanicalTurk.InsufficientFunds", "you have too little money")

    with pytest.raises(CrowdRefused, match="The crowd refuses: you have too little money"):
        world.tick(Poor(world, -1))
    assert set(world.hit_states()) == {"planned"}
    world.tick()
    assert set(world.hit_states()) == {"open"}


def test_a_refused_payment_is_kept_for_a_person(light_world: Any) -> None:
    world = light_world
    world.add(1)
    world.tick()
    world.work()

    class Strict(Steps):
        def step(self, name: str) -> None:
            if name == "before approve":
                raise CrowdRefused("AWS.MechanicalTurk.InvalidAssignmentState", "it was rejected by hand")

    world.tick(Strict(world, -1))
    refused = world.rows(Outbox, Outbox.state == "refused")
    assert {row.action for row in refused} == {"approve"}
    assert len(world.events("approve refused")) == len(refused) > 0
    assert {row.state for row in world.rows(Assignment)} == {"held"}
    assert world.count(Vote) == len(refused)


def test_a_hit_that_seemed_to_have_lapsed_is_looked_at_again(light_world: Any) -> None:
    """The list of assignments lagged behind until after the HIT was given up."""
    world = light_world
    world.add(1)
    world.set("label", policy="majority:1")
    world.tick()
    (hit,) = world.crowd.open_hits()[:1]
    world.workers = ("WORKER",)
    world.work()
    world.clock.move(days=8)

    class Lagging(Steps):
        def submitted(self, _hit_id: str) -> list[Any]:
            return []

        def delete(self, hit_id: str) -> None:
            if hit_id == hit.hit_id:
                raise CrowdRefused("AWS.MechanicalTurk.RequestError", "it has a submission")

        def step(self, name: str) -> None:
            """Go on."""

    world.tick(Lagging(world, -1))
    assert world.rows(Hit, Hit.hit_id == hit.hit_id)[0].state == "expiring"
    world.tick()
    assert world.rows(Hit, Hit.hit_id == hit.hit_id)[0].state == "paid"
    assert world.crowd.payments == [hit.submitted[0].assignment_id]
    assert world.count(Vote) == 1


def test_effects_go_out_in_the_order_of_their_plans_and_are_counted(light_world: Any) -> None:
    world = light_world
    sender = Sender(world.store, world.crowd, world.clock)
    assert sender.send(10) == 0
    with world.store.writing() as session:
        plan(session, "delete", [(f"HIT{n}", {}) for n in range(70)], world.clock())
        assert waiting(session) == 70
    assert sender.send(65) == 65
    assert world.scalars(select(Outbox.state).order_by(Outbox.id)) == ["confirmed"] * 65 + ["planned"] * 5
    assert sender.send(65) == 5
    assert world.count(Event, Event.name == "delete confirmed") == 70
    assert world.count(Candidate) == 0
