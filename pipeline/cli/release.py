"""synsetter release: write a version of the dataset."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from pipeline.bootstrap import make_toolbox
from pipeline.cli.program import settings_of
from pipeline.review import audits
from pipeline.stages.release import release as write


@click.command()
@click.argument("version")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
def release(ctx: click.Context, version: str, as_json: bool) -> None:
    """Write VERSION of the dataset, with its report, into release.folder.

    A version is never changed: releasing it again finds the same bytes, or is refused. What auditors have
    recorded by then (`synsetter audit`) is the precision that the report tells.
    """
    tools = make_toolbox(settings_of(ctx))
    with tools.store.only_pipeline():
        with tools.store.reading() as session:
            audited = audits.known_truth(session)
        summary = write(tools, version, audited)
    if as_json:
        click.echo(json.dumps(asdict(summary) | {"folder": str(summary.folder)}))
        return
    click.echo(f"{summary.images:,} images, {summary.boxes:,} boxes: {summary.folder}")
    click.echo(f"The report: {summary.folder / 'report.html'}")
    for warning in summary.warnings:
        click.echo(f"Note: {warning}")
