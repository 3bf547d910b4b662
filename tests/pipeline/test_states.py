"""The table of states, read as a map."""

from pipeline.hits.kinds import KINDS
from pipeline.states import MOVES, RELEASABLE, SETTLED, WORK, State


def reachable(start: State) -> set[State]:
    seen = {start}
    while more := {after for before, after in MOVES if before in seen} - seen:
        seen |= more
    return seen


def test_every_state_can_be_reached_from_the_first() -> None:
    assert reachable(State.FOUND) == set(State)


def test_every_state_leads_to_a_settled_one() -> None:
    assert all(reachable(state) & SETTLED for state in State)


def test_what_can_be_released_is_settled() -> None:
    assert RELEASABLE < SETTLED


def test_nothing_waits_for_workers_in_a_settled_state() -> None:
    assert not SETTLED & set(WORK.values())
    assert set(WORK) == set(KINDS) - {"check_duplicate", "entry_test"}


def test_ends_are_ends() -> None:
    ends = set(State) - {before for before, _ in MOVES}
    assert ends == {State.REFUSED, State.BORROWED}
