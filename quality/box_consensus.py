"""Several workers' boxes of one image: which of them are one instance, and where it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.boxes import Boxes, as_boxes, iou_matrix


def median_box(boxes: ArrayLike) -> NDArray[np.float64]:
    """The median of each edge over several draws of one instance, shape (4,).

    The median because edge errors are heavy-tailed: one slip of the mouse must not move the box. With an
    even number of draws an edge may fall between two pixels.

    Raises
    ------
    ValueError
        If there are no boxes.

    >>> median_box([[0, 0, 9, 9], [1, 0, 10, 9], [1, 70, 90, 80]]).tolist()
    [1.0, 0.0, 10.0, 9.0]
    """
    array = as_boxes(boxes)
    if not len(array):
        raise ValueError("no boxes to take the median of")
    return np.asarray(np.median(array, axis=0))


def cluster_instances(boxes: ArrayLike, workers: ArrayLike, least_iou: float = 0.3) -> NDArray[np.int64]:
    """Instance number of each box, shape (n,), numbered in order of first appearance.

    Boxes are joined from the most alike downwards (average linkage on IoU), as long as the mean IoU
    reaches ``least_iou`` and no worker has two boxes in one instance: nobody draws one object twice on
    purpose, so two boxes of one worker are two objects.

    Parameters
    ----------
    boxes
        Shape (n, 4).
    workers
        Who drew each box, shape (n,), any dtype that can be compared.

    >>> cluster_instances([[0, 0, 9, 9], [40, 0, 49, 9], [1, 0, 9, 9]], [1, 1, 2]).tolist()
    [0, 1, 0]
    """
    likeness = iou_matrix(boxes, boxes)
    drawer = np.asarray(workers)
    likeness[drawer[:, None] == drawer] = -np.inf
    label, size = np.arange(len(likeness)), np.ones(len(likeness))
    while len(likeness):
        first, second = np.unravel_index(int(likeness.argmax()), likeness.shape)
        if likeness[first, second] < least_iou:
            break
        weight = size[first] + size[second]
        joined = (size[first] * likeness[first] + size[second] * likeness[second]) / weight
        likeness[first], likeness[:, first] = joined, joined
        likeness[second], likeness[:, second] = -np.inf, -np.inf
        size[first] = weight
        label[label == label[second]] = label[first]
    return _renumbered(label)


def _renumbered(label: NDArray[np.int64]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def consensus_boxes(
    boxes: ArrayLike, workers: ArrayLike, looked: int, least_share: float = 0.5, least_iou: float = 0.3
) -> Boxes:
    """The boxes that enough of the workers who looked agree on, shape (k, 4).

    Parameters
    ----------
    looked
        Number of workers who were shown the image, those who drew nothing included.
    least_share
        Share of them that an instance needs.

    Raises
    ------
    ValueError
        If more workers drew than looked.
    """
    array, drawer = as_boxes(boxes), np.asarray(workers)
    if len(np.unique(drawer)) > looked:
        raise ValueError(f"{len(np.unique(drawer))} workers drew, but only {looked} looked")
    label = cluster_instances(array, drawer, least_iou)
    kept = np.flatnonzero(np.bincount(label) >= max(1, least_share * looked))
    return as_boxes([median_box(array[label == instance]) for instance in kept])
