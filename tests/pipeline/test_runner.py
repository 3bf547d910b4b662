"""The round: it rests when nothing moves, ends when all is settled, asks no more for more images."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from pipeline import runner
from pipeline.states import State
from pipeline.store.models import Candidate

CAT, MUG = "n02123045", "n03063599"
FEW, MANY = 12, 48


@contextmanager
def counted(world: Any) -> Iterator[list[str]]:
    """Collect the statements that go to the database."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(world.store.engine, "before_cursor_execute", note)
    yield statements
    event.remove(world.store.engine, "before_cursor_execute", note)


BIG = {"assignments", "boxes", "candidates", "events", "hits", "lease_items", "leases", "pairs", "votes"}


@pytest.mark.parametrize("state", [State.COLLECTED, State.BOXED])
@pytest.mark.parametrize("early", ["true", "false"])
def test_no_statement_of_a_round_walks_a_table_that_grows(
    make_world: Any, new_sqlite: Any, early: str, state: State
) -> None:
    """Counts may walk an index that holds all they need; nothing goes through the rows themselves."""
    world = make_world(new_sqlite(), f"dedup.before_labelling={early}")
    world.add(4, state=state, wanted=int(state is State.COLLECTED))
    for _ in range(2):
        world.tick()
        world.work()
    scans = set()
    with counted(world) as statements:
        for stage in runner.STAGES.values():
            stage(world.tools)
        world.crowd_tools().requester.plan(0)
        runner.standing(world.tools)
    with world.store.engine.connect() as connection:
        for statement in statements:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                unknown = [None] * statement.count("?")
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(unknown)):
                    scans |= {(row.detail, statement) for table in BIG if row.detail == f"SCAN {table}"}
    assert not scans


def statements_of_a_round(world: Any) -> dict[str, int]:
    """Count the statements of each stage, of tickets and of taking in, in one round."""
    counts = {}
    for name, stage in runner.STAGES.items():
        with counted(world) as statements:
            stage(world.tools)
        counts[name] = len(statements)
    requester = world.crowd_tools().requester
    with counted(world) as statements:
        requester.plan(0)
    counts["tickets"] = len(statements)
    return counts


def prepared(make_world: Any, url: str, images: int, state: State) -> Any:
    """Many images in one state, their work all handed in and fetched but not yet looked at."""
    world = make_world(url, "label.policy=majority:1", "boxes.instances=1")
    world.add(images, state=State.ACCEPTED if state is not State.COLLECTED else state)
    kinds = {
        "draw_box": {"box": [1, 1, 20, 20]},
        "check_box": {"good": True},
        "check_coverage": {"covered": True},
    }
    for _ in range(60):
        if world.states() == {state: images}:
            break
        world.tick()
        world.work(lambda kind, *_: "no" if kind == "label_images" else kinds[kind])
    world.tick()
    world.work(lambda kind, *_: "no" if kind == "label_images" else kinds[kind])
    world.crowd_tools().requester.fetch(1000)
    return world


@pytest.mark.parametrize("state", [State.COLLECTED, State.ACCEPTED])
def test_statements_of_a_round_do_not_grow_with_the_number_of_images(
    make_world: Any, new_sqlite: Any, state: State
) -> None:
    few, many = (
        statements_of_a_round(prepared(make_world, new_sqlite(), images, state)) for images in (FEW, MANY)
    )
    assert set(few) == set(many)
    for name in few:
        assert many[name] <= few[name] + 2, (name, few[name], many[name])
    assert max(many.values()) < 60


def test_a_run_ends_when_all_is_settled(world: Any) -> None:
    world.set("crowd", poll_seconds=0.0)
    world.add(4)
    world.add(3, MUG)
    ticks = []
    for tick in runner.run(world.tools, world.crowd_tools(), lambda _: None):
        ticks.append(tick)
        world.work(
            lambda kind, one, _: ("yes" if one % 2 else "no") if kind == "label_images" else GOOD[kind]
        )
    assert world.states() == {"boxed": 4, "rejected": 3}
    assert ticks[-1].still
    assert not ticks[0].still
    assert not world.crowd.open_hits()
    assert {row.pending for row in world.rows(Candidate)} == {0}


GOOD = {
    "draw_box": {"box": [1, 1, 20, 20]},
    "check_box": {"good": True},
    "check_coverage": {"covered": True},
    "check_duplicate": "different",
}


def test_an_empty_run_is_complete_at_once(light_world: Any) -> None:
    ticks = list(runner.run(light_world.tools, light_world.crowd_tools(), lambda _: None))
    assert [tick.still for tick in ticks] in ([True], [False, True])


def test_a_run_waits_for_workers_as_long_as_the_settings_say(light_world: Any) -> None:
    light_world.add(1)
    pauses: list[float] = []

    class Enough(Exception):
        pass

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise Enough

    with pytest.raises(Enough):
        list(runner.run(light_world.tools, light_world.crowd_tools(), pause))
    assert pauses == [5.0]
