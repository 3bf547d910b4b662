"""Gold: images whose truth is known, mixed into HITs where nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quality.arrays import BoolArray, IntArray, SmallArray
from quality.votes import Thresholds


def choose(
    gold: SmallArray, seen: BoolArray, shown: IntArray, good: int, bad: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Pick gold for one worker's HIT: the least shown first, at random among equals, none that the worker
    has seen.

    Parameters
    ----------
    gold : (n,) truth 1 or 0, or -1 where unknown.
    seen : (n,) whether this worker has had the image before.
    shown : (n,) how many workers have had it.
    good, bad : how many of either to pick.

    Returns
    -------
    Positions among the n, good ones and bad ones mixed; fewer than asked for where gold has run short.

    Examples
    --------
    >>> gold, shown = np.array([1, 0, -1, 1], np.int8), np.zeros(4, np.int32)
    >>> seen = np.array([True, False, False, False])
    >>> choose(gold, seen, shown, 1, 1, np.random.default_rng(0)).tolist()
    [1, 3]
    """
    wanted = ((1, good), (0, bad))
    picked = [_least_shown(np.flatnonzero((gold == truth) & ~seen), shown, n, rng) for truth, n in wanted]
    return rng.permutation(np.concatenate(picked))


def _least_shown(
    among: NDArray[np.intp], shown: IntArray, n: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    return among[np.lexsort((rng.random(len(among)), shown[among]))[:n]]


def hits_left(known: IntArray, seen: IntArray, each: int) -> NDArray[np.intp]:
    """How many more HITs with `each` gold images of either truth every worker can do before gold repeats.

    Parameters
    ----------
    known : (2,) gold images, good ones and bad ones.
    seen : (workers, 2) how many of either each worker has had.

    Examples
    --------
    >>> hits_left(np.array([7, 20], np.int32), np.array([[0, 0], [5, 3]], np.int32), each=3).tolist()
    [2, 0]
    """
    return np.asarray((np.maximum(known - seen, 0) // each).min(axis=1), np.intp)


def cautious(thresholds: Thresholds, known: int, enough: int) -> Thresholds:
    """Tighten thresholds where gold is short: with none, half the error is allowed; with `enough`, all of it.

    Examples
    --------
    >>> round(cautious(Thresholds(accept=0.98, reject=0.02), known=0, enough=30).accept, 4)
    0.99
    """
    allowed = 0.5 + 0.5 * min(known / max(enough, 1), 1.0)
    return replace(
        thresholds, accept=1 - (1 - thresholds.accept) * allowed, reject=thresholds.reject * allowed
    )
