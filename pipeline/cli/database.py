"""synsetter database: the state database's tables."""

from __future__ import annotations

import click

from pipeline.cli.program import settings_of
from pipeline.store.engine import StateStore


@click.group()
def database() -> None:
    """Create, upgrade and check the state database."""


@database.command()
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database up to this program's revision, from whatever it is at, empty included."""
    store = StateStore(settings_of(ctx).database.url)
    store.upgrade()
    click.echo(f"{store.name} is up to date.")
