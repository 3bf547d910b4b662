"""Charts are well-formed, stay inside their frame and escape their labels."""

import re
from dataclasses import dataclass

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from pipeline.release import plots


@dataclass(frozen=True)
class Shares:
    share: float
    low: float
    high: float


def inside(svg):
    """Whether every coordinate lies in the view box."""
    root = ElementTree.fromstring(str(svg))
    width, height = map(float, root.get("viewBox").split()[2:])
    for mark in root.iter():
        x, y = mark.get("x") or mark.get("cx"), mark.get("y") or mark.get("cy")
        if x and not (0 <= float(x) <= width and 0 <= float(y) <= height):
            return False
    return True


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 10**9)), max_size=14))
def test_columns_fit(bars):
    bars = [(re.sub(r"[^\w<&]", "", label), value) for label, value in bars]
    assert inside(plots.columns(bars, "title", "unit"))


shares = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(sorted)


@given(st.lists(shares, min_size=1, max_size=5))
def test_intervals_fit(rows):
    dots = [plots.Dot("row", Shares(share, low, high), reference=0.5) for low, share, high in rows]
    assert inside(plots.intervals(dots, "title"))


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=3).map(sorted), st.integers(0, 10**6))
def test_wages_fit(hourly, target):
    assert inside(plots.wages(hourly, target, "title"))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 50), st.floats(0, 1), st.booleans()), max_size=9))
def test_scatter_fits(points):
    marks = [plots.Point("word", x, y, weight, named) for x, y, weight, named in points]
    assert inside(plots.scatter(marks, "title", "across", "upwards"))


@pytest.mark.parametrize(
    "svg",
    [
        plots.columns([("<script>", 1)], '"><script>', "<b>"),
        plots.scatter([plots.Point("<script>", 0.5, 1, 1, True)], "t", "<i>", "<i>"),
    ],
)
def test_labels_are_escaped(svg):
    assert "<script>" not in svg
    assert "<b>" not in svg
    assert "<i>" not in svg
