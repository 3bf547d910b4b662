"""What the pictures of a rehearsal really show: lists that the curator made of pictures that are known."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.errors import UserError
from pipeline.hits.submission import Box

EDGES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture offered for a synset."""

    wnid: str
    url: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What each URL shows, as a worker without fault would say."""

    instances: Mapping[tuple[str, str], tuple[Box, ...]]
    photographs: Mapping[str, str]

    def shows(self, url: str, wnid: str) -> bool:
        """Whether there is an instance of the synset in the picture."""
        return (url, wnid) in self.instances

    def boxes(self, url: str, wnid: str) -> tuple[Box, ...]:
        """The instances whose place is known, in pixels of the stored picture."""
        return self.instances.get((url, wnid), ())

    def photograph(self, url: str) -> str | None:
        """The photograph that the picture is a copy of, where the list names it."""
        return self.photographs.get(url)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Which candidate a picture in a question is, and how many boxes were drawn on it so far, good or bad."""

    url: str
    wnid: str
    drawn: int


class Oracle(Protocol):
    """Tells simulated workers what is behind a picture's opaque address: eyes for those who have none."""

    def facts(self, pictures: Sequence[str]) -> list[PictureFacts]:
        """Name the candidate behind each address, in the order given."""

    def same(self, first: str, second: str) -> bool:
        """Tell whether two addresses show copies of one photograph."""


def read_candidates(path: Path) -> list[Candidate]:
    """Read `wnid,url` lines; further columns, and lines that lack one of these, are left to the pipeline.

    Raises
    ------
    UserError
        If the file cannot be read or a column is missing.
    """
    rows = ((row["wnid"] or "", row["url"] or "") for _, row in _rows(path, ("wnid", "url")))
    return [Candidate(wnid.strip(), url.strip()) for wnid, url in rows if wnid.strip() and url.strip()]


def read_truth(path: Path) -> Truth:
    """Read `url,wnid,xmin,ymin,xmax,ymax[,photograph]`, one line an instance.

    A picture without a line for a synset does not show it. Empty box cells: present, but no box is known.
    Fractions of pixels are rounded.
    Pictures of one `photograph` are copies of each other.

    Raises
    ------
    UserError
        If the file cannot be read, a column is missing, a box is no box or a picture has two photographs.
    """
    instances: dict[tuple[str, str], tuple[Box, ...]] = defaultdict(tuple)
    photographs: dict[str, str] = {}
    for where, row in _rows(path, ("url", "wnid", *EDGES)):
        url, wnid = _cell(where, row, "url"), _cell(where, row, "wnid")
        instances[url, wnid] += _box(where, row)
        photograph = (row.get("photograph") or "").strip()
        if photograph and photographs.setdefault(url, photograph) != photograph:
            raise UserError(
                f"{where}: {url} is a copy of {photographs[url]} further up, of {photograph} here."
            )
    return Truth(dict(instances), photographs)


def require_some_known(candidates: Iterable[Candidate], truth: Truth, path: Path) -> None:
    """Refuse a truth that says nothing of any candidate: the two lists name pictures differently.

    Raises
    ------
    UserError
        If no candidate occurs in the truth.
    """
    if not any(truth.shows(candidate.url, candidate.wnid) for candidate in candidates):
        raise UserError(
            f"{path} knows none of the candidates. Its url column must repeat theirs letter by letter."
        )


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, strict=True)
            if missing := set(columns) - set(lines.fieldnames or ()):
                raise UserError(f"{path}, line 1: the column {sorted(missing)[0]!r} is missing.")
            for row in lines:
                yield f"{path}, line {lines.line_num}", row
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV file in UTF-8: {error}.") from error


def _cell(where: str, row: Mapping[str, str | None], column: str) -> str:
    cell = (row[column] or "").strip()
    if not cell:
        raise UserError(f"{where}: {column} is empty.")
    return cell


def _box(where: str, row: Mapping[str, str | None]) -> tuple[Box, ...]:
    cells = [(row[edge] or "").strip() for edge in EDGES]
    if not any(cells):
        return ()
    try:
        xmin, ymin, xmax, ymax = (round(float(cell)) for cell in cells)
    except (ValueError, OverflowError):
        raise UserError(f"{where}: a box is four numbers, or four empty cells where none is known.") from None
    if not (0 <= xmin <= xmax and 0 <= ymin <= ymax):
        raise UserError(f"{where}: the box {xmin} {ymin} {xmax} {ymax} is inside out or reaches outside.")
    return ((xmin, ymin, xmax, ymax),)
