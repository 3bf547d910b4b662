"""DATASHEET.md: how the dataset came about, generated from the same figures as the report.

The questions follow Gebru et al. 2021, "Datasheets for Datasets".
"""

from __future__ import annotations

from pathlib import Path

from pipeline.release.documents import written
from pipeline.release.report import Report


def write_datasheet(path: Path, report: Report) -> None:
    """Render the datasheet as Markdown."""
    text = written(
        "datasheet.md", report=report, run=report.figures, tally=report.tally, synsets=report.synsets
    )
    path.write_text(text, encoding="utf-8", newline="\n")
