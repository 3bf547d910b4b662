"""Recorded votes, read from CSV files that anybody may have written."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import UserError
from quality.replay import Recording

Row = Mapping[str, str | None]

WORDS = {"1": 1, "true": 1, "yes": 1, "0": 0, "false": 0, "no": 0, "-1": -1, "unsure": -1}
MOST_VOTES = 100_000
"""On one image, in a file of counts: more is a slip of the pen, and would fill the memory."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording, and how many rows of what kind could not be used."""

    recording: Recording
    left_out: dict[str, int]


def recorded_counts(counts: Path) -> Recorded:
    """Read `item,yes,no,truth`, and `prior` where there is one, as votes of nobody known.

    Raises
    ------
    UserError
        If the file is not such a table, or an image is in it twice.
    """
    table: dict[str, tuple[int, int, int, float]] = {}
    for line, row in _rows(counts, ("item", "yes", "no", "truth")):
        with _Place(counts, line):
            item = _name(row["item"])
            if item in table:
                raise ValueError(f"item {item} is there twice")
            table[item] = (_count(row["yes"]), _count(row["no"]), _truth(row), _prior(row))
    voted = [row for row in table.values() if row[0] + row[1]]
    known = [row for row in voted if row[2] >= 0]
    if not known:
        raise UserError(f"{counts}: holds no image with votes and truth.")
    yes, no, truth, prior = zip(*known, strict=True)
    recording = Recording.of_counts(
        np.array(yes, np.int32), np.array(no, np.int32), np.array(truth, np.int8), np.array(prior)
    )
    return Recorded(
        recording,
        _left_out(images_without_votes=len(table) - len(voted), images_without_truth=len(voted) - len(known)),
    )


def recorded(votes: Path, truth: Path) -> Recorded:
    """Read `item,worker,yes`, and `item,truth` with `prior` where there is one.

    Names may be any text; images are numbered as the truth lists them, workers as they first vote. Of a
    worker's votes on one image the first counts, as it does when votes are taken.

    Raises
    ------
    UserError
        If a file is not such a table, contradicts itself, or no image has votes and truth.
    """
    known = _known(truth)
    cast: dict[tuple[str, str], int] = {}
    total = 0
    for line, row in _rows(votes, ("item", "worker", "yes")):
        with _Place(votes, line):
            cast.setdefault((_name(row["item"]), _name(row["worker"])), _word(row["yes"]))
        total += 1
    usable = {who: answer for who, answer in cast.items() if who[0] in known}
    if not usable:
        raise UserError(f"{votes}: no vote is on an image whose truth {truth} knows.")
    voted = {item for item, _ in usable}
    item_number = {item: n for n, item in enumerate(item for item in known if item in voted)}
    worker_number: dict[str, int] = {}
    recording = Recording(
        np.array([item_number[item] for item, _ in usable], np.int32),
        np.array([worker_number.setdefault(worker, len(worker_number)) for _, worker in usable], np.int32),
        np.array(list(usable.values()), np.int8),
        np.array([known[item][0] for item in item_number], np.int8),
        len(worker_number),
        np.array([known[item][1] for item in item_number]),
    )
    return Recorded(
        recording,
        _left_out(
            votes_without_truth=len(cast) - len(usable),
            repeated_votes=total - len(cast),
            images_without_votes=len(known) - len(voted),
        ),
    )


def _known(file: Path) -> dict[str, tuple[int, float]]:
    known: dict[str, tuple[int, float]] = {}
    for line, row in _rows(file, ("item", "truth")):
        with _Place(file, line):
            item, truth = _name(row["item"]), _truth(row)
            if truth >= 0 and known.setdefault(item, (truth, _prior(row)))[0] != truth:
                raise ValueError(f"item {item} is there twice, once as good and once as bad")
    return known


class _Place:
    """Names file and line in what goes wrong within."""

    def __init__(self, file: Path, line: int) -> None:
        self._where = f"{file}, line {line}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError):
            raise UserError(f"{self._where}: {error}.") from error


def _rows(file: Path, columns: Iterable[str]) -> Iterable[tuple[int, Row]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
                raise UserError(f"{file}: needs the columns {', '.join(columns)}; there is no {missing[0]}.")
            yield from ((reader.line_num, row) for row in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} cannot be read: {error}") from error


def _number(text: str | None) -> str:
    """Drop the .0 that spreadsheets and data frames put behind whole numbers."""
    return re.sub(r"^([+-]?\d+)\.0+$", r"\1", (text or "").strip())


def _name(text: str | None) -> str:
    name = _number(text)
    if not name:
        raise ValueError("a name is missing")
    return name


def _word(text: str | None) -> int:
    word = _number(text).lower()
    if word not in WORDS:
        raise ValueError(f"{word!r} is no answer: 1, true or yes; 0, false or no; -1 or unsure")
    return WORDS[word]


def _truth(row: Row) -> int:
    """1 or 0, or -1 where the cell is empty."""
    if not (row["truth"] or "").strip():
        return -1
    truth = _word(row["truth"])
    if truth < 0:
        raise ValueError("truth must be 1 or 0")
    return truth


def _count(text: str | None) -> int:
    number = _number(text)
    if not re.fullmatch(r"\d{1,6}", number) or int(number) > MOST_VOTES:
        raise ValueError(f"{number!r} is no number of votes from 0 to {MOST_VOTES:,}")
    return int(number)


def _prior(row: Row) -> float:
    text = (row.get("prior") or "").strip()
    prior = float(text) if text else np.nan
    if text and not 0 <= prior <= 1:
        raise ValueError(f"prior {text} is no probability")
    return prior


def _left_out(**rows: int) -> dict[str, int]:
    return {kind: number for kind, number in rows.items() if number}
