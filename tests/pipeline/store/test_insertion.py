"""Rows that may be there already."""

from typing import Any

from pipeline.store.insertion import insert_new
from pipeline.store.models import Fact


def test_only_new_rows_are_inserted_and_counted(world: Any) -> None:
    with world.store.writing() as session:
        assert insert_new(session, Fact, [{"name": "a", "value": "1"}], ("name",)) == 1
        rows = [{"name": name, "value": "2"} for name in ("a", "b", "c", "b")]
        assert insert_new(session, Fact, rows, ("name",)) == 2
        assert insert_new(session, Fact, [], ("name",)) == 0
    assert [(row.name, row.value) for row in world.rows(Fact)] == [("a", "1"), ("b", "2"), ("c", "2")]
