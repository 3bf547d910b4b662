"""Progress is told each second, so it is counted by the database."""

from typing import Any

from pipeline import progress_figures
from pipeline.collection.searches import REFUSED
from pipeline.store import journal


def test_few_rows_are_read_however_many_entries_were_refused(light_world: Any, rows_read: Any) -> None:
    store = light_world.store
    refusal = journal.event("source", "list", REFUSED, {"reason": "scheme"}, light_world.clock())
    with store.writing() as session:
        journal.record(session, [refusal] * 50)
    with rows_read(store) as found, store.reading() as session:
        progress_figures.read(session, 0)
    assert max(found) < 10
