"""Routing: a worker is asked where their vote is worth most, and nobody waits for what another holds."""

import json
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update

from pipeline.desk.routing import route, worth_for
from pipeline.store.leases import Busy, due
from pipeline.store.models import Candidate, LeaseItem, VoteModel
from pipeline.votes.vote_models import VoteModels

CAT = "n02123045"


def contrary(_: str, one: int, who: str) -> str:
    return "no" if one % 5 == (who == "A") else "yes"


@pytest.fixture
def voted(make_world: Any, database_url: str) -> Any:
    """Ninety images, on some of which workers have contradicted each other."""
    world = make_world(database_url, "label.policy=weighted", "label.accept=0.999", "label.reject=0.001")
    world.add(90)
    world.tick()
    for who in ("A", "B", "A"):
        hit = next(hit for hit in world.crowd.open_hits() if hit.task == ("label_images", CAT))
        world.crowd.submit(hit, json.dumps(world.answers(world.ask(hit, who), who, contrary)))
        world.tick()
    assert world.count(VoteModel) > 1
    return world


def test_a_page_holds_what_is_worth_most_for_its_worker(voted: Any) -> None:
    with voted.store.reading() as session:
        learnt = VoteModels().of_synset(session, CAT)
        free = due("label_images", CAT).where(Candidate.wanted > Candidate.pending)
        ids = [row.id for row in session.execute(free)]
        routed = [row.id for row in route(session, free, learnt, "C", 20, np.random.default_rng(1))]
        worth = dict(zip(ids, worth_for(session, learnt, ids, "C").tolist(), strict=True))
    assert len(routed) == 20
    left = set(ids) - set(routed)
    assert min(worth[one] for one in routed) >= max(worth[one] for one in left)


def test_pages_are_mixed_where_nothing_is_known(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite())
    world.add(200)
    with world.store.reading() as session:
        free = due("label_images", CAT)
        pages = [
            {row.id for row in route(session, free, None, "W", 48, np.random.default_rng(seed))}
            for seed in range(8)
        ]
    shared = [len(one & other) for n, one in enumerate(pages) for other in pages[:n]]
    assert max(shared) < 40
    assert len(set().union(*pages)) > 150


def test_rows_that_another_holds_are_left_to_them(make_world: Any, new_postgres: Any) -> None:
    world = make_world(new_postgres())
    ids = world.add(10)
    free = due("label_images", CAT)
    with world.store.writing() as one, world.store.writing() as other:
        held = one.scalars(select(Candidate.id).where(Candidate.id.in_(ids[:7])).with_for_update()).all()
        got = {row.id for row in route(other, free, None, "W", 5, np.random.default_rng(0))}
        assert got == set(ids) - set(held)
        one.scalars(select(Candidate.id).where(Candidate.id.in_(ids[:7])).with_for_update()).all()
        with pytest.raises(Busy):
            route(other, free.where(Candidate.id.in_(ids[:7])), None, "W", 5, np.random.default_rng(0))


def test_the_window_goes_round(light_world: Any) -> None:
    ids = light_world.add(30)
    with light_world.store.writing() as session:
        session.execute(update(Candidate).values(shuffle=-(2**62) + Candidate.id))
    with light_world.store.reading() as session:
        for seed in range(6):
            rows = route(session, due("label_images", CAT), None, "W", 30, np.random.default_rng(seed))
            assert {row.id for row in rows} == set(ids)


def test_the_order_on_the_page_tells_nothing_of_worth(voted: Any) -> None:
    hit = next(hit for hit in voted.crowd.open_hits() if hit.task == ("label_images", CAT))
    voted.ask(hit, "C")
    items = voted.rows(LeaseItem, LeaseItem.worker_id == "C")
    keys = [voted.tools.desk.names.item(items[0].lease_id, item.subject) for item in items]
    assert keys == sorted(keys)
