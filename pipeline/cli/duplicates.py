"""`synsetter duplicates`: copies of one picture, in any folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.cli.duplicates_report import report
from pipeline.cli.file_to_write import FileToWrite
from pipeline.copies.contact_sheet import Card, Row, contact_sheet, thumbnail
from pipeline.copies.folder_duplicates import FolderDuplicates, search_folder
from pipeline.copies.folder_reading import Progress as OnProgress
from pipeline.release.amounts import count


@click.group()
def duplicates() -> None:
    """Find copies of one picture."""


@duplicates.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Print groups, doubtful pairs and broken files as JSON."
)
@click.option("--turned", is_flag=True, help="Find mirrored and quarter-turned copies too.")
@click.option(
    "--whole",
    is_flag=True,
    help="Only copies of whole pictures: faster in large folders, but crops and framed copies are missed.",
)
@click.option(
    "--sheet",
    type=FileToWrite(),
    help="Also write the groups and doubtful pairs as pictures on one HTML page.",
)
def search(folder: Path, as_json: bool, turned: bool, whole: bool, sheet: Path | None) -> None:
    """Find the copies among all images in FOLDER and below, without a database.

    Cropped, framed, scaled, recompressed, toned and stamped copies are found. Of each group the copy to keep
    comes first. Pairs that only a person can judge are listed apart; files that cannot be read are reported.
    """
    if whole and turned:
        raise click.UsageError("Turned copies do not look alike as a whole: leave out --whole or --turned.")
    with reading_progress() as progress:
        found = search_folder(folder, progress, turned=turned, whole=whole)
    click.echo(as_document(found) if as_json else as_text(found))
    if sheet:
        sheet.write_text(draw_sheet(folder, found), encoding="utf-8")


@contextmanager
def reading_progress() -> Iterator[OnProgress]:
    """Show how many files are read, on a terminal's standard error only."""
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


duplicates.add_command(report)


def as_document(found: FolderDuplicates) -> str:
    """Give the findings as one JSON document in ASCII, which holds file names that are not UTF-8 too."""
    document = {"groups": found.groups, "doubtful": found.doubtful, "broken": found.broken}
    return json.dumps(document, indent=1)


def as_text(found: FolderDuplicates) -> str:
    """Give the findings for people."""
    copies = sum(len(group) - 1 for group in found.groups)
    images, pictures = count(found.n_images, "image"), count(len(found.groups), "picture")
    lines = [f"{images}: {count(copies, 'copy', 'copies')} of {pictures}."]
    for keep, *others in found.groups:
        lines += ["", f"keep  {printable(keep)}", *(f"copy  {printable(other)}" for other in others)]
    if found.doubtful:
        lines += ["", "For a person to judge:"]
        lines += [
            f"{chance:5.0%}  {printable(left)}  {printable(right)}" for left, right, chance in found.doubtful
        ]
    if found.broken:
        lines += ["", "Could not be read:"]
        lines += [f"{printable(file)}: {reason}" for file, reason in found.broken]
    return "\n".join(lines)


def printable(name: str) -> str:
    """Escape what would break a line of a file's name, or is no text.

    >>> printable("new\\nline")
    'new\\\\nline'
    """
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)


def draw_sheet(folder: Path, found: FolderDuplicates) -> str:
    """Draw groups and doubtful pairs as a contact sheet."""
    rows = [Row(f"{len(group)} copies", _cards(folder, group), True) for group in found.groups]
    rows += [
        Row(f"Doubtful: {chance:.0%}", _cards(folder, [left, right]), False)
        for left, right, chance in found.doubtful
    ]
    return contact_sheet(f"Copies in {printable(folder.resolve().name)}", rows)


def _cards(folder: Path, files: list[str]) -> list[Card]:
    cards = []
    for file in files:
        with Image.open(folder / file) as image:
            cards.append(Card(thumbnail(image), printable(file)))
    return cards
