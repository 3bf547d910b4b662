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


def mix(n_images: int, n_gold: int, rng: np.random.Generator) -> BoolArray:
    """Draw where gold stands in a HIT: (n_images + n_gold,), every arrangement as likely as any other.

    Examples
    --------
    >>> int(mix(42, 6, np.random.default_rng(0)).sum())
    6
    """
    places = np.zeros(n_images + n_gold, np.bool_)
    places[rng.choice(len(places), n_gold, replace=False)] = True
    return places


def hits_left(gold: SmallArray, seen: BoolArray, good: int, bad: int) -> int:
    """How many more HITs of `good` + `bad` gold images a worker can do before gold would repeat.

    Examples
    --------
    >>> hits_left(np.array([1, 1, 1, 0, 0, -1], np.int8), np.zeros(6, bool), good=1, bad=1)
    2
    """
    left = [int(((gold == truth) & ~seen).sum()) // each for truth, each in ((1, good), (0, bad)) if each]
    return min(left, default=np.iinfo(np.int32).max)


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
