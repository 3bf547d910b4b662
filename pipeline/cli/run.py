"""synsetter run: the whole pipeline, until nothing is left to do."""

from __future__ import annotations

import click

from pipeline.bootstrap import make_crowd_tools, make_toolbox
from pipeline.cli.program import settings_of
from pipeline.cli.progress import Progress
from pipeline.errors import SettingsError
from pipeline.runner import run as run_stages
from pipeline.states import RELEASABLE
from pipeline.store.queries import states_by_synset
from pipeline.toolbox import Toolbox


@click.command()
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def run(ctx: click.Context, quiet: bool) -> None:
    """Collect, label, draw, verify and compare, until every image is settled.

    Work is put on the market as it is needed and taken in as workers finish it. Stop with Ctrl-C, or kill
    it: the same command goes on where it was.
    """
    tools = make_toolbox(settings_of(ctx))
    crowd = make_crowd_tools(tools)
    with tools.store.only_pipeline():
        _require_candidates(tools)
        with Progress(tools, quiet) as progress:
            for tick in run_stages(tools, crowd):
                progress.show(tick)
    if _states(tools) & RELEASABLE:
        click.echo("Every image is settled. Next: synsetter release VERSION")
    else:
        click.echo("Every image is settled, and none was accepted. See: synsetter status")


def _require_candidates(tools: Toolbox) -> None:
    if not (tools.settings.collect.sources or _states(tools)):
        raise SettingsError(
            "collect.sources is empty, and there are no candidates: name a source, "
            "as in --set 'collect.sources=[\"folder:DIR\"]'."
        )


def _states(tools: Toolbox) -> set[str]:
    """Tell in which states there are candidates."""
    with tools.store.reading() as session:
        return set().union(*states_by_synset(session).values())
