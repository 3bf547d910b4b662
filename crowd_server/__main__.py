"""The command `synsetter-crowd`: serve, and do on the database what no web page should."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from crowd_server import house
from crowd_server.clock import FileClock, real_time
from crowd_server.faults import KINDS, Faults, read_faults
from crowd_server.people import accounts, membership
from crowd_server.store import backup, schema
from crowd_server.store.engine import Database


def _reachable(_context: click.Context, _option: click.Parameter, url: str) -> str:
    """A database that answers, or a word on what is wrong with its address."""
    try:
        database = Database(url)
        database.engine.connect().close()
        database.close()
    except (SQLAlchemyError, ImportError) as error:
        raise click.BadParameter(f"{url} cannot be opened: {str(error).splitlines()[0]}") from error
    return url


database_option = click.option(
    "--database",
    "database_url",
    envvar="SYNSETTER_CROWD_DATABASE",
    default="sqlite:///crowd.sqlite3",
    show_default=True,
    callback=_reachable,
    help="sqlite:///PATH or postgresql://...",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A marketplace for human intelligence tasks that speaks Mechanical Turk's API."""


def _faults(_context: click.Context, _option: click.Parameter, text: str) -> Faults:
    try:
        return read_faults(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@main.command()
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option("--port", default=8765, show_default=True)
@click.option("--public-url", help="The address that browsers use when a proxy stands in front.")
@click.option("--workers", default=2, show_default=True, help="Processes, of 8 threads each.")
@click.option(
    "--clock-file", type=click.Path(path_type=Path), help="Tests: a file with seconds to add to the time."
)
@click.option("--faults", default="", callback=_faults, help=f"Tests: KIND:CHANCE,... of {', '.join(KINDS)}.")
@click.option(
    "--demo", "with_demo", is_flag=True, help="Fill an empty database with example HITs and accounts."
)
def serve(database_url: str, clock_file: Path | None, with_demo: bool, **settings: Any) -> None:
    """Serve the API and the sites. The database is upgraded first."""
    if with_demo:
        _furnish(database_url)
    # The metrics library looks for this folder when it is imported, to add up all processes' figures.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="crowd-metrics-")
    from crowd_server import serving

    clock = FileClock(clock_file) if clock_file else real_time
    serving.serve(database_url, clock, **settings)


def _furnish(database_url: str) -> None:
    from crowd_server import demo

    with _open(database_url).writing() as session:
        guest = demo.furnish(session, real_time())
    if guest:
        click.echo(f"Sign in as {guest.worker_email} or {guest.operator_email}, password {guest.password}")


@main.group()
def database() -> None:
    """The database."""


@database.command()
@database_option
def upgrade(database_url: str) -> None:
    """Bring the schema up to date."""
    schema.upgrade(Database(database_url))


@database.command("backup")
@database_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def back_up(database_url: str, file: Path) -> None:
    """Write everything to FILE (gzipped lines of JSON) while the server goes on working. It holds secrets."""
    click.echo(f"{backup.back_up(Database(database_url), file)} rows in {file}")


@database.command()
@database_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(database_url: str, file: Path) -> None:
    """Fill a new, empty database from a backup, of SQLite or PostgreSQL."""
    try:
        click.echo(f"{backup.restore(Database(database_url), file)} rows restored")
    except (backup.BackupError, EOFError, OSError, ValueError) as error:
        raise click.ClickException(f"{file} was not restored: {error}") from error


def _open(database_url: str) -> Database:
    opened = Database(database_url)
    schema.upgrade(opened)
    return opened


@main.group()
def requesters() -> None:
    """Requesters and their keys."""


@requesters.command("add")
@click.argument("name")
@click.option(
    "--balance-cents", type=click.IntRange(min=0), default=0, show_default=True, help="First deposit."
)
@database_option
@json_option
def add_requester(name: str, balance_cents: int, database_url: str, as_json: bool) -> None:
    """Make a requester and print the key pair; the secret is shown this once."""
    with _open(database_url).writing() as session:
        key = accounts.add_requester(session, name, balance_cents, real_time())
        made = {
            "access_key": key.access_key,
            "secret_key": key.secret_key,
            "requester_id": key.requester_id,
        }
    click.echo(json.dumps(made) if as_json else "\n".join(f"{name}: {value}" for name, value in made.items()))


@main.group()
def workers() -> None:
    """Workers' accounts."""


@workers.command("add")
@click.option("--count", type=click.IntRange(1, 100_000), default=1, show_default=True)
@click.option("--country", help="Two letters, e.g. US.")
@database_option
@json_option
def add_workers(count: int, country: str | None, database_url: str, as_json: bool) -> None:
    """Make workers' accounts with one password between them, for demonstrations and rehearsals."""
    password = accounts.random_password()
    hashed = accounts.HASHER.hash(password)
    with _open(database_url).writing() as session:
        stem = accounts.random_password()[:6]
        made = [
            accounts.add_worker(
                session,
                f"worker-{stem}-{number}@example.org",
                password,
                real_time(),
                country=country,
                password_hash=hashed,
            )
            for number in range(1, count + 1)
        ]
        rows = [
            {"worker_id": worker.worker_id, "email": worker.email, "password": password} for worker in made
        ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        for row in rows:
            click.echo("\t".join(str(value) for value in row.values()))


@main.group()
def operators() -> None:
    """Those who may use the operator's pages."""


@operators.command("add")
@click.argument("email")
@click.password_option(envvar="SYNSETTER_CROWD_PASSWORD", help="Asked for, or taken from the environment.")
@database_option
def add_operator(email: str, password: str, database_url: str) -> None:
    """Make an operator's account."""
    try:
        with _open(database_url).writing() as session:
            accounts.add_operator(session, email, password, real_time())
    except (accounts.AccountError, IntegrityError) as error:
        raise click.ClickException(f"{email} was not added: {error}") from error


@main.group()
def invitations() -> None:
    """Invitations to sign up as a worker."""


@invitations.command("add")
@click.option("--uses", default=1, show_default=True, help="How many may sign up with it.")
@click.option("--note", default="", help="What it is for.")
@database_option
def add_invitation(uses: int, note: str, database_url: str) -> None:
    """Make an invitation and print its code; the link is /signup?code=CODE."""
    with _open(database_url).writing() as session:
        click.echo(membership.invite(session, real_time(), uses, note).code)


@main.group()
def settings() -> None:
    """Settings of the house, kept in the database."""


@settings.command("show")
@database_option
def show_settings(database_url: str) -> None:
    """Print all settings."""
    with _open(database_url).reading() as session:
        for name in house.DEFAULTS:
            click.echo(f"{name} = {house.setting(session, name)}")


@settings.command("set")
@click.argument("name", type=click.Choice(list(house.DEFAULTS)))
@click.argument("value")
@database_option
def set_setting(name: str, value: str, database_url: str) -> None:
    """Change a setting, e.g. `settings set fee_percent 20`."""
    try:
        with _open(database_url).writing() as session:
            house.put_setting(session, name, value)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
