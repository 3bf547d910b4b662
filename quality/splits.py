"""Splits: whole duplicate groups, balanced classes, and nobody moved once settled."""

from __future__ import annotations

from array import array
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate

import numpy as np


class Dealing:
    """Deals groups of images to splits, more than memory holds by name: some 25 bytes for one of one image.

    Groups are added one by one, each once; then their splits come in the same order. A keyed hash of its
    name draws each group a split, which it gets as long as its classes have room there; else it goes where
    they are furthest short. Large groups choose first, then the order of another hash decides. So the result
    depends on names and seed, not on the order of the groups, and an added image moves few others (none that
    is settled). The draw alone would leave small classes without a test image.

    Parameters
    ----------
    fractions
        Split name -> share of every class; the shares add up to 1.
    seed
        Key of the hash: another seed deals anew.

    Raises
    ------
    ValueError
        If the shares do not add up to 1.

    Examples
    --------
    >>> dealing = Dealing({"train": 0.5, "val": 0.5}, seed=1)
    >>> dealing.add("a", Counter(["cat", "dog"]))
    >>> dealing.add("b", Counter(["cat"]))
    >>> list(dealing.splits())
    ['train', 'val']
    """

    def __init__(self, fractions: Mapping[str, float], seed: int) -> None:
        if min(fractions.values(), default=0) < 0 or abs(sum(fractions.values()) - 1) > 1e-9:
            raise ValueError(f"shares of the splits do not add up to 1: {dict(fractions)}")
        self._fractions = fractions
        self._seed = seed
        self._rank, self._draw = array("d"), array("d")
        self._label, self._split = array("q"), array("b")
        self._labels: dict[str, int] = {}
        self._totals: Counter[str] = Counter()
        self._several: dict[int, Counter[str]] = {}

    def add(self, group: str, members: Counter[str], settled: str | None = None) -> None:
        """Add a group: its members by class, and its split if it has one for ever.

        Raises
        ------
        ValueError
            If that is not among the fractions.
        """
        if settled is not None and settled not in self._fractions:
            raise ValueError(f"settled splits {[settled]} are not among {sorted(self._fractions)}")
        first = next(iter(members))
        if members.total() > 1:
            self._several[len(self._rank)] = members
        self._totals.update(members)
        self._rank.append(_share(group, self._seed))
        self._draw.append(_share(f"{group}/split", self._seed))
        self._label.append(self._labels.setdefault(first, len(self._labels)))
        self._split.append(-1 if settled is None else list(self._fractions).index(settled))

    def __len__(self) -> int:
        return len(self._rank)

    def splits(self) -> Iterator[str]:
        """Deal, and give the split of each group in the order in which they were added."""
        deal, names = _Deal(self._totals, self._fractions), list(self._fractions)
        single = [Counter([label]) for label in self._labels]
        for at, given in enumerate(self._split):
            if given >= 0:
                deal.give(self._members(at, single), names[given])
        for at in self._order():
            members = self._members(at, single)
            split = deal.choose(members, self._draw[at])
            deal.give(members, split)
            self._split[at] = names.index(split)
        return (names[split] for split in self._split)

    def _members(self, at: int, single: Sequence[Counter[str]]) -> Counter[str]:
        return self._several.get(at) or single[self._label[at]]

    def _order(self) -> Iterator[int]:
        """Give those without a split, the large ones first, then by their rank."""
        large = (at for at in self._several if self._split[at] < 0)
        yield from sorted(large, key=lambda at: (-self._several[at].total(), self._rank[at]))
        by_rank = np.argsort(np.frombuffer(self._rank), kind="stable")
        for at in map(int, by_rank):
            if self._split[at] < 0:
                yield at


class _Deal:
    """How many items of each class each split is still short of."""

    def __init__(self, totals: Counter[str], fractions: Mapping[str, float]) -> None:
        self.splits = tuple(fractions)
        self.edges = list(accumulate(fractions.values()))
        self.overall = {split: fraction * totals.total() for split, fraction in fractions.items()}
        self.short = {
            (label, split): fraction * total
            for label, total in totals.items()
            for split, fraction in fractions.items()
        }

    def give(self, members: Counter[str], split: str) -> None:
        for label, count in members.items():
            self.short[label, split] -= count
            self.overall[split] -= count

    def choose(self, members: Counter[str], draw: float) -> str:
        drawn = self.splits[min(bisect(self.edges, draw), len(self.splits) - 1)]
        if all(self.short[label, drawn] >= count for label, count in members.items()):
            return drawn
        return max(self.splits, key=lambda split: self._need(members, split))

    def _need(self, members: Counter[str], split: str) -> tuple[float, float]:
        """How short of these classes the split is; where that is equal, how short of everything."""
        of_these = sum(self.short[label, split] * members[label] for label in sorted(members))
        return round(of_these, 9), round(self.overall[split], 9)


def _share(name: str, seed: int) -> float:
    """A number in [0, 1) that follows from name and seed alone."""
    return int.from_bytes(blake2b(name.encode(), key=str(seed).encode(), digest_size=6).digest()) / 2**48
