"""Groups of copies, and which copy of a group to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from quality.bucket_join import unite
from quality.signature import Signatures, border_of, chroma_of

Rows = NDArray[np.int64]
Floats = NDArray[np.floating]
Compare = Callable[[Rows, Rows], Floats]

COLOURLESS = 1.0
# What a copy is worth less than its source; and how many copies of copies are followed.
LESS, LONGEST_DESCENT = 0.1, 8


def duplicate_groups(n: int, left: Rows, right: Rows, compare: Compare, sure: float) -> list[Rows]:
    """Group n rows by sure pairs, so that every member is sure against one centre of its group.

    Two pictures may each be a sure copy of a third and still disagree (a chain through a collage, a plain
    middle): a chain is cut unless its ends agree with the picture in the middle.

    Parameters
    ----------
    n
        Number of rows.
    left, right
        (k,) the pairs that are sure copies.
    compare
        Gives the probabilities (m,) that pairs of rows are copies, for pairs that were never candidates.
    sure
        The least probability that joins.

    Returns
    -------
    list of (m,) arrays
        The groups of two or more, rows ascending, by their first row.
    """
    groups = [
        group
        for members in joined_rows(n, left, right)
        for group in _stars(members, left, right, compare, sure)
    ]
    return sorted(groups, key=lambda group: int(group[0]))


def joined_rows(n: int, left: Rows, right: Rows) -> list[Rows]:
    """Give the sets of two or more of n rows that pairs join, rows ascending.

    >>> [rows.tolist() for rows in joined_rows(6, np.array([1, 2]), np.array([4, 3]))]
    [[1, 4], [2, 3]]
    """
    roots = unite(np.arange(n), left, right)
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order])) + 1
    return [rows for rows in np.split(order, starts) if len(rows) > 1]


def _stars(members: Rows, left: Rows, right: Rows, compare: Compare, sure: float) -> list[Rows]:
    inside = np.isin(left, members)
    left, right = left[inside], right[inside]
    groups = []
    while len(members) > 1:
        ends = np.concatenate([left, right])
        if not len(ends):
            break
        rows, degree = np.unique(ends, return_counts=True)
        centre = rows[degree.argmax()]
        group = _around(
            centre, members, np.union1d(left[right == centre], right[left == centre]), compare, sure
        )
        groups.append(group)
        members = np.setdiff1d(members, group)
        still = ~(np.isin(left, group) | np.isin(right, group))
        left, right = left[still], right[still]
    return groups


def _around(centre: np.int64, members: Rows, linked: Rows, compare: Compare, sure: float) -> Rows:
    known = np.append(linked, centre)
    others = np.setdiff1d(members, known)
    agreeing = others[compare(np.full(len(others), centre), others) >= sure] if len(others) else others
    return np.sort(np.concatenate([known, agreeing]))


def best_first(group: Rows, merits: Mapping[str, Floats], weights: Mapping[str, float]) -> Rows:
    """Order a group by merit, the copy to keep first.

    Each merit (n,) is turned into ranks within the group, from 0 to 1, so that pixels and years may be mixed;
    the weighted ranks are added, and the smaller row wins a tie.

    Examples
    --------
    >>> merits = {"pixels": np.array([100, 900, 900]), "intact": np.array([1.0, 0.5, 1.0])}
    >>> best_first(np.array([0, 1, 2]), merits, {"pixels": 2, "intact": 1})
    array([2, 1, 0])
    """
    score = np.zeros(len(group))
    for name, weight in weights.items():
        levels, rank = np.unique(merits[name][group], return_inverse=True)
        score += weight * rank / max(len(levels) - 1, 1)
    return group[np.lexsort((group, -score))]


def intactness(signatures: Signatures) -> Floats:
    """Say how untouched (n, 4629) pictures look, (n,) in 0..1: a border and lost colour count against."""
    colour = np.abs(chroma_of(signatures) - 128).mean(axis=(1, 2)) > COLOURLESS
    left: Floats = (1 - border_of(signatures)) * np.where(colour, 1.0, 0.5)
    return left


def equals(n: int, left: Rows, right: Rows, identical: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Give the first row that is equal to each of n rows, (n,), and the pairs of unequal ones, (m,).

    Equal pictures say nothing of one another, and only the first of them is compared with others: what is
    measured between unequal ones holds for all that are equal to them.

    Parameters
    ----------
    left, right
        (k,) pairs of copies.
    identical
        (k,) which of them are of equal pictures.

    Examples
    --------
    >>> first, unequal = equals(3, np.array([0, 1]), np.array([1, 2]), np.array([False, True]))
    >>> first.tolist(), unequal.tolist()
    ([0, 1, 1], [0])
    """
    same = np.flatnonzero(identical)
    first = unite(np.arange(n), left[same], right[same])
    return first, np.flatnonzero(first[left] != first[right])


def edits_against(n: int, left: Rows, right: Rows, edited: Floats) -> Floats:
    """Average how edited each of n rows looks against its copies, (n,), 0 where it does not.

    Parameters
    ----------
    left, right
        (k,) pairs of copies.
    edited
        (k,) how edited the left one looks against the right one, negative the other way round.

    Examples
    --------
    >>> edits_against(3, np.array([0, 0]), np.array([1, 2]), np.array([0.5, 0.25])).tolist()
    [0.375, 0.0, 0.0]
    """
    ends = np.concatenate([left, right])
    marks = np.bincount(ends, np.maximum(np.concatenate([edited, -edited]), 0), minlength=n)
    average: Floats = marks / np.maximum(np.bincount(ends, minlength=n), 1)
    return average


def below_sources(worth: Floats, left: Rows, right: Rows, descent: Rows) -> Floats:
    """Value what was made from another copy below it, (n,): nothing that was lost comes back.

    Parameters
    ----------
    worth
        (n,) what each row is worth by itself.
    left, right
        (k,) pairs of copies.
    descent
        (k,) 1 where the left one was made from the right one, -1 the other way, 0 where nothing is known.

    Examples
    --------
    >>> worth, left, right = np.array([9.0, 8.0, 7.0]), np.array([0, 1]), np.array([1, 2])
    >>> below_sources(worth, left, right, np.array([1, 1])).round(1).tolist()
    [6.8, 6.9, 7.0]
    """
    told = descent != 0
    copy, source = np.where(descent > 0, left, right)[told], np.where(descent > 0, right, left)[told]
    worth = worth.copy()
    for _ in range(LONGEST_DESCENT):
        np.minimum.at(worth, copy, worth[source] - LESS)
    return worth


def centrality(n: int, left: Rows, right: Rows, correlation: Floats) -> Floats:
    """Add up how well each of n rows correlates with its copies, (n,).

    Edits of one picture are more like it than like one another, so the least edited copy is the most central.
    """
    ends, weights = np.concatenate([left, right]), np.concatenate([correlation, correlation])
    return np.bincount(ends, weights, minlength=n).astype(np.float64)
