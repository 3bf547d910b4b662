"""Boxes that go out."""

from typing import Any

from pipeline.store import released
from pipeline.store.models import Box


def test_boxes_of_many_candidates_come_whole_and_in_order(light_world: Any, few_values: Any) -> None:
    ids = light_world.add(45)
    more = {"drawer": "W", "checker": None, "reason": None, "drawn_at": light_world.clock()}
    with light_world.store.writing() as session:
        for one in ids:
            for xmin, state in ((8, "accepted"), (2, "accepted"), (1, "rejected")):
                box = {"candidate_id": one, "xmin": xmin, "ymin": 0, "xmax": 9, "ymax": 9, "state": state}
                session.add(Box(**box, **more))
    with few_values(light_world.store), light_world.store.reading() as session:
        found = released.boxes_by_candidate(session, ids)
    assert found == {one: [(2, 0, 9, 9), (8, 0, 9, 9)] for one in ids}
