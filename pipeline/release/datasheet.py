"""DATASHEET.md: how the dataset came about, generated from the same figures as the report.

The questions follow Gebru et al. 2021, "Datasheets for Datasets".
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.release.amounts import count, dollars, percent
from pipeline.release.report import Report


def write_datasheet(path: Path, report: Report) -> None:
    """Render the datasheet as Markdown."""
    environment = Environment(  # noqa: S701  Markdown, not HTML: escaping would spoil it
        loader=PackageLoader("pipeline.release"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "percent": percent, "dollars": dollars}
    text = environment.get_template("datasheet.md").render(
        report=report, run=report.figures, tally=report.tally, synsets=report.synsets
    )
    path.write_text(text, encoding="utf-8", newline="\n")
