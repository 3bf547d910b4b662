import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.intervals import beta_below, beta_quantile, jeffreys, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (0, 0, 0.0, 1.0),
    ],
)
def test_newcombes_values(part: int, whole: int, low: float, high: float) -> None:
    assert [float(bound) for bound in wilson(part, whole)] == pytest.approx([low, high], abs=5e-5)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0.5, 0.999))
def test_the_share_lies_between_its_bounds(part: int, more: int, level: float) -> None:
    whole = part + more
    low, high = (float(bound) for bound in wilson(part, whole, level))
    assert 0 <= low <= high <= 1
    if whole:
        assert low - 1e-12 <= part / whole <= high + 1e-12


def test_the_other_share_has_the_mirrored_interval() -> None:
    part, whole = np.arange(11), 10
    low, high = wilson(part, whole)
    assert low == pytest.approx(1 - high[::-1])


@pytest.mark.parametrize("counts", [(-1, 3), (4, 3)])
def test_impossible_counts(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="part"):
        wilson(*counts)


def test_impossible_level() -> None:
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, 1.0)


def test_jeffreys_of_all_or_none_reaches_the_end() -> None:
    assert jeffreys(0, 10)[0] == 0
    assert jeffreys(10, 10)[1] == 1


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"), [(9, 10, 0.6187, 0.9890), (5, 10, 0.2235, 0.7765), (0, 10, 0, 0.2172)]
)
def test_jeffreys_of_a_table(hits: int, trials: int, low: float, high: float) -> None:
    assert jeffreys(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_a_beta_of_whole_numbers_is_a_binomial_tail() -> None:
    """Beta(2, 3) below 0.4 is the chance of two or more of four at 0.4."""
    tail = 1 - 0.6**4 - 4 * 0.4 * 0.6**3
    assert beta_below(0.4, 2, 3) == pytest.approx(tail, abs=1e-12)


@given(st.floats(0.001, 0.999), st.floats(0.4, 300), st.floats(0.4, 300))
def test_the_quantile_undoes_the_probability(p: float, a: float, b: float) -> None:
    assert beta_below(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-9)
