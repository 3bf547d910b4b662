"""synsetter rehearse: the whole run with simulated workers, before anyone is paid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from pipeline.cli.program import with_more
from pipeline.cli.progress import Progress
from pipeline.errors import SynsetterError
from pipeline.rehearsal import table
from pipeline.rehearsal.forecast import Forecast
from pipeline.rehearsal.known import known_truth
from pipeline.rehearsal.rehearse import StandsStill, foresee, stage
from pipeline.rehearsal.rehearse import rehearse as play
from pipeline.rehearsal.servers import Servers
from pipeline.rehearsal.truth import Truth, read_candidates, read_truth, require_some_known
from pipeline.release.writer import ReleaseSummary
from pipeline.runner import BudgetReached
from pipeline.stages.release import NothingToRelease, release
from pipeline.toolbox import Toolbox

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--candidates", required=True, type=FILE, help="CSV of wnid,url.")
@click.option(
    "--truth", required=True, type=FILE, help="CSV of url,wnid,xmin,ymin,xmax,ymax: a row an instance."
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder for everything."
)
@click.option("--config", type=FILE, help="Settings of this rehearsal, laid over those of the program.")
@click.option("--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting of it.")
@click.option("--seed", type=click.IntRange(0), help="Another seed, other chances.")
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
    goes on; other lists and another seed need another folder. Out of money or workers, it prints the
    forecast so far.
    """
    settings = with_more(ctx, config, assignments)
    if seed is not None:
        settings = replace(settings, run=replace(settings.run, seed=seed))
    known = read_truth(truth)
    require_some_known(read_candidates(candidates), known, truth)
    with (
        stage(settings, out, candidates, truth=truth) as (tools, servers),
        Progress(tools, quiet=as_json) as progress,
    ):
        stopped = _play(tools, servers, known, progress)
        forecast = foresee(tools, known)
        summary, stopped = (None, stopped) if stopped else _release(tools, forecast)
    _print(forecast, summary, as_json)
    if stopped:
        raise stopped


def _play(tools: Toolbox, servers: Servers, known: Truth, progress: Progress) -> SynsetterError | None:
    try:
        play(tools, servers, known, lambda _, tick: progress.show(tick))
    except (BudgetReached, StandsStill) as error:
        return error
    return None


def _release(tools: Toolbox, forecast: Forecast) -> tuple[ReleaseSummary | None, SynsetterError | None]:
    try:
        return release(tools, "rehearsal", known_truth(forecast)), None
    except NothingToRelease:
        return None, NothingToRelease("Every image is settled, and none was accepted: there is no release.")


def _print(forecast: Forecast, summary: ReleaseSummary | None, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(forecast.to_json() | {"release": summary and str(summary.folder)}))
        return
    Console().print(table.render(forecast))
    if summary:
        click.echo(f"The release: {summary.folder}\nIts report: {summary.folder / 'report.html'}")
    else:
        click.echo("These figures are of what was done so far.")
