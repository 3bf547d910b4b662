"""The database's schema: brought up to date by Alembic, from empty or from any earlier revision."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from crowd_server.store.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

TABLES = ("accounts", "hits", "money", "post", "qualifications", "record")
LOCK = 7_263_915


def load() -> None:
    """Import every table, so that the metadata is complete."""
    for name in TABLES:
        importlib.import_module(f"crowd_server.store.models.{name}")


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision; safe when several servers start at once."""
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        upgrade_within(connection, revision)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision in a transaction that is open, and stays so."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    command.upgrade(config(connection), revision)


def config(connection: Connection) -> Config:
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    settings.attributes["connection"] = connection
    return settings
