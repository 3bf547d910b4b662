"""Arrivals: the first of each picture stays, and what copies it goes."""

import numpy as np

from quality.copies import Copies
from quality.first_copies import first_copies
from quality.same_picture import Agreement


def copies(*pairs: tuple[int, int, float]) -> Copies:
    """Measured pairs (left, right, probability); of equal pictures where that is 1."""
    left, right, chance = (np.array(column) for column in zip(*pairs, strict=True))
    nothing = np.zeros(len(pairs))
    measured = Agreement._make([nothing] * len(Agreement._fields))
    measured = measured._replace(probability=chance, identical=chance == 1)
    return Copies(left, right, np.zeros(len(pairs), np.int64), measured)


def test_the_first_stays_and_sure_copies_go() -> None:
    assert first_copies(copies((0, 1, 0.99), (0, 2, 0.5), (1, 2, 0.5)), 0, 0.95) == {1: (0, 0.99)}


def test_what_was_held_stays() -> None:
    assert first_copies(copies((0, 1, 0.99), (1, 2, 0.97)), 2, 0.95) == {2: (1, 0.97)}


def test_a_chain_through_an_unequal_picture_is_cut() -> None:
    assert first_copies(copies((0, 1, 0.99), (1, 2, 0.99)), 0, 0.95) == {1: (0, 0.99)}


def test_equals_of_a_copy_go_with_it() -> None:
    # Of equal pictures the first alone is compared with others.
    found = first_copies(copies((0, 1, 0.99), (1, 2, 1.0), (1, 3, 1.0)), 1, 0.95)
    assert found == {1: (0, 0.99), 2: (0, 0.99), 3: (0, 0.99)}
