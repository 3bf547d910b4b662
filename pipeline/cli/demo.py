"""synsetter demo: everything once, on photographs that come with Python packages."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from pipeline.bootstrap import make_crowd_tools
from pipeline.cli.program import settings_of
from pipeline.cli.progress import Progress
from pipeline.demo.curator import make_gold
from pipeline.demo.photographs import make_photographs
from pipeline.rehearsal import table
from pipeline.rehearsal.known import known_truth
from pipeline.rehearsal.rehearse import foresee, rehearse, stage
from pipeline.rehearsal.servers import Servers
from pipeline.rehearsal.truth import Truth, read_truth
from pipeline.release.refusals import VersionTaken
from pipeline.runner import Tick, run
from pipeline.settings import Settings
from pipeline.stages.release import release
from pipeline.toolbox import Toolbox


@click.command()
@click.option(
    "--workers",
    type=click.Choice(["simulated", "me"]),
    default="simulated",
    show_default=True,
    help="Who does the HITs: simulated people, or you in your browser.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo-run",
    show_default=True,
    help="A folder for everything; the same folder goes on where it was.",
)
@click.pass_context
def demo(ctx: click.Context, workers: str, out: Path) -> None:
    """Make a small dataset from start to finish: collect, label, draw, verify, compare, release.

    It starts a crowd server and the HIT pages on this machine and needs nothing from outside.
    """
    made = make_photographs(out / "photographs")
    console = Console(stderr=True)
    console.print(
        f"{made.pictures} pictures of {made.photographs} photographs, {len(made.wnids)} synsets, in {out}"
    )
    settings = for_few_images(settings_of(ctx))
    if workers == "me":
        settings = for_one_person(settings)
    simulated = workers == "simulated"
    with (
        stage(settings, out, made.candidates, simulated) as (tools, servers),
        Progress(tools, quiet=False) as progress,
    ):
        known = read_truth(made.truth)
        if workers == "me":
            _invite(console, servers)
            _run(tools, progress)
        else:
            rehearse(tools, servers, known, Curator(known, progress))
        forecast = foresee(tools, known)
        try:
            summary = release(tools, "demo", known_truth(forecast))
        except VersionTaken as error:  # another version of this program tells of it in other words
            raise VersionTaken(
                f"{out} holds a demo that another version of this program has released. Remove the folder, "
                "or name another: synsetter demo --out FOLDER"
            ) from error
    Console().print(table.render(forecast))
    click.echo(f"\nThe dataset   {summary.folder}: {summary.images} images, {summary.boxes} boxes")
    click.echo(f"The report    {summary.folder / 'report.html'}")


class Curator:
    """Watches the run, and once makes gold of some images that were voted on."""

    def __init__(self, truth: Truth, progress: Progress) -> None:
        self._truth, self._progress, self._done = truth, progress, False

    def __call__(self, tools: Toolbox, tick: Tick) -> None:
        """Look at what a tick brought."""
        self._done = self._done or make_gold(tools, self._truth)
        self._progress.show(tick)


def for_few_images(settings: Settings) -> Settings:
    """Fit the settings to some dozens of images.

    They teach a voting policy too little to be sure of 99 %, a tenth of them is no split, and people have
    the time to look at every pair of which pixels are not quite sure.
    """
    return replace(
        settings,
        label=replace(settings.label, accept=0.9),
        dedup=replace(settings.dedup, doubtful=0.03),
        release=replace(settings.release, fractions={"train": 0.6, "val": 0.2, "test": 0.2}),
    )


def for_one_person(settings: Settings) -> Settings:
    """Ask one vote of each image and let one person do every part: enough to see how it goes."""
    return replace(
        settings,
        label=replace(settings.label, policy="majority:1", recheck_votes=0),
        boxes=replace(settings.boxes, distinct_workers=False, tries=2),
        dedup=replace(settings.dedup, votes=1),
        crowd=replace(settings.crowd, poll_seconds=1.0),
        rehearsal=replace(settings.rehearsal, workers=1),
    )


def _invite(console: Console, servers: Servers) -> None:
    account = servers.arrangement.accounts[0]
    console.print(
        f"Sign in at [bold]{servers.crowd_url}/signin[/] as {account.email} with {account.password}"
    )
    webbrowser.open(f"{servers.crowd_url}/signin")


def _run(tools: Toolbox, progress: Progress) -> None:
    for tick in run(tools, make_crowd_tools(tools)):
        progress.show(tick)
