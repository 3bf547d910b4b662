"""Boxes: overlap, matching with truth, duplicates, edge errors.

A box is a row ``xmin, ymin, xmax, ymax`` in pixels. Both corners belong to it, so its width is
``xmax - xmin + 1``, as in the ILSVRC evaluation code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Boxes = NDArray[np.float64]


def as_boxes(boxes: ArrayLike) -> Boxes:
    """Boxes as an array of shape (n, 4); an empty list becomes (0, 4).

    Raises
    ------
    ValueError
        If the shape is not (n, 4), a value is not finite, or a box is inside out.
    """
    array = np.asarray(boxes, dtype=np.float64)
    if array.size == 0:
        return array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes have shape {array.shape}, not (n, 4)")
    if not np.isfinite(array).all() or (array[:, 2:] < array[:, :2]).any():
        raise ValueError("a box is inside out or not finite")
    return array


def sides(boxes: ArrayLike) -> NDArray[np.float64]:
    """Width and height of each box, shape (n, 2), in pixels, both edges counted.

    >>> sides([[0, 0, 9, 19]]).tolist()
    [[10.0, 20.0]]
    """
    array = as_boxes(boxes)
    return np.asarray(array[:, 2:] - array[:, :2] + 1)


def iou_matrix(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of every pair, shape (n, m).

    Source: ILSVRC devkit, ``compute_overlap``.

    >>> float(iou_matrix([[5, 5, 14, 14]], [[0, 0, 19, 19]])[0, 0])
    0.25
    """
    a, b = as_boxes(first), as_boxes(second)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low + 1, 0, None).prod(axis=2)
    return np.asarray(shared / (sides(a).prod(axis=1)[:, None] + sides(b).prod(axis=1) - shared))


def ilsvrc_thresholds(truth: ArrayLike) -> NDArray[np.float64]:
    """IoU at which a detection of each true box counts, shape (n,): min(1/2, w h / ((w+10) (h+10))).

    It forgives about five pixels at each side, which matters for objects below 25 x 25 pixels.
    Source: ILSVRC detection evaluation; Russakovsky et al. 2015, section 4.3.

    >>> ilsvrc_thresholds([[0, 0, 9, 9], [0, 0, 24, 24]]).tolist()
    [0.25, 0.5]
    """
    size = sides(truth)
    return np.asarray(np.minimum(0.5, size.prod(axis=1) / (size + 10).prod(axis=1)))


def match_greedy(
    boxes: ArrayLike, truth: ArrayLike, thresholds: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Index of the true box that each box finds, or -1, shape (n,).

    Boxes choose in the order given (the most confident first): each takes, among the true boxes still
    free whose threshold it reaches, the one it overlaps most. Source: ILSVRC ``eval_detection``.

    Parameters
    ----------
    thresholds
        Least IoU of each true box, shape (m,); by default `ilsvrc_thresholds`.
    """
    overlap = iou_matrix(boxes, truth)
    least = ilsvrc_thresholds(truth) if thresholds is None else np.asarray(thresholds, dtype=np.float64)
    overlap[overlap < least] = -1
    found = np.full(len(overlap), -1, dtype=np.int64)
    for row in range(len(overlap) if overlap.shape[1] else 0):
        best = int(overlap[row].argmax())
        if overlap[row, best] >= 0:
            found[row] = best
            overlap[:, best] = -1
    return found


def match_optimal(boxes: ArrayLike, truth: ArrayLike, least_iou: float = 0.5) -> NDArray[np.int64]:
    """Index of the true box that each box is paired with, or -1, shape (n,), whatever the order.

    Among all one-to-one pairings of boxes with IoU of at least ``least_iou`` it takes one with the most
    pairs, and among those one with the greatest sum of IoU.
    """
    overlap = iou_matrix(boxes, truth)
    n, m = overlap.shape
    allowed = overlap >= least_iou
    gain = np.where(allowed, overlap + min(n, m) + 1, 0)
    column = _assign(-gain) if n <= m else _inverse(_assign(-gain.T), n)
    row = np.arange(n)
    paired = (column >= 0) & (allowed[row, column] if m else False)
    return np.where(paired, column, -1)


def _inverse(assigned: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    inverse = np.full(n, -1, dtype=np.int64)
    inverse[assigned] = np.arange(len(assigned))
    return inverse


def _assign(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column of each row in a cheapest complete assignment (rows <= columns), by shortest augmenting paths.

    Source: Jonker and Volgenant 1987. Column ``m`` is the start of each path and belongs to no one.
    """
    n, m = cost.shape
    owner = np.full(m + 1, -1, dtype=np.int64)
    row_price, column_price = np.zeros(n), np.zeros(m + 1)
    for row in range(n):
        owner[m], column = row, m
        slack, before, done = np.full(m, np.inf), np.full(m, m), np.zeros(m + 1, dtype=bool)
        while owner[column] >= 0:
            done[column] = True
            reduced = cost[owner[column]] - row_price[owner[column]] - column_price[:m]
            nearer = ~done[:m] & (reduced < slack)
            slack[nearer], before[nearer] = reduced[nearer], column
            column = int(np.where(done[:m], np.inf, slack).argmin())
            step = slack[column]
            row_price[owner[done]] += step
            column_price[done] -= step
            slack[~done[:m]] -= step
        while column != m:
            owner[column], column = owner[before[column]], int(before[column])
    return np.argsort(np.where(owner[:m] >= 0, owner[:m], n), kind="stable")[:n]


def overlapping_pairs(boxes: ArrayLike, above: float = 0.5) -> NDArray[np.int64]:
    """Pairs i < j of boxes of one class in one image with IoU greater than ``above``, shape (k, 2).

    About three in five such pairs are one object boxed twice, the others neighbours: show them to a person,
    never delete by rule. Source: Russakovsky et al. 2015, appendix E.

    >>> overlapping_pairs([[0, 0, 9, 9], [0, 0, 9, 8], [50, 50, 59, 59]]).tolist()
    [[0, 1]]
    """
    overlap = np.triu(iou_matrix(boxes, boxes), k=1)
    return np.argwhere(overlap > above)


def edge_errors(boxes: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """How far each edge is off, in units of the true box's side along that axis, shape (n, 4).

    Row i compares ``boxes[i]`` with ``truth[i]``; positive is to the right or down.

    >>> edge_errors([[1, 0, 9, 24]], [[0, 0, 9, 19]]).tolist()
    [[0.1, 0.0, 0.0, 0.25]]
    """
    size = sides(truth)
    return (as_boxes(boxes) - as_boxes(truth)) / np.hstack([size, size])
