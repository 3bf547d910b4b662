"""Writes docs/commands.md: what every command says of itself. `make docs` runs it; a test tells when to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.cli.program import synsetter

PAGE = Path(__file__).with_suffix(".md")
WIDTH = 96
HEAD = """# The commands

Every command, as its `--help` tells it. This page is written by `make docs`; do not edit it.

Exit codes: 0 done, 1 our fault, 2 yours (the message says what to change), 3 the world's (a server, a disk:
try again), 4 another pipeline is at work, 130 stopped by Ctrl-C. After any of them the same command goes on
where it was.
"""


def page() -> str:
    """Write the page."""
    return HEAD + "".join(_sections(synsetter, "synsetter", 2))


def _sections(command: click.Command, path: str, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=path, terminal_width=WIDTH)
    yield f"\n{'#' * min(level, 3)} {path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _sections(found, f"{path} {name}", level + 1)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
