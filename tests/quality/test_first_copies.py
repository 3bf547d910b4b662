"""Arrivals: the best of each picture stays, and what copies it goes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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


def first(found: Copies, held: int = 0, n: int = 4, rank: list[int] | None = None) -> dict:
    """The first `held` rows stay; rows stay in order unless ranked."""
    return first_copies(found, np.array(rank or range(n)), np.arange(n) < held, 0.95)


def test_the_first_stays_and_sure_copies_go() -> None:
    assert first(copies((0, 1, 0.99), (0, 2, 0.5), (1, 2, 0.5))) == {1: (0, 0.99)}


def test_what_was_held_stays() -> None:
    assert first(copies((0, 1, 0.99), (1, 2, 0.97)), held=2) == {2: (1, 0.97)}


def test_a_chain_through_an_unequal_picture_is_cut() -> None:
    assert first(copies((0, 1, 0.99), (1, 2, 0.99))) == {1: (0, 0.99)}


def test_equals_of_a_copy_go_with_it() -> None:
    # Of equal pictures the first alone is compared with others.
    found = first(copies((0, 1, 0.99), (1, 2, 1.0), (1, 3, 1.0)), held=1)
    assert found == {1: (0, 0.99), 2: (0, 0.99), 3: (0, 0.99)}


def test_the_better_stays_whichever_came_first() -> None:
    pairs = copies((0, 1, 0.99), (0, 2, 0.97))
    assert first(pairs, rank=[2, 0, 1, 3]) == {0: (1, 0.99)}  # 2 was a copy of what goes
    assert first(pairs, rank=[1, 2, 0, 3]) == {0: (2, 0.97)}
    assert first(pairs, held=1, rank=[2, 0, 1, 3]) == {1: (0, 0.99), 2: (0, 0.97)}


def test_the_best_of_equals_stands_for_them() -> None:
    pairs = copies((0, 1, 1.0), (0, 2, 0.97))
    assert first(pairs, rank=[1, 0, 2, 3]) == {0: (1, 1.0), 2: (1, 0.97)}
    assert first(pairs, rank=[2, 1, 0, 3]) == {0: (2, 0.97), 1: (2, 0.97)}


PAIR = st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from([0.5, 0.96, 0.99, 1.0]))


@given(
    st.lists(PAIR.filter(lambda pair: pair[0] < pair[1]), min_size=1), st.permutations(range(8)), st.data()
)
def test_who_goes_copies_who_stays(pairs, rank, data) -> None:
    fixed = np.array(data.draw(st.lists(st.booleans(), min_size=8, max_size=8)))
    found = first_copies(copies(*pairs), np.array(rank), fixed, 0.95)
    assert not any(fixed[row] for row in found)
    assert all(original not in found for original, _ in found.values())
    sure = {row for left, right, chance in pairs if chance >= 0.95 for row in (left, right)}
    assert set(found) <= sure
    for left, right, chance in pairs:
        if chance >= 0.95 and not fixed[left] and not fixed[right]:
            assert left in found or right in found
