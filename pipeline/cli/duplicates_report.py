"""`synsetter duplicates report`: what the search for duplicates found in this run."""

from __future__ import annotations

import json
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.bootstrap import open_blobs, open_store
from pipeline.cli.columns import echo_lines
from pipeline.cli.file_to_write import FileToWrite
from pipeline.copies import report as copies_report
from pipeline.settings import Settings
from pipeline.store.models import Synset


@click.command()
@click.option(
    "--out",
    type=FileToWrite(),
    help="Also write the groups as contact sheets, with all figures, on one HTML page.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
@click.pass_obj
def report(settings: Settings, out: Path | None, as_json: bool) -> None:
    """Tell about the copies in this run: groups, leaks, pairs against t, time, memory and savings.

    It only looks: it can be asked while the pipeline is running.
    """
    with open_store(settings).reading() as session:
        found = copies_report.read(session, settings.dedup.before_labelling)
        words = _words(session)
    if out:
        page = copies_report.page(found, settings.run.name, words, open_blobs(settings))
        out.write_text(page, encoding="utf-8")
    if as_json:
        click.echo(json.dumps(found.document()))
        return
    echo_lines(iter(copies_report.as_text(found)))
    if out:
        click.echo(f"The page: {out}")


def _words(session: Session) -> dict[str, str]:
    return {wnid: words[0] for wnid, words in session.execute(select(Synset.wnid, Synset.words))}
