"""Who is excluded or turned away no longer sees our HITs, and sees them again when let back in."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event

from pipeline.crowd import CrowdRefused
from pipeline.review.exclusion import exclude, include
from pipeline.states import State
from pipeline.store.models import Assignment, Outbox, Qualification, Screened, Worker
from pipeline.tickets.skills import excluded_from, skill_named

CAT, MUG = "n02123045", "n03063599"
RULE = {"collector": "gold", "below": 0.7, "after": 10, "action": "turn_away"}


def worked(world: Any) -> Any:
    """Let ten people hand something in, and leave HITs on the market."""
    world.add(3)
    world.tick()
    world.work()
    world.add(3)
    world.tick()
    assert world.count(Assignment, Assignment.worker_id == "WORKER0")
    return world


def decide(world: Any, change: Callable[..., Any], *reason: str) -> None:
    with world.store.writing() as session:
        change(session, world.tools.settings.label, "WORKER0", *reason, world.clock())


def sees(world: Any, kind: str = "label_images") -> set[bool]:
    hits = [hit for hit in world.crowd.open_hits() if hit.task[0] == kind]
    return {world.crowd.admits(hit, "WORKER0") for hit in hits}


def test_an_excluded_worker_sees_no_hit_until_included_again(world: Any) -> None:
    worked(world)
    assert sees(world) == {True}
    for _ in range(2):
        decide(world, exclude, "never looks")
        world.tick()
        assert sees(world) == {False}
        decide(world, include)
        world.tick()
        assert sees(world) == {True}
    assert [row.changes for row in world.rows(Qualification)] == [4]
    assert world.crowd.scores == {}


@pytest.mark.parametrize("scope", ["", "label_images"])
def test_who_is_not_excluded_is_not_told_so(light_world: Any, scope: str) -> None:
    """The crowd lists qualifications, with their descriptions, to everybody."""
    with light_world.store.reading() as session:
        told = skill_named(session, excluded_from(scope)).description
    assert " you:" not in told
    assert told.startswith("Whoever has this ")


def test_hits_that_are_out_already_are_hidden_too(light_world: Any) -> None:
    worked(light_world)
    out = {hit.hit_id for hit in light_world.crowd.open_hits()}
    decide(light_world, exclude, "never looks")
    light_world.tick()
    still = [hit for hit in light_world.crowd.open_hits() if hit.hit_id in out]
    assert still
    assert not any(light_world.crowd.admits(hit, "WORKER0") for hit in still)


@pytest.mark.parametrize("scope", ["label_images", "the family"])
def test_a_rule_hides_the_hits_that_it_is_about(light_world: Any, wordnet: Any, scope: str) -> None:
    world = light_world
    world.set("workers", rules=[RULE | {"per": "family"}])
    worked(world)
    world.add(3, MUG)
    world.add(3, state=State.ACCEPTED)
    world.tick()
    kind = wordnet.family(CAT) if scope == "the family" else scope
    row = {"worker_id": "WORKER0", "kind": kind, "action": "turn_away", "at": world.clock()}
    with world.store.writing() as session:
        session.add(Screened(**row))
    world.tick()
    assert sees(world) == ({False} if scope == "label_images" else {False, True})
    assert sees(world, "draw_box") == {True}


class Killed(BaseException):
    """kill -9."""


@pytest.mark.parametrize("changes", [1, 2])
def test_killed_at_any_step_the_crowd_knows_in_the_end_what_holds(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str], changes: int
) -> None:
    names = run(make_world(new_sqlite()), changes, 0)
    assert {"before qualify", "after qualify", "commit"} <= set(names)
    planned = names.index("before qualify") - 3
    for step, name in enumerate(names[planned:], planned + 1):
        world = make_world(new_sqlite())
        run(world, changes, step)
        assert list(world.crowd.scores.values()) == [1] * (changes % 2), f"killed at step {step}, {name}"
        assert {row.state for row in world.rows(Outbox)} == {"confirmed"}


def run(world: Any, changes: int, kill_at: int) -> list[str]:
    """Exclude somebody, include them, and so on, and tick until it is done; the last tick is killed once."""
    with world.store.writing() as session:
        session.add(Worker(worker_id="WORKER0", excluded_at=None, reason=""))
    for change, *reason in [(exclude, "never looks"), (include,)] * 2:
        if changes == 0:
            break
        changes -= 1
        decide(world, change, *reason)
        if changes:
            world.crowd_tools().requester.plan(0)
    names: list[str] = []

    def step(name: str) -> None:
        names.append(name)
        if len(names) == kill_at:
            raise Killed(name)

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.crowd, name)

        def qualify(self, *what: Any) -> None:
            step("before qualify")
            world.crowd.qualify(*what)
            step("after qualify")

    def committed(_connection: Any) -> None:
        step("commit")

    event.listen(world.store.engine, "commit", committed)
    with suppress(Killed):
        world.tick(Watched())
    event.remove(world.store.engine, "commit", committed)
    while not world.tick().still:
        pass
    return names


def test_a_score_that_the_crowd_refuses_stops_nothing(light_world: Any) -> None:
    worked(light_world)
    decide(light_world, exclude, "never looks")

    class Strict:
        def __getattr__(self, name: str) -> Any:
            return getattr(light_world.crowd, name)

        def qualify(self, *_: Any) -> None:
            raise CrowdRefused("AWS.MechanicalTurk.WorkerDoesNotExist", "the account is gone")

    light_world.tick(Strict())
    (refused,) = light_world.rows(Outbox, Outbox.action == "qualify")
    assert (refused.state, refused.reply["message"]) == ("refused", "The crowd refuses: the account is gone")
