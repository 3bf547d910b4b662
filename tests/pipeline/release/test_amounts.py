"""Numbers as people read them."""

import pytest

from pipeline.release.amounts import dollars, percent


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.622, "62.2 %"), (0.9971, "99.71 %"), (0.0033, "0.33 %")],
)
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "$0.00"), (4.25, "4.2 ¢"), (40, "40 ¢"), (100, "$1.00"), (1234567, "$12,345.67")]
)
def test_dollars(cents, text):
    assert dollars(cents) == text
