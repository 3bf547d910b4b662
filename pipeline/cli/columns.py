"""Plain columns for people, which also survive a pipe: no colour, no cutting off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from pipeline.tickets.market import NO_CEILING


def echo_lines(lines: Iterable[str]) -> None:
    """Print lines; of none, nothing."""
    for line in lines:
        click.echo(line)


def columns(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield a heading and a line a row; a column that holds a number goes to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    right = [any(isinstance(row[n], int | float) for row in rows) for n in range(len(headings))]
    for line in (headings, *cells):
        aligned = [
            text.rjust(width) if numbers else text.ljust(width)
            for text, width, numbers in zip(line, widths, right, strict=True)
        ]
        yield "  ".join(aligned).rstrip()


def share(value: float | None) -> str:
    """Write a share as a percentage."""
    return "-" if value is None else f"{value:.1%}"


def allowed(ceiling: int) -> str:
    """Write what a run may spend, in cents."""
    return "no ceiling" if ceiling >= NO_CEILING else f"{ceiling:,} allowed"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.1f}" if isinstance(value, float) else str(value)
    )
