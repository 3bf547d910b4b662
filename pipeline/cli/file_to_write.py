"""An option's file that is written after the work, and whose place is looked at before."""

from __future__ import annotations

from pathlib import Path

import click


class FileToWrite(click.Path):
    """A file in a folder that is there, which may be written."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Give the path, or complain of it as click does."""
        file = Path(str(super().convert(value, param, ctx)))  # type: ignore[arg-type]
        if not file.absolute().parent.is_dir():
            self.fail(f"There is no folder {file.absolute().parent}.", param, ctx)
        return file
