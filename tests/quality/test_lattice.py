"""How pictures lie on the multiples of a JPEG's steps: as theory says, within what noise does."""

import pytest

from quality.lattice import fit_to, roughness
from tests.quality.test_descent import photo, stored


@pytest.mark.parametrize("quality", [50, 75, 90])
def test_what_keeps_every_level_lies_on_the_multiples(quality):
    jpeg = stored(photo(), quality=quality)
    fit = fit_to(jpeg, stored(jpeg, "PNG"))
    assert fit.crowded and fit.within
    assert (fit.crowding, fit.strength) == (pytest.approx(1, abs=0.15), pytest.approx(1, abs=0.01))
    assert fit.spread < 0.02


@pytest.mark.parametrize("quality", [50, 75, 90])
def test_what_it_was_made_from_is_spread_evenly_between(quality):
    source = stored(photo(), "PNG")
    fit = fit_to(stored(source, quality=quality), source)
    assert fit.within and not fit.crowded
    # The variance of an even spread over a step, but the larger coefficients are, the rarer.
    assert fit.spread == pytest.approx(1 / 12, rel=0.25)


def test_another_picture_lies_anywhere():
    fit = fit_to(stored(photo(), quality=75), stored(photo().rotate(90), "PNG"))
    assert not fit.within and not fit.crowded


def test_only_jpegs_have_a_lattice():
    assert fit_to(stored(photo(), "PNG"), stored(photo(), quality=75)) is None
    assert fit_to(stored(photo(8).crop((0, 0, 7, 7)), quality=75), photo(8).crop((0, 0, 7, 7))) is None


def test_histograms_are_smooth_until_quantised_twice():
    once = stored(photo(), quality=75)
    first, second = roughness(once, stored(once, quality=80))
    assert first < 4.5 < 5 < second
    assert max(roughness(once, stored(photo(), quality=80))) < 4.5
    assert roughness(once, once) == (0, 0)  # no ratio of steps to tell by
