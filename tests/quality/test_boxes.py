"""Box arithmetic against fractions worked out by hand and against brute force."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.boxes import (
    as_boxes,
    edge_errors,
    ilsvrc_thresholds,
    iou_matrix,
    match_greedy,
    match_optimal,
    overlapping_pairs,
    sides,
)

edge = st.integers(0, 40)


@st.composite
def box(draw):
    x, y = draw(edge), draw(edge)
    return [x, y, x + draw(edge), y + draw(edge)]


boxes = st.lists(box(), max_size=4)


def square(side, x=0, y=0):
    return [x, y, x + side - 1, y + side - 1]


@pytest.mark.parametrize(
    ("first", "second", "iou"),
    [
        (square(10, 5, 5), square(20), Fraction(100, 400)),
        (square(10), square(10), Fraction(1)),
        ([0, 0, 0, 0], [0, 0, 1, 0], Fraction(1, 2)),
        ([0, 0, 9, 9], [5, 0, 14, 9], Fraction(50, 150)),
        ([0, 0, 9, 9], [10, 0, 19, 9], Fraction(0)),
        ([0, 0, 9, 9], [9, 9, 18, 18], Fraction(1, 199)),
    ],
)
def test_iou_counts_both_edges(first, second, iou):
    assert iou_matrix([first], [second])[0, 0] == float(iou)


def pixels(b):
    return {(x, y) for x in range(b[0], b[2] + 1) for y in range(b[1], b[3] + 1)}


@given(box(), box())
@settings(max_examples=50)
def test_iou_is_that_of_the_pixel_sets(first, second):
    a, b = pixels(first), pixels(second)
    assert iou_matrix([first], [second])[0, 0] == pytest.approx(len(a & b) / len(a | b))


def test_empty_lists_have_shape():
    assert iou_matrix([], [[0, 0, 1, 1]]).shape == (0, 1)
    assert match_greedy([[0, 0, 1, 1]], []).tolist() == [-1]
    assert match_optimal([[0, 0, 1, 1]], []).tolist() == [-1]
    assert match_optimal([], [[0, 0, 1, 1]]).shape == (0,)


@pytest.mark.parametrize("bad", [[[5, 0, 4, 9]], [[0, 0, 1]], [0, 0, 1, 1], [[0, 0, np.nan, 1]]])
def test_what_is_no_box_is_refused(bad):
    with pytest.raises(ValueError, match="box"):
        as_boxes(bad)


@pytest.mark.parametrize(
    ("side", "threshold"),
    [
        (5, Fraction(25, 225)),
        (10, Fraction(1, 4)),
        (15, Fraction(225, 625)),
        (20, Fraction(4, 9)),
        (25, Fraction(1, 2)),
    ],
)
def test_small_objects_are_forgiven_five_pixels(side, threshold):
    assert ilsvrc_thresholds([square(side)])[0] == float(threshold)


def test_a_quarter_overlap_counts_for_a_small_object_only():
    drawn, truth = [square(20)], [square(10, 5, 5)]
    assert match_greedy(drawn, truth).tolist() == [0]
    assert match_greedy(drawn, truth, [0.5]).tolist() == [-1]


def test_second_detection_of_one_object_is_false():
    truth = [square(30), square(30, 100)]
    assert match_greedy([square(30), square(30)], truth).tolist() == [0, -1]


def test_second_detection_may_take_a_neighbour_it_reaches():
    truth = [square(30), square(30, 4)]
    assert match_greedy([square(30), square(30)], truth).tolist() == [0, 1]


def test_iou_of_exactly_a_half_is_enough():
    assert match_greedy([[0, 0, 99, 99]], [[0, 0, 99, 49]]).tolist() == [0]


def test_optimal_pairs_where_greedy_takes_the_wrong_one():
    truth = [[0, 0, 99, 9], [20, 0, 119, 9]]
    drawn = [[8, 0, 107, 9], [-20, 0, 79, 9]]
    assert match_greedy(drawn, truth).tolist() == [0, -1]
    assert match_optimal(drawn, truth).tolist() == [1, 0]


@given(boxes, boxes)
@settings(max_examples=60, deadline=None)
def test_optimal_is_as_good_as_trying_all(first, second):
    overlap = iou_matrix(first, second)
    found = match_optimal(first, second, least_iou=0.3)
    rows = np.flatnonzero(found >= 0)
    assert len(set(found[rows])) == len(rows)
    got = (len(rows), pytest.approx(overlap[rows, found[rows]].sum()))
    assert got == best_pairing(overlap, 0.3)


def best_pairing(overlap, least):
    if overlap.shape[0] > overlap.shape[1]:
        overlap = overlap.T
    n, m = overlap.shape
    options = [
        [overlap[i, j] for i, j in enumerate(p) if overlap[i, j] >= least] for p in permutations(range(m), n)
    ]
    return max((len(option), sum(option)) for option in options)


def test_hundreds_of_boxes_are_matched():
    rng = np.random.default_rng(3)
    corner = rng.integers(0, 900, (300, 2))
    truth = np.hstack([corner, corner + rng.integers(10, 80, (300, 2))])
    order = rng.permutation(300)
    assert (order[match_optimal(truth, truth[order])] == np.arange(300)).all()


def test_same_object_twice_is_reported_once():
    drawn = [square(10), square(100, 200), square(10, 1), square(100, 201)]
    assert overlapping_pairs(drawn).tolist() == [[0, 2], [1, 3]]


def test_half_overlap_is_not_reported():
    assert overlapping_pairs([[0, 0, 99, 99], [0, 0, 99, 49]]).tolist() == []


def test_edge_errors_are_in_sides_of_the_truth():
    got = edge_errors([[-1, 2, 19, 12]], [[0, 0, 19, 9]])
    np.testing.assert_allclose(got, [[-1 / 20, 2 / 10, 0, 3 / 10]])


def test_sides_count_both_edges():
    assert sides([[3, 4, 3, 9]]).tolist() == [[1, 6]]
