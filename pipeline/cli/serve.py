"""synsetter serve: the HIT pages that workers' browsers open."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Worker processes; each has 8 threads.",
)
@click.pass_context
def serve(ctx: click.Context, processes: int) -> None:
    """Serve the HIT pages at sites.host and sites.port, until stopped."""
    parent = ctx.parent
    assert parent is not None
    arguments = ["--processes", str(processes)]
    if parent.params["config"]:
        arguments += ["--config", str(parent.params["config"])]
    for assignment in parent.params["assignments"]:
        arguments += ["--set", assignment]
    # The pages are a building of their own: the program starts them, and never imports them.
    os.execv(sys.executable, [sys.executable, "-m", "sites", *arguments])  # noqa: S606
