"""How long workers have come in vain: the rule by its definition, and the row that remembers it."""

from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.desk.refusals import forget, refuse_again, turn_away, waited
from pipeline.store.models import TurnedAway
from tests.pipeline.crowd_in_memory import START

Refusal = tuple[int, frozenset[int]]
"""Hours since the last one, and what waited."""

WAITING = st.frozensets(st.integers(1, 4), min_size=1)
REFUSALS = st.lists(st.tuples(st.integers(0, 60), WAITING), min_size=1, max_size=12)


def remembered(refusals: list[Refusal]) -> TurnedAway:
    now, items = START, refusals[0][1]
    row = TurnedAway(since=now, at=now, silence=0.0, items=sorted(items))
    for hours, waiting in refusals[1:]:
        now += timedelta(hours=hours)
        refuse_again(row, waiting, now)
    return row


@given(REFUSALS)
def test_what_counts_is_the_time_since_something_new_waited_but_for_the_longest_silence(
    refusals: list[Refusal],
) -> None:
    times = list(accumulate(hours for hours, _ in [(0, None), *refusals[1:]]))
    pairs = enumerate(pairwise(waiting for _, waiting in refusals), start=1)
    first = max((n for n, (before, after) in pairs if after - before), default=0)
    silence = max((after - before for before, after in pairwise(times[first:])), default=0)
    row = remembered(refusals)
    assert waited(row) == timedelta(hours=times[-1] - times[first] - silence)
    assert row.items == sorted(refusals[-1][1])


@given(WAITING, st.integers(0, 1000))
def test_two_refusals_never_suffice_as_all_but_two_may_have_been_asleep(
    waiting: frozenset[int], hours: int
) -> None:
    assert waited(remembered([(0, waiting), (hours, waiting)])) == timedelta(0)


@given(st.lists(st.integers(1, 100), min_size=26))
def test_where_workers_go_on_coming_the_wait_has_an_end(gaps: list[int]) -> None:
    assert waited(
        remembered([(0, frozenset({1})), *((hours, frozenset({1})) for hours in gaps)])
    ) >= timedelta(hours=len(gaps) - 1)


def test_refusals_are_remembered_by_kind_and_synset_until_they_are_forgotten(world: Any) -> None:
    with world.store.writing() as session:
        for hours in range(4):
            turn_away(session, "draw_box", "n1", {1, 2}, START + timedelta(hours=hours))
        turn_away(session, "check_box", "n1", {1}, START)
        turn_away(session, "draw_box", "n2", {3}, START)
    rows = {(row.kind, row.wnid): (row.items, waited(row)) for row in world.rows(TurnedAway)}
    assert rows == {
        ("check_box", "n1"): ([1], timedelta(0)),
        ("draw_box", "n1"): ([1, 2], timedelta(hours=2)),
        ("draw_box", "n2"): ([3], timedelta(0)),
    }
    with world.store.writing() as session:
        forget(session, "draw_box", "n1")
    assert [(row.kind, row.wnid) for row in world.rows(TurnedAway)] == [
        ("check_box", "n1"),
        ("draw_box", "n2"),
    ]
