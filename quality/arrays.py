"""Votes as arrays: what every policy reads, whatever database the rows came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
SmallArray = NDArray[np.int8]
BoolArray = NDArray[np.bool_]

YES, NO, NOT_SURE = 1, 0, -1
ANONYMOUS = -1
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Images:
    """What is known of the images apart from votes; one row an image.

    Attributes
    ----------
    synset : (n,) int32, which synset the image is a candidate of.
    gold : (n,) int8, the known truth 1 or 0, or -1 where nobody has judged.
    seed : (n,) bool, member of its synset's random seed sample.
    prior : (n,) float64, a machine's probability that the image is good, nan where there is none.
    """

    synset: IntArray
    gold: SmallArray
    seed: BoolArray
    prior: FloatArray

    def __len__(self) -> int:
        return len(self.synset)

    @property
    def n_synsets(self) -> int:
        """Synset numbers run from 0 to this, exclusive."""
        return int(self.synset.max(initial=-1)) + 1

    def take(self, rows: NDArray[np.integer]) -> Images:
        """The same facts of some of the images, in the order of `rows`."""
        return Images(self.synset[rows], self.gold[rows], self.seed[rows], self.prior[rows])


@dataclass(frozen=True, slots=True)
class Ballots:
    """Every vote of one or many synsets in order of arrival, and the images voted on.

    Attributes
    ----------
    item, worker : (votes,) int32, numbers from 0; a worker of whom nothing is to be known is ANONYMOUS.
    answer : (votes,) int8, YES, NO or NOT_SURE.
    images : one row an item.
    n_workers : worker numbers run from 0 to this, exclusive.
    """

    item: IntArray
    worker: IntArray
    answer: SmallArray
    images: Images
    n_workers: int

    @property
    def n_items(self) -> int:
        """How many images there are, voted on or not."""
        return len(self.images)

    @property
    def n_votes(self) -> int:
        """How many answers there are, not-sure ones included."""
        return len(self.item)

    def pick(self, votes: NDArray[np.integer] | BoolArray) -> Ballots:
        """Only some of the votes; images and workers keep their numbers."""
        return Ballots(self.item[votes], self.worker[votes], self.answer[votes], self.images, self.n_workers)

    @classmethod
    def of(
        cls,
        item: ArrayLike,
        worker: ArrayLike,
        answer: ArrayLike,
        *,
        n_items: int,
        n_workers: int,
        synset: ArrayLike | None = None,
        gold: ArrayLike | None = None,
        seed: ArrayLike | None = None,
        prior: ArrayLike | None = None,
    ) -> Self:
        """Check and convert columns to ballots.

        Raises
        ------
        ValueError
            If lengths differ or a number is out of its range.

        Examples
        --------
        >>> b = Ballots.of([0, 0, 1], [0, 1, 0], [1, 0, 1], n_items=2, n_workers=2)
        >>> b.n_votes, b.images.gold.tolist()
        (3, [-1, -1])
        """
        images = Images(
            _column("synset", synset, np.int32, n_items, 0),
            _column("gold", gold, np.int8, n_items, UNKNOWN),
            _column("seed", seed, np.bool_, n_items, False),
            _column("prior", prior, np.float64, n_items, np.nan),
        )
        votes = len(np.asarray(item))
        ballots = cls(
            _column("item", item, np.int32, votes, 0),
            _column("worker", worker, np.int32, votes, 0),
            _column("answer", answer, np.int8, votes, 0),
            images,
            n_workers,
        )
        _within("item", ballots.item, 0, n_items - 1)
        _within("worker", ballots.worker, ANONYMOUS, n_workers - 1)
        _within("answer", ballots.answer, NOT_SURE, YES)
        _within("gold", images.gold, UNKNOWN, 1)
        _within("synset", images.synset, 0, np.iinfo(np.int32).max)
        _within("prior", np.nan_to_num(images.prior, nan=0.5), 0, 1)
        return ballots


def tally(item: IntArray, answer: SmallArray, n_items: int) -> FloatArray:
    """Count answers: (n_items, 3) of yes, no and not sure."""
    kinds = [item[answer == kind] for kind in (YES, NO, NOT_SURE)]
    return np.stack([np.bincount(kind, minlength=n_items) for kind in kinds], axis=1).astype(np.float64)


def _column(name: str, values: ArrayLike | None, dtype: DTypeLike, length: int, default: object) -> Any:
    column = np.full(length, default) if values is None else np.asarray(values)
    if column.shape != (length,):
        raise ValueError(f"{name} has shape {column.shape}, but {length} values are needed")
    return np.ascontiguousarray(column, dtype=dtype)


def _within(name: str, values: NDArray[Any], low: float, high: float) -> None:
    bad = np.flatnonzero((values < low) | (values > high))
    if bad.size:
        raise ValueError(f"{name}[{bad[0]}] is {values[bad[0]]}, outside {low} to {high}")
