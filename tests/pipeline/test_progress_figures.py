"""Progress is told each second, so it is counted by the database."""

from typing import Any

from sqlalchemy import event

from pipeline import progress_figures
from pipeline.collection.searches import REFUSED
from pipeline.store import journal


def rows_read(world: Any) -> int:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(world.store.engine, "before_cursor_execute", note)
    with world.store.reading() as session:
        progress_figures.read(session, 0)
    event.remove(world.store.engine, "before_cursor_execute", note)
    with world.store.reading() as session:
        again = [session.connection().exec_driver_sql(*one) for one in asked if one[0].startswith("SELECT")]
        return sum(len(rows.all()) for rows in again)


def test_few_rows_are_read_however_many_entries_were_refused(light_world: Any) -> None:
    before = rows_read(light_world)
    refusal = journal.event("source", "list", REFUSED, {"reason": "scheme"}, light_world.clock())
    with light_world.store.writing() as session:
        journal.record(session, [refusal] * 50)
    assert rows_read(light_world) == before
