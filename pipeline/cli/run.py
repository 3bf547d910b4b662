"""synsetter run: the whole pipeline, until nothing is left to do."""

from __future__ import annotations

import click

from pipeline.bootstrap import make_crowd_tools, make_toolbox
from pipeline.cli.program import settings_of
from pipeline.cli.progress import Progress
from pipeline.runner import run as run_stages


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
    with tools.store.only_pipeline(), Progress(tools, quiet) as progress:
        for tick in run_stages(tools, crowd):
            progress.show(tick)
    click.echo("Every image is settled. Next: synsetter release VERSION")
