"""Ballots: converted, checked, counted."""

from __future__ import annotations

import numpy as np
import pytest

from quality.arrays import Ballots, tally


def test_columns_get_their_types_and_defaults():
    ballots = Ballots.of([0, 2], [1, 0], [1, -1], n_items=3, n_workers=2)
    assert (ballots.item.dtype, ballots.answer.dtype) == (np.int32, np.int8)
    assert ballots.images.gold.tolist() == [-1, -1, -1]
    assert np.isnan(ballots.images.prior).all()
    assert (ballots.n_items, ballots.n_votes, ballots.images.n_synsets) == (3, 2, 1)


@pytest.mark.parametrize(
    ("columns", "extra", "complaint"),
    [
        (([0], [0, 1], [1]), {}, "worker has shape"),
        (([3], [0], [1]), {}, r"item\[0\] is 3"),
        (([0], [2], [1]), {}, r"worker\[0\] is 2"),
        (([0], [0], [2]), {}, r"answer\[0\] is 2"),
        (([0], [0], [1]), {"gold": [0, 0, 5]}, r"gold\[2\] is 5"),
        (([0], [0], [1]), {"prior": [0.5, 1.5, 0.5]}, r"prior\[1\] is 1.5"),
        (([0], [0], [1]), {"synset": [0, 0]}, "synset has shape"),
    ],
)
def test_nonsense_is_refused_by_name(columns, extra, complaint):
    with pytest.raises(ValueError, match=complaint):
        Ballots.of(*columns, n_items=3, n_workers=2, **extra)


def test_tally_counts_each_kind_of_answer():
    item = np.array([0, 0, 2, 2, 2], np.int32)
    answer = np.array([1, 0, -1, 1, 1], np.int8)
    assert tally(item, answer, 3).tolist() == [[1, 1, 0], [0, 0, 0], [2, 0, 1]]


def test_no_votes_and_no_images_are_fine():
    assert Ballots.of([], [], [], n_items=0, n_workers=0).images.n_synsets == 0


def test_pick_and_take_keep_the_rows_asked_for():
    ballots = Ballots.of([0, 1, 1], [0, 0, 1], [1, 0, 1], n_items=2, n_workers=2, gold=[1, -1])
    assert ballots.pick(ballots.item == 1).answer.tolist() == [0, 1]
    assert ballots.images.take(np.array([1, 0])).gold.tolist() == [-1, 1]
