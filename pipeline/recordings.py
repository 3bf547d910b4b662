"""Recorded votes, read from CSV files that anybody may have written."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import UserError
from quality.replay import Recording


def recorded_counts(counts: Path) -> Recording:
    """Read `item,yes,no,truth` as votes of nobody known.

    Raises
    ------
    UserError
        If the file is not such a table.
    """
    table = _read(counts, ("yes", "no", "truth"))
    return Recording.of_counts(table["yes"], table["no"], _truth(counts, table["truth"]))


def recorded(votes: Path, truth: Path) -> Recording:
    """Read `item,worker,yes` and `item,truth`; images and workers are numbered anew, in the order of their
    numbers.

    Raises
    ------
    UserError
        If a file is not such a table, or an image has votes but no truth.
    """
    known = _read(truth, ("item", "truth"))
    items, place = np.unique(known["item"], return_index=True)
    given = _read(votes, ("item", "worker", "yes"), least=-1)
    missing = np.setdiff1d(given["item"], items)
    if missing.size:
        raise UserError(f"{truth}: no truth for item {missing[0]}, which {votes} has votes on.")
    if ((given["yes"] < -1) | (given["yes"] > 1)).any():
        raise UserError(f"{votes}: yes must be 1, 0 or, for not sure, -1.")
    workers, worker = np.unique(given["worker"], return_inverse=True)
    return Recording(
        np.searchsorted(items, given["item"]).astype(np.int32),
        worker.astype(np.int32),
        given["yes"].astype(np.int8),
        _truth(truth, known["truth"][place]),
        len(workers),
    )


def _truth(file: Path, values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int8]]:
    if ((values < 0) | (values > 1)).any():
        raise UserError(f"{file}: truth must be 1 or 0.")
    return values.astype(np.int8)


def _read(
    file: Path, columns: Iterable[str], least: int = 0
) -> dict[str, np.ndarray[Any, np.dtype[np.int32]]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from error
    try:
        table = {name: np.array([int(row[name]) for row in rows], np.int32) for name in columns}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(
            f"{file}: needs the columns {', '.join(columns)}, whole numbers only ({error})."
        ) from error
    if not rows or any((values < least).any() for values in table.values()):
        raise UserError(f"{file}: holds no rows, or a negative number where none can be.")
    return table
