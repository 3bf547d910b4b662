"""Agreement, against published tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quality.agreement import fleiss_kappa, krippendorff_alpha


def test_fleiss_of_the_textbook_table():
    """Ten subjects, fourteen raters, five categories: 0.210 (Fleiss 1971, as often reprinted)."""
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(table) == pytest.approx(0.210, abs=5e-4)


def test_krippendorff_by_hand():
    """Two images of two answers, one in agreement: observed 1/2, expected 1 - (3*2 + 1*0) / (4*3) = 1/2."""
    assert krippendorff_alpha([[2, 0], [1, 1]]) == pytest.approx(0)


def test_images_with_one_answer_say_nothing():
    full = [[3, 1], [0, 4]]
    assert fleiss_kappa([*full, [1, 0]]) == fleiss_kappa(full)
    assert krippendorff_alpha([*full, [1, 0]]) == krippendorff_alpha(full)


def test_coin_flips_agree_by_chance():
    yes = np.random.default_rng(0).binomial(8, 0.5, 4000)
    counts = np.stack([yes, 8 - yes], axis=1)
    assert fleiss_kappa(counts) == pytest.approx(0, abs=0.02)
    assert krippendorff_alpha(counts) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("counts", [np.zeros((0, 2)), [[1, 0]], [[3, 0], [2, 0]]])
def test_nothing_to_agree_on_is_no_number(counts):
    assert math.isnan(fleiss_kappa(counts))
    assert math.isnan(krippendorff_alpha(counts))


def test_rows_that_are_alike_may_be_counted_instead_of_repeated():
    counts, times = np.array([[3, 1, 0], [0, 2, 2], [1, 0, 0]]), np.array([4, 2, 9])
    repeated = krippendorff_alpha(np.repeat(counts, times, axis=0))
    assert krippendorff_alpha(counts, times) == pytest.approx(repeated)
