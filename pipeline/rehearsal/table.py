"""A forecast as tables for the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table

from pipeline.rehearsal.forecast import Forecast, Quality, Share

NOTHING = "–"
GIVE_GOLD = "A column `gold` in the list of candidates gives more, and with more of it more is accepted."


def render(forecast: Forecast) -> RenderableType:
    """Show what a run would cost, kind by kind, and how good it would be, synset by synset."""
    told = [_summary(forecast), *forecast.warnings, *([GIVE_GOLD] if forecast.warnings else [])]
    return Group(_cost_table(forecast), "", _quality_table(forecast), "", *told)


def _cost_table(forecast: Forecast) -> Table:
    table = _table("What it would cost", "HIT kind")
    for heading in ("assignments", "items", "dollars", "hours", "dollars an hour"):
        table.add_column(heading, justify="right")
    for one in forecast.spent:
        hours = one.active_seconds / 3600
        table.add_row(
            one.kind,
            f"{one.assignments:,}",
            f"{one.items:,}",
            _dollars(one.cents),
            f"{hours:.1f}",
            _dollars(one.cents / hours) if hours else NOTHING,
        )
    return table


def _quality_table(forecast: Forecast) -> Table:
    table = _table("How good it would be: % with 95 % intervals", "synset")
    for heading in ("images", "unsure", "precision", "recall", "boxes found", "IoU", "copies found"):
        table.add_column(heading, justify="right", min_width=max(map(len, heading.split())))
    for wnid, quality in forecast.synsets.items():
        table.add_row(wnid, *_cells(quality))
    table.add_section()
    table.add_row("all", *_cells(forecast.all), style="bold")
    return table


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    table.add_column(first, no_wrap=True)
    return table


def _cells(quality: Quality) -> list[str]:
    known = quality.copies.whole
    copies = f"{quality.copies.part} of {known}" if known else str(quality.duplicates)
    return [
        f"{quality.candidates:,}",
        f"{quality.unsure.part:,}",
        _share(quality.precision),
        _share(quality.recall),
        _share(quality.coverage),
        NOTHING if quality.mean_iou is None else f"{quality.mean_iou:.2f}",
        copies,
    ]


def _summary(forecast: Forecast) -> str:
    cost, crew = forecast.cost, forecast.crew
    return (
        f"{_dollars(cost.cents)} dollars, {cost.worker_hours:.1f} hours of work: "
        f"{cost.days:.1f} days for {crew.workers} people who give {crew.hours_a_day:g} hours a day."
    )


def _share(share: Share) -> str:
    if share.low is None or share.high is None:
        return NOTHING
    return f"{_percent(share.value)} ({100 * share.low:.0f}–{100 * share.high:.0f})"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f}"


def _dollars(cents: float) -> str:
    return f"{cents / 100:,.2f}"
