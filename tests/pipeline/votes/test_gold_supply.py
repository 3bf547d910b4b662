"""How much gold there is and needs to be; what its lack does to limits, and who is told."""

from typing import Any

import pytest
from sqlalchemy import update

from pipeline.store.models import Candidate, VoteModel
from pipeline.votes.gold_supply import pages_left, supplies, warnings

CAT, MUG = "n02123045", "n03063599"


def known(world: Any, good: int, bad: int, images: int = 60) -> Any:
    """A synset with so many images, some of them gold."""
    ids = world.add(images)
    with world.store.writing() as session:
        for truth, these in ((1, ids[:good]), (0, ids[good : good + bad])):
            session.execute(update(Candidate).where(Candidate.id.in_(these)).values(gold=truth))
    return world


def test_what_is_needed_goes_with_the_images_and_one_truth_does_not_stand_for_the_other(world: Any) -> None:
    known(world, 20, 2)
    with world.store.reading() as session:
        supply = supplies(session)[CAT]
    assert (supply.images, supply.good, supply.bad, supply.needed) == (60, 20, 2, 6)
    assert (supply.held, supply.enough, supply.lacking(0), supply.lacking(1)) == (8, 12, 4, 0)


def test_pages_last_as_long_as_the_scarcer_truth(world: Any) -> None:
    known(world, 20, 8, images=200)
    world.tick()
    hits = [hit for hit in world.crowd.open_hits() if hit.task == ("label_images", CAT)]
    for hit in hits[:2]:
        world.ask(hit, "WORKER")
    world.ask(hits[2], "OTHER")
    with world.store.reading() as session:
        left = pages_left(session, supplies(session)[CAT])
    assert (left.new_worker, left.workers, left.run_out) == (2, 2, 1)


@pytest.mark.parametrize(
    ("good", "bad", "accept"), [(0, 0, 0.975), (6, 0, 0.9625), (6, 6, 0.95), (30, 2, 0.9583)]
)
def test_limits_are_stricter_where_gold_is_short(
    make_world: Any, new_sqlite: Any, good: int, bad: int, accept: float
) -> None:
    world = known(make_world(new_sqlite(), "label.policy=weighted"), good, bad)
    world.tick()
    (model,) = world.rows(VoteModel)
    limits = dict(zip(model.document["synsets"], model.document["limits"], strict=True))
    assert limits[CAT][0] == pytest.approx(accept, abs=1e-4)
    assert limits[CAT][1] == pytest.approx(1 - accept, abs=1e-4)


def test_a_policy_that_needs_no_gold_is_no_stricter_without(light_world: Any) -> None:
    light_world.add(3)
    light_world.tick()
    (model,) = light_world.rows(VoteModel)
    assert model.document["limits"] == model.document["asked"]


def test_the_report_warns_of_missing_gold(light_world: Any) -> None:
    known(light_world, 6, 5)
    with light_world.store.reading() as session:
        found = warnings(session)
    assert [text[:8] for text in found] == ["Labelled", "Gold ran"]
    assert [text.rpartition(": ")[2] for text in found] == [
        f"1 of 2 synsets, {MUG}.",
        f"1 of 2 synsets, {CAT}.",
    ]
    assert all("limits are stricter" in text for text in found)
