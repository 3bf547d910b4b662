"""synsetter database: the state database's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pipeline import verification
from pipeline.bootstrap import open_store
from pipeline.cli.program import settings_of
from pipeline.errors import SynsetterError, UserError
from pipeline.settings import Settings
from pipeline.store.engine import StateStore
from pipeline.verification import Difference

SHOWN = 5


@click.group()
def database() -> None:
    """Create, upgrade, check and copy the state database."""


@database.command()
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database up to this program's revision, from whatever it is at, empty included."""
    store = StateStore(settings_of(ctx).database.url)
    store.upgrade()
    click.echo(f"{store.name} is up to date.")


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Print every difference as JSON, one a line.")
@click.pass_obj
def verify(settings: Settings, as_json: bool) -> None:
    """Rebuild every derived value from raw votes, leases, events and replies, and compare.

    It changes nothing. If anything differs, it says what, and exits with 1.

    \b
    synsetter database verify
    """
    with open_store(settings).reading() as session:
        found = verification.verify(session)
    if as_json:
        for one in (one for differences in found.values() for one in differences):
            click.echo(json.dumps(asdict(one)))
    else:
        _tell(found)
    if wrong := sum(map(len, found.values())):
        raise SynsetterError(
            f"{wrong:,} derived values differ from their sources. Keep a copy of the database (synsetter "
            "database backup FILE) and report this: a program error is the likely cause."
        )


def _tell(found: Mapping[str, Sequence[Difference]]) -> None:
    for check, differences in found.items():
        click.echo(f"{'ok     ' if not differences else 'DIFFERS'}  {check}")
        for one in differences[:SHOWN]:
            click.echo(f"           {one.subject}: holds {one.stored}, should hold {one.rebuilt}")
        if len(differences) > SHOWN:
            click.echo(f"           and {len(differences) - SHOWN:,} more; --json lists all")


@database.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Copy a SQLite database to FILE, whole and consistent, even while the pipeline is running.

    \b
    synsetter database backup synsetter-2026-03-01.sqlite
    """
    store = open_store(settings)
    if not store.is_sqlite:
        raise UserError(f"{store.name} is no SQLite database. Use PostgreSQL's own pg_dump.")
    if file.exists():
        raise UserError(f"{file} exists. Name a file that does not.")
    if not file.absolute().parent.is_dir():
        raise UserError(f"There is no folder {file.absolute().parent}.")
    store.back_up(file)
    click.echo(f"{store.name} is copied to {file}: {file.stat().st_size:,} bytes.")
