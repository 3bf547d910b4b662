"""Small charts as inline SVG: they take their colours from the page, so they follow light, dark and print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup, escape

from pipeline.release.amounts import dollars, percent

WIDTH = 340


class Interval(Protocol):
    """A share and its 95 % interval."""

    @property
    def share(self) -> float:
        """The share as counted."""

    @property
    def low(self) -> float:
        """Lower bound."""

    @property
    def high(self) -> float:
        """Upper bound."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One row of `intervals`; ``reference`` is a published share to compare with."""

    label: str
    value: Interval
    reference: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One mark of `scatter`, x in [0, 1]; the area of its disc follows ``weight`` in [0, 1]."""

    label: str
    x: float
    y: float
    weight: float
    named: bool


def columns(bars: Sequence[tuple[str, int]], title: str, unit: str) -> Markup:
    """A histogram with the count above each column."""
    top = max((value for _, value in bars), default=0) or 1
    step = (WIDTH - 10) / max(len(bars), 1)
    wide = min(step * 0.72, 46)
    marks = [_line(5, 150, WIDTH - 5, 150, "axis")]
    for number, (label, value) in enumerate(bars):
        middle, height = 5 + step * (number + 0.5), 120 * value / top
        marks.append(_rect(middle - wide / 2, 150 - height, wide, height, "bar"))
        marks.append(_text(middle, 144 - height, f"{value:,}" if value else "", "value middle"))
        marks.append(_text(middle, 166, label, "tick middle"))
    marks.append(_text(WIDTH / 2, 184, unit, "unit middle"))
    return _svg(190, title, marks)


def intervals(rows: Sequence[Dot], title: str, floor: float = 0.0) -> Markup:
    """A row a share: its dot, its interval, and a diamond where the published figure lies."""
    low = min([floor, *(row.value.low for row in rows), *(row.reference or 1 for row in rows)])
    marks = []
    for number, row in enumerate(rows):
        y = 44 * number + 30
        marks += [
            _text(8, y - 13, row.label, "label"),
            _text(WIDTH - 8, y - 13, percent(row.value.share), "value end"),
            _line(8, y, WIDTH - 8, y, "track"),
            _line(_along(row.value.low, low), y, _along(row.value.high, low), y, "interval"),
            _disc(_along(row.value.share, low), y, 5, "dot"),
        ]
        if row.reference is not None:
            marks.append(_diamond(_along(row.reference, low), y))
    bottom = 44 * len(rows) + 16
    for share in (low, (1 + low) / 2, 1.0):
        side = "start" if share == low else "end" if share == 1 else "middle"
        marks.append(_text(_along(share, low), bottom, percent(share), f"tick {side}"))
    return _svg(bottom + 8, title, marks)


def wages(hourly_cents: Sequence[int], target: int | None, title: str) -> Markup:
    """The 10th to 90th percentile of hourly wages as a band, the median as a dot, the aim as a diamond."""
    low, middle, high = hourly_cents
    scale = 300 / (max(high, target or 0) * 1.1 or 1)
    x = [20 + cents * scale for cents in (low, middle, high)]
    marks = [
        _line(20, 52, 320, 52, "track"),
        _line(x[0], 52, x[2], 52, "interval"),
        _disc(x[1], 52, 6, "dot"),
    ]
    for place, cents, note in zip(x, (low, middle, high), ("10th", "median", "90th"), strict=True):
        marks.append(_text(place, 36, dollars(cents), "value middle"))
        marks.append(_text(place, 20, note, "tick middle"))
    if target:
        marks.append(_diamond(20 + target * scale, 52))
        marks.append(_text(20 + target * scale, 76, f"aim {dollars(target)}", "tick middle"))
    return _svg(84, title, marks)


def scatter(points: Sequence[Point], title: str, across: str, upwards: str) -> Markup:
    """Shares across, any amount upwards; the marks worth naming are named."""
    top = max((point.y for point in points), default=0) * 1.12 or 1
    far = min(1.0, math.ceil(max((point.x for point in points), default=1) * 10 + 0.5) / 10)
    named: list[tuple[float, float]] = []
    marks = [_line(30, 200, 330, 200, "axis"), _line(30, 20, 30, 200, "axis")]
    for share in (0, far / 2, far):
        marks.append(_text(30 + 290 * share / far, 216, percent(share), "tick middle"))
    for amount in (0, top / 2, top):
        marks.append(_text(26, 204 - 180 * amount / top, f"{amount:.1f}", "tick end"))
    for point in sorted(points, key=lambda point: -point.y):
        x, y = 30 + 290 * point.x / far, 200 - 180 * point.y / top
        hint = f"{point.label}: {percent(point.x)}, {point.y:.2f}"
        marks.append(_disc(x, y, 3 + 6 * point.weight**0.5, "point", hint))
        if point.named and all(abs(y - v) > 13 or abs(x - u) > 110 for u, v in named):
            named.append((x, y))
            side, shift = ("end", -9) if x > WIDTH / 2 else ("start", 9)
            marks.append(_text(x + shift, y + 4, point.label, f"tick {side}"))
    marks += [_text(180, 234, across, "unit middle"), _text(36, 14, upwards, "unit")]
    return _svg(240, title, marks)


def _along(share: float, low: float) -> float:
    return 8 + (WIDTH - 16) * (share - low) / (1 - low)


def _svg(height: float, title: str, marks: Iterable[Markup]) -> Markup:
    body = Markup("").join(marks)
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, round(height), title, body
    )


def _text(x: float, y: float, text: str, style: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, style, text)


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return Markup('<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}" class="{}"/>').format(x1, y1, x2, y2, style)


def _rect(x: float, y: float, width: float, height: float, style: str) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        x, y, width, height, style
    )


def _disc(x: float, y: float, radius: float, style: str, hint: str = "") -> Markup:
    title = Markup("<title>{}</title>").format(hint) if hint else ""
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" class="{}">{}</circle>').format(
        x, y, radius, escape(style), title
    )


def _diamond(x: float, y: float) -> Markup:
    return Markup('<path d="M{:.1f} {:.1f}l6 6l-6 6l-6 -6z" class="reference"/>').format(x, y - 6)
