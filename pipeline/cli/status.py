"""synsetter status: how far the run is, what it cost, and whose turn it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from pipeline import progress_figures
from pipeline.bootstrap import open_store
from pipeline.cli.columns import allowed, columns, echo_lines
from pipeline.progress_figures import Figures
from pipeline.release.amounts import count
from pipeline.settings import Settings
from pipeline.tickets import waiting
from pipeline.tickets.waiting import Waiting


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Tell how far the run is, what it cost, what waits for whom, and what to do next.

    It only looks: it can be asked while the pipeline is running.

    \b
    synsetter status
    synsetter status --json | jq .paid
    """
    with open_store(settings).reading() as session:
        figures = progress_figures.read(session, settings.crowd.budget_cents)
        waits = waiting.read(session, settings)
    if as_json:
        click.echo(json.dumps(asdict(figures) | {"waiting": [asdict(one) for one in waits]}))
    else:
        echo_lines(_lines(figures, waits))


def _lines(figures: Figures, waits: Sequence[Waiting]) -> Iterator[str]:
    rows = [(stage.name, stage.done, stage.total, stage.note) for stage in figures.stages]
    yield from columns(("stage", "done", "of", ""), rows)
    yield ""
    money = f"{figures.paid:,} cents paid, {figures.committed:,} in flight, {allowed(figures.ceiling)}"
    yield f"{count(figures.open_hits, 'HIT')} open; {money}."
    for one in waits:
        yield f"For {one.who}: {one.what}{f' ({one.next})' if one.next else ''}."
