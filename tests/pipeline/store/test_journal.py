"""The one door for a change of state."""

from typing import Any

import pytest

from pipeline.errors import StaleState
from pipeline.states import MOVES, State
from pipeline.store.journal import Move, advance
from pipeline.store.models import Candidate, Event

FOUND, COLLECTED, ACCEPTED, BOXED = State.FOUND, State.COLLECTED, State.ACCEPTED, State.BOXED


def test_a_move_and_its_event_are_written_together(world: Any) -> None:
    ids = world.add(3)
    moves = [Move(one, COLLECTED, ACCEPTED, "voted", {"yes": one}, {"wanted": 1, "yes": one}) for one in ids]
    with world.store.writing() as session:
        assert advance(session, moves, world.clock()) == 3
    assert [(row.state, row.wanted, row.yes) for row in world.rows(Candidate)] == [
        ("accepted", 1, one) for one in ids
    ]
    assert [(e.subject, e.before, e.after, e.data, e.at) for e in world.events("voted")] == [
        (str(one), "collected", "accepted", {"yes": one}, world.clock()) for one in ids
    ]


def test_a_stale_move_takes_all_others_back(world: Any) -> None:
    fresh, stale = world.add(2)
    moves = [
        Move(fresh, COLLECTED, ACCEPTED, "voted"),
        Move(stale, ACCEPTED, State.DRAWN, "drawn"),
    ]
    late = pytest.raises(StaleState, match="1 of 1 candidates were no longer accepted")
    with late, world.store.writing() as session:
        advance(session, moves, world.clock())
    assert world.states() == {"collected": 2}
    assert world.rows(Event, Event.kind == "candidate") == []


def test_one_candidate_cannot_move_twice_at_once(world: Any) -> None:
    (one,) = world.add(1)
    twice = [Move(one, COLLECTED, State.REJECTED, "voted"), Move(one, COLLECTED, ACCEPTED, "voted")]
    with pytest.raises(StaleState), world.store.writing() as session:
        advance(session, twice, world.clock())
    assert world.states() == {"collected": 1}


@pytest.mark.parametrize("before", State)
def test_moves_that_are_not_listed_are_refused(light_world: Any, before: State) -> None:
    with light_world.store.writing() as session:
        for after in set(State) - {after for start, after in MOVES if start is before}:
            with pytest.raises(ValueError, match="candidates never go from"):
                advance(session, [Move(1, before, after, "x")], light_world.clock())


def test_no_moves_are_no_statements(light_world: Any) -> None:
    with light_world.store.writing() as session:
        assert advance(session, [], light_world.clock()) == 0
    assert light_world.count(Event) == 0
