"""What is asked of many candidates at once is asked in parts."""

from typing import Any

from pipeline.store import duplicates


def test_facts_of_many_candidates_come_whole_and_in_order(light_world: Any, few_values: Any) -> None:
    ids = light_world.add(45)
    with few_values(light_world.store), light_world.store.reading() as session:
        assert list(duplicates.facts(session, set(ids))) == ids
