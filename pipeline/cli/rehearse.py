"""synsetter rehearse: the whole run with simulated workers, before anyone is paid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from pipeline.cli.program import settings_of
from pipeline.cli.progress import Progress
from pipeline.rehearsal import table
from pipeline.rehearsal.known import known_truth
from pipeline.rehearsal.rehearse import foresee, stage
from pipeline.rehearsal.rehearse import rehearse as play
from pipeline.rehearsal.truth import read_truth
from pipeline.settings import load
from pipeline.stages.release import release

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--candidates", required=True, type=FILE, help="CSV of wnid,url.")
@click.option(
    "--truth", required=True, type=FILE, help="CSV of url,wnid,xmin,ymin,xmax,ymax: a row an instance."
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder for everything."
)
@click.option("--config", type=FILE, help="Settings of this rehearsal.")
@click.option("--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting of it.")
@click.option("--seed", type=int, help="Another seed, other chances.")
@click.option("--json", "as_json", is_flag=True, help="Print the forecast as JSON.")
@click.pass_context
def rehearse(
    ctx: click.Context,
    candidates: Path,
    truth: Path,
    out: Path,
    config: Path | None,
    assignments: tuple[str, ...],
    seed: int | None,
    as_json: bool,
) -> None:
    """Run everything for real, but for the people: what it would cost, and how good it would be.

    Simulated workers find, accept and do the HITs over HTTP, as browsers would. Killed, the same command
    goes on.
    """
    settings = load(config, assignments) if config or assignments else settings_of(ctx)
    if seed is not None:
        settings = replace(settings, run=replace(settings.run, seed=seed))
    known = read_truth(truth)
    with stage(settings, out, candidates) as (tools, servers), Progress(tools, quiet=as_json) as progress:
        play(tools, servers, known, lambda _, tick: progress.show(tick))
        forecast = foresee(tools, known)
        summary = release(tools, "rehearsal", known_truth(forecast))
    if as_json:
        click.echo(json.dumps(forecast.to_json() | {"release": str(summary.folder)}))
        return
    Console().print(table.render(forecast))
    click.echo(f"The release: {summary.folder}\nIts report: {summary.folder / 'report.html'}")
