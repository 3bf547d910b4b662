"""Files of judgements: CSV with a heading, a row an image, the truth as yes or no."""

from __future__ import annotations

import csv
from pathlib import Path

from pipeline.errors import UserError

TRUTHS = {"yes": 1, "1": 1, "true": 1, "no": 0, "0": 0, "false": 0}


def read_rows(file: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV with a heading; give (line number, cells) of each row.

    Raises
    ------
    UserError
        If it is not UTF-8 text or lacks one of the columns.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle, restval="")
            if lacking := [name for name in columns if name not in (rows.fieldnames or [])]:
                raise UserError(
                    f"{file} has no column {', '.join(lacking)}; its first line must name them, "
                    "with commas between."
                )
            return [(rows.line_num, {name: row[name].strip() for name in columns}) for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} is no CSV in UTF-8: {error}.") from error


def read_truth(file: Path, line: int, word: str) -> int:
    """Read yes or no.

    Raises
    ------
    UserError
        If it is neither.
    """
    if word.lower() not in TRUTHS:
        raise UserError(f"{file}, line {line}: truth is {word!r}; write yes or no.")
    return TRUTHS[word.lower()]
