"""synsetter gold: candidates whose truth is known, which rate the workers who judge them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple
from pathlib import Path

import click

from pipeline.bootstrap import clock_of_run, open_store
from pipeline.cli.columns import columns, echo_lines
from pipeline.errors import UserError
from pipeline.review.gold import list_gold, read_gold, set_gold
from pipeline.settings import Settings
from pipeline.votes.gold_supply import pages_left, supplies

TRUTHS = ("no", "yes")


@click.group()
def gold() -> None:
    """Say of candidates, for sure, whether they show their synset.

    Gold decides the image itself and shows how far a worker can be believed.
    """


@gold.command()
@click.option(
    "--file",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with the columns wnid, url and truth (yes or no).",
)
@click.pass_obj
def add(settings: Settings, file: Path) -> None:
    """Make candidates gold, or correct their truth: all rows of the file, or none.

    What depended on a truth that changes is decided again.

    \b
    synsetter gold add --file gold.csv
    where gold.csv holds, say:
      wnid,url,truth
      n02123045,https://example.org/tabby.jpg,yes
    """
    with open_store(settings).writing() as session:
        truths = read_gold(session, file)
        changed, again = set_gold(session, settings.label, truths, clock_of_run()())
    click.echo(
        f"{changed:,} truths set, {len(truths) - changed:,} known before; {again.reopened:,} images reopened."
    )


@gold.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_all(settings: Settings, as_json: bool) -> None:
    """List the gold, with the votes that it got."""
    with open_store(settings).reading() as session:
        rows = list_gold(session)
    if as_json:
        echo_lines(json.dumps(_plain(row)) for row in rows)
        return
    headings = ("candidate", "synset", "truth", "yes", "no", "unsure", "url")
    echo_lines(columns(headings, [tuple(_plain(row).values()) for row in rows]))


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {**row, "truth": TRUTHS[int(str(row["truth"]))]}


@gold.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Tell how much gold each synset has and needs, and for how many pages it lasts.

    A page of 48 holds three good ones and three bad ones that its worker has not had. `pages` counts those
    that a new worker can get; `run out`, of the workers who have had gold, those for whom none is left.

    \b
    synsetter gold status
    """
    with open_store(settings).reading() as session:
        found = [(one, pages_left(session, one)) for one in supplies(session).values()]
    if as_json:
        echo_lines(json.dumps(asdict(one) | asdict(left)) for one, left in found)
        return
    headings = ("synset", "images", "good", "bad", "needed of each", "pages", "workers", "run out")
    echo_lines(columns(headings, [(*astuple(one), *astuple(left)) for one, left in found]))


@gold.command()
@click.argument("candidates", nargs=-1, required=True, type=int, metavar="CANDIDATE...")
@click.pass_obj
def remove(settings: Settings, candidates: tuple[int, ...]) -> None:
    """Forget the truth of candidates, by the numbers that `gold list` shows.

    They are decided by votes again, as is what was decided by workers who were believed because of them.

    \b
    synsetter gold remove 1207 1211
    """
    with open_store(settings).writing() as session:
        known = {int(str(row["candidate"])) for row in list_gold(session)}
        if unknown := [str(one) for one in candidates if one not in known]:
            raise UserError(f"Not gold: {', '.join(unknown)}. Nothing was changed. See: synsetter gold list")
        changed, again = set_gold(session, settings.label, dict.fromkeys(candidates), clock_of_run()())
    click.echo(f"{changed:,} truths forgotten; {again.reopened:,} images reopened.")
