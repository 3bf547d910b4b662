"""A run as it goes: stage by stage, images, votes, boxes, cents, and the time that is left."""

from __future__ import annotations

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipeline import progress_figures
from pipeline.cli.columns import allowed
from pipeline.errors import SynsetterError
from pipeline.progress_figures import Figures
from pipeline.release.amounts import count
from pipeline.runner import Tick
from pipeline.toolbox import Toolbox

REFRESH_SECONDS = 1.0
BAR = 24


class Progress:
    """Shows a live table on a terminal, and a line now and then elsewhere."""

    def __init__(self, tools: Toolbox, quiet: bool) -> None:
        self._tools, self._quiet = tools, quiet
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._began = time.monotonic()
        self._shown = 0.0
        self._first: Figures | None = None

    def __enter__(self) -> Self:
        """Take the terminal."""
        if not self._quiet:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the last state and give the terminal back."""
        if not self._quiet:
            with suppress(SynsetterError):  # a database that fails has failed before, and is told of then
                self._show()
            self._live.stop()
            if not self._console.is_terminal:  # rich leaves the last line open there
                self._console.print()

    def show(self, _tick: Tick) -> None:
        """Show where the run stands, at most once a second."""
        if not self._quiet and time.monotonic() - self._shown > REFRESH_SECONDS:
            self._show()

    def _show(self) -> None:
        with self._tools.store.reading() as session:
            figures = progress_figures.read(session, self._tools.settings.crowd.budget_cents)
        self._first = self._first or figures
        self._shown = time.monotonic()
        self._live.update(self._table(figures), refresh=True)

    def _table(self, figures: Figures) -> Table:
        table = Table(box=None, pad_edge=False)
        for column in ("stage", "", "done", "of", ""):
            table.add_column(column, justify="right" if column in ("done", "of") else "left")
        for stage in figures.stages:
            share = stage.done / stage.total if stage.total else 0.0
            bar = "━" * round(BAR * share)
            table.add_row(
                stage.name, f"[cyan]{bar:<{BAR}}[/]", f"{stage.done:,}", f"{stage.total:,}", stage.note
            )
        paid = f"{figures.paid:,} cents paid, {figures.committed:,} in flight"
        money = f"{paid}, {allowed(figures.ceiling)}"
        table.add_row("market", "", "", "", f"{count(figures.open_hits, 'HIT')} open; {money}")
        table.add_row("time", "", "", "", self._time(figures))
        return table

    def _time(self, figures: Figures) -> str:
        assert self._first is not None
        spent = time.monotonic() - self._began
        gained = figures.settled_share - self._first.settled_share
        if gained <= 0.02:
            return f"{clock(spent)} so far"
        return f"{clock(spent)} so far, about {clock(spent * (1 - figures.settled_share) / gained)} left"


def clock(seconds: float) -> str:
    """Write seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
