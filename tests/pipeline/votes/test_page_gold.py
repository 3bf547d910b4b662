"""Gold on pages: other gold for other workers, none twice, and nowhere in particular."""

import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, update

from pipeline.store.models import Candidate, LeaseItem
from pipeline.votes.page_gold import examples

CAT = "n02123045"


@pytest.fixture
def golden(world: Any) -> Any:
    """A synset with gold of either truth, for a few pages."""
    ids = world.add(240)
    with world.store.writing() as session:
        for truth, these in ((1, ids[:16]), (0, ids[16:32])):
            session.execute(update(Candidate).where(Candidate.id.in_(these)).values(gold=truth))
    world.tick()
    return world


def label_hit(world: Any) -> Any:
    return next(hit for hit in world.crowd.open_hits() if hit.task == ("label_images", CAT))


def pages(world: Any, worker: str, number: int) -> list[set[int]]:
    """Open pages for a worker and leave them; give the gold on each."""
    found = []
    for _ in range(number):
        hit = label_hit(world)
        world.ask(hit, worker)
        world.crowd.give_back(hit)
        newest = max(item.lease_id for item in world.rows(LeaseItem))
        found.append(
            {item.subject for item in world.rows(LeaseItem, LeaseItem.lease_id == newest) if item.gold}
        )
    return found


def test_a_page_holds_three_of_either_truth(golden: Any) -> None:
    truths = {row.id: row.gold for row in golden.rows(Candidate)}
    (gold,) = pages(golden, "WORKER", 1)
    assert Counter(truths[one] for one in gold) == {0: 3, 1: 3}


def test_no_gold_comes_twice_to_a_worker_not_even_from_a_page_they_left(golden: Any) -> None:
    found = pages(golden, "WORKER", 6)
    assert sum(map(len, found)) == len(set().union(*found)) == 32 - 6
    with golden.store.reading() as session:
        shown = examples(session, CAT)
    assert not {*shown.good, *shown.bad} & set().union(*found)


def test_workers_do_not_all_get_the_same(golden: Any) -> None:
    firsts = [frozenset(pages(golden, f"WORKER{n}", 1)[0]) for n in range(8)]
    assert len(set(firsts)) >= 7


def test_what_was_answered_least_comes_first(golden: Any) -> None:
    with golden.store.writing() as session:
        fresh = set(golden.scalars(_gold(CAT)))
        session.execute(update(Candidate).where(Candidate.id.in_(sorted(fresh)[::2])).values(yes=3))
    answered = set(sorted(fresh)[::2])
    assert not answered & pages(golden, "WORKER", 1)[0]


def _gold(wnid: str) -> Any:
    return select(Candidate.id).where(Candidate.wnid == wnid, Candidate.gold.is_not(None))


def test_gold_stands_anywhere_on_the_page(golden: Any) -> None:
    for n in range(30):
        pages(golden, f"WORKER{n}", 1)
    places = Counter(item.position // 12 for item in golden.rows(LeaseItem, LeaseItem.gold))
    assert sum(places.values()) == 180
    assert all(25 <= places[quarter] <= 70 for quarter in range(4))


def test_votes_on_gold_decide_nothing(golden: Any) -> None:
    hit = label_hit(golden)
    question = golden.ask(hit, "WORKER")
    golden.crowd.submit(hit, json.dumps(golden.answers(question, "WORKER", lambda *_: "unsure")))
    golden.tick()
    gold = golden.rows(Candidate, Candidate.gold.is_not(None))
    assert {(row.gold, row.state) for row in gold} == {(1, "accepted"), (0, "rejected")}
