"""Alembic's environment: runs on the connection that `schema.upgrade` hands it."""

from typing import Any, Literal

from alembic import context

from crowd_server.store import schema
from crowd_server.store.models.table import Table, Time

schema.load()


def _render_time(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    # A revision stands for itself: it must not change when the tables' own types do.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Time) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    render_item=_render_time,
    include_object=context.config.attributes.get("include_object"),
)
with context.begin_transaction():
    context.run_migrations()
