"""synsetter audit: follow any number down to the votes behind it, and judge samples again."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipeline.bootstrap import clock_of_run, open_store
from pipeline.cli.columns import columns, echo_lines, share
from pipeline.errors import UserError
from pipeline.review import audits, second_opinion
from pipeline.review.audits import Precision
from pipeline.review.gold import set_gold
from pipeline.review.second_opinion import Opinion
from pipeline.settings import Settings
from pipeline.store import histories
from pipeline.store.histories import History


@click.group()
def audit() -> None:
    """Look behind the numbers, and judge samples again.

    \b
    A round of auditing:
      synsetter audit sample --size 50 > sample.csv
      (look at each picture; write yes or no into the column truth)
      synsetter audit record sample.csv
      synsetter audit report
      synsetter release 1.1             # its report tells the audited precision
    """


@audit.command()
@click.argument("image")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each candidate.")
@click.pass_obj
def show(settings: Settings, image: str, as_json: bool) -> None:
    """Show all that is known of IMAGE: origin, events with the numbers that decided, votes, boxes.

    IMAGE is a candidate's number, its URL, the SHA-256 of its bytes, or its name in a release.

    \b
    synsetter audit show 1207
    synsetter audit show https://example.org/tabby.jpg
    synsetter audit show n02123045_0a1b2c3d4e5f6071
    """
    with open_store(settings).reading() as session:
        found = histories.find(session, image)
    if not found:
        raise UserError(f"No candidate has the number, URL, name or SHA-256 {image}.")
    for one in found:
        click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else "\n".join(_lines(one)))


def _lines(one: History) -> Iterator[str]:
    yield click.style(f"candidate {one.candidate}", bold=True)
    for title, facts in (("from", one.provenance), ("picture", one.picture), ("stands", one.standing)):
        yield f"  {title:<8} {_told(facts)}"
    for title, rows in (
        ("event", one.events),
        ("vote", one.votes),
        ("box", one.boxes),
        ("pair", one.pairs),
    ):
        for row in rows:
            yield f"  {title:<8} {_told(row)}"


def _told(facts: Mapping[str, Any]) -> str:
    known = {name: value for name, value in facts.items() if value not in (None, "", {}, [])}
    return ", ".join(
        f"{name} {json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value}"
        for name, value in known.items()
    )


@audit.command()
@click.option("--wnid", "wnids", multiple=True, help="Only this synset; may be repeated.")
@click.option("--size", type=click.IntRange(min=1), required=True, help="Images of each synset.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead of CSV.")
@click.pass_obj
def sample(settings: Settings, wnids: tuple[str, ...], size: int, as_json: bool) -> None:
    """Draw accepted images at random, for somebody to judge again, as a CSV with an empty column truth.

    The draw is the same until judgements are recorded; images that were judged do not come again.

    \b
    synsetter audit sample --wnid n02123045 --size 50 > sample.csv
    """
    with open_store(settings).reading() as session:
        drawn = audits.sample(session, wnids, size, settings.run.seed)
    if as_json:
        echo_lines(json.dumps(row, ensure_ascii=False) for row in drawn)
        return
    writer = csv.DictWriter(sys.stdout, audits.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(drawn)


@audit.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--gold", "as_gold", is_flag=True, help="Make them gold too: they then decide the images.")
@click.pass_obj
def record(settings: Settings, file: Path, as_gold: bool) -> None:
    """Keep the judgements in FILE, a CSV with the columns candidate and truth (yes or no), for ever.

    They change no label, unless they become gold. Rows without a truth are passed over.

    \b
    synsetter audit record sample.csv
    synsetter audit record sample.csv --gold
    """
    now = clock_of_run()()
    with open_store(settings).writing() as session:
        truths, passed = audits.record_judgements(session, file, now)
        changed, again = set_gold(session, settings.label, truths if as_gold else {}, now)
    click.echo(f"{len(truths):,} judgements kept, {passed:,} rows without one. Next: synsetter audit report")
    if as_gold:
        click.echo(f"{changed:,} truths set; {again.reopened:,} images reopened.")


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def report(settings: Settings, as_json: bool) -> None:
    """Tell how many accepted images are right, synset by synset, as far as auditors have looked.

    The line `all` counts every image that was audited, whatever its synset: it is the dataset's precision if
    the synsets were sampled in proportion.

    \b
    synsetter audit report
    """
    with open_store(settings).reading() as session:
        found = audits.precision(session)
    if as_json:
        echo_lines(json.dumps(asdict(one)) for one in found)
        return
    headings = ("synset", "accepted", "audited", "right", "precision", "95 % interval")
    echo_lines(columns(headings, [_row(one) for one in found]))


def _row(one: Precision) -> tuple[object, ...]:
    interval = f"{share(one.low)} to {share(one.high)}" if one.audited else "-"
    return (one.wnid or "all", one.accepted, one.audited, one.right, share(one.precision), interval)


@audit.command()
@click.option("--policy", "spec", default="dawid-skene", show_default=True, help="How to read the votes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def rederive(settings: Settings, spec: str, as_json: bool) -> None:
    """Derive all labels once more from the raw votes, and list where they differ from what was decided.

    Nothing is changed. What differs is worth a second look: `synsetter audit show CANDIDATE`.

    \b
    synsetter audit rederive --policy dawid-skene
    """
    with open_store(settings).reading() as session:
        try:
            found = second_opinion.rederive(session, spec)
        except ValueError as error:
            raise UserError(f"{error}.") from error
    if as_json:
        echo_lines(json.dumps(asdict(one), ensure_ascii=False) for one in found.differing)
        return
    headings = ("candidate", "synset", "decided", "claimed", "rederived", "P(good)", "votes", "url")
    echo_lines(columns(headings, [_opinion(one) for one in found.differing]))
    click.echo(f"{len(found.differing):,} of {found.compared:,} labels differ.", err=True)


def _opinion(one: Opinion) -> tuple[object, ...]:
    claimed, found = share(one.confidence), share(one.probability)
    return (one.candidate, one.wnid, one.decided, claimed, one.rederived, found, one.votes, one.url)
