"""The program: options that every command shares, and the nouns, each loaded only when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click

from pipeline import settings as knobs
from pipeline.settings import Layer, Settings

NOUNS = (
    "status",
    "synsets",
    "run",
    "hits",
    "workers",
    "gold",
    "release",
    "database",
    "rehearse",
    "serve",
    "audit",
    "replay",
    "duplicates",
    "demo",
)


class Nouns(click.Group):
    """Finds the command `noun` in `pipeline.cli.noun`, so that starting costs only what is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the nouns in the order of a run."""
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one noun."""
        if cmd_name not in NOUNS:
            return None
        command = getattr(import_module(f"pipeline.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Nouns)
@click.version_option(version("synsetter"), prog_name="synsetter")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SYNSETTER_CONFIG",
    help="A TOML file laid over the default settings.",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="One setting, laid over the file. May be repeated.",
)
@click.pass_context
def synsetter(ctx: click.Context, config: Path | None, assignments: tuple[str, ...]) -> None:
    """Turn WordNet synsets into a verified, boxed, duplicate-free image dataset, with a crowd.

    \b
    A first run:
      synsetter database upgrade
      synsetter synsets add n02123045 "coffee mug"
      synsetter run
      synsetter release 1.0
    """
    ctx.obj = knobs.load(config, assignments)


def with_more(ctx: click.Context, config: Path | None, assignments: Sequence[str]) -> Settings:
    """Lay a command's own file and assignments over those that the command line began with."""
    began = ctx.find_root().params
    return knobs.load_layers(
        [Layer(began.get("config"), began.get("assignments") or ()), Layer(config, assignments)]
    )


def settings_of(ctx: click.Context) -> Settings:
    """Give the settings that the command line began with."""
    found = ctx.find_object(Settings)
    assert found is not None
    return found
