"""Arrivals: every candidate is taken in once, a synset's together, in an order that no timing changes."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collection import arrivals
from pipeline.collection.arrivals import Arrivals
from pipeline.collection.examination import Outcome, Unusable
from pipeline.ports import Fetched


class Waiting(NamedTuple):
    id: int
    wnid: str
    fetch_url: str


def waiting(wnids: list[str], urls: int) -> list[Waiting]:
    return [Waiting(row, wnid, f"file:///{row % urls}") for row, wnid in enumerate(wnids)]


def outcome(url: str) -> Outcome:
    return Fetched(url, url), Unusable("broken", url)


@pytest.fixture(autouse=True, scope="module")
def _small_parts() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrivals, "PART", 4)
        yield


ROUNDS = st.builds(waiting, st.lists(st.sampled_from("abc"), max_size=20), st.integers(1, 20))


@given(ROUNDS, st.randoms(), st.integers(1, 5))
def test_parts_are_the_same_whatever_comes_first(rows: list[Waiting], dice: object, at_once: int) -> None:
    in_order, shuffled = Arrivals(), Arrivals()
    urls = in_order.expect(rows)
    assert shuffled.expect(rows) == urls
    mixed = list(urls)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    wanted = [part for url in urls for part in in_order.add([outcome(url)])]
    batches = [mixed[start : start + at_once] for start in range(0, len(mixed), at_once)]
    assert [part for some in batches for part in shuffled.add(map(outcome, some))] == wanted
    assert sorted(row for part in wanted for row in part) == rows
    assert list(in_order.rest()) == []
    for wnid in {row.wnid for row in rows}:
        assert sum(any(row.wnid == wnid for row in part) for part in wanted) == 1


@given(ROUNDS, st.sets(st.integers(0, 19)))
def test_what_is_never_heard_of_is_left_out(rows: list[Waiting], lost: set[int]) -> None:
    some = Arrivals()
    came = [url for url in some.expect(rows) if int(url.rpartition("/")[2]) not in lost]
    parts = [*some.add(map(outcome, came)), *some.rest()]
    taken = [row for part in parts for row in part]
    assert sorted(taken) == [row for row in rows if row.fetch_url in came]
    assert all(parts)


@given(st.lists(ROUNDS, max_size=4), st.randoms())
def test_what_follows_is_asked_for_once_and_forgotten_once_taken_in(
    rounds: list[list[Waiting]], dice: object
) -> None:
    some, under_way, taken = Arrivals(), list[str](), list[Waiting]()

    def take(count: int) -> None:
        for _ in range(count):
            part_of = some.add([outcome(under_way.pop(0))])
            for part in part_of:
                assert all(row.fetch_url in some.outcomes for row in part)
                taken.extend(part)

    for rows in rounds:
        asked = some.expect(rows)
        assert not set(asked) & set(under_way)
        under_way += asked
        take(dice.randint(0, len(under_way)))  # type: ignore[attr-defined]
    take(len(under_way))
    assert sorted(taken) == sorted(row for rows in rounds for row in rows)
    assert not some.outcomes
