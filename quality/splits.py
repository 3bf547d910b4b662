"""Splits: whole duplicate groups, balanced classes, and nobody moved once settled."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate


def assign_splits(
    groups: Sequence[str],
    classes: Sequence[str],
    fractions: Mapping[str, float],
    seed: int,
    settled: Mapping[str, str] | None = None,
) -> list[str]:
    """The split of each item; items of one group always share a split.

    A keyed hash of its name draws each group a split, which it gets as long as its classes have room
    there; else it goes where they are furthest short. Large groups choose first, then the order of another
    hash decides. So the result depends on names and seed, not on the order of the items, and an added image
    moves few others (none with ``settled``). The draw alone would leave small classes without a test image.

    Parameters
    ----------
    groups
        Content identity of each item's duplicate group: the group's name, or the picture's SHA-256.
    classes
        Class of each item, as long as ``groups``.
    fractions
        Split name -> share of every class; the shares add up to 1.
    seed
        Key of the hash: another seed deals anew.
    settled
        Group -> split from an earlier release. Such a group keeps its split, so added images move no one.

    Raises
    ------
    ValueError
        If lengths differ, shares do not add up to 1, or a settled split is not among ``fractions``.

    Examples
    --------
    >>> assign_splits(["a", "b", "a"], ["cat", "cat", "dog"], {"train": 0.5, "val": 0.5}, seed=1)
    ['train', 'val', 'train']
    """
    settled = settled or {}
    _check(groups, classes, fractions, settled)
    members: dict[str, Counter[str]] = defaultdict(Counter)
    for group, label in zip(groups, classes, strict=True):
        members[group][label] += 1
    deal = _Deal(Counter(classes), fractions)
    chosen = {group: settled[group] for group in members if group in settled}
    for group, split in chosen.items():
        deal.give(members[group], split)
    for group in sorted(
        members.keys() - chosen, key=lambda name: (-members[name].total(), _share(name, seed))
    ):
        chosen[group] = deal.choose(members[group], _share(f"{group}/split", seed))
        deal.give(members[group], chosen[group])
    return [chosen[group] for group in groups]


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


def _check(
    groups: Sequence[str], classes: Sequence[str], fractions: Mapping[str, float], settled: Mapping[str, str]
) -> None:
    if len(groups) != len(classes):
        raise ValueError(f"{len(groups)} groups for {len(classes)} classes")
    if min(fractions.values(), default=0) < 0 or abs(sum(fractions.values()) - 1) > 1e-9:
        raise ValueError(f"shares of the splits do not add up to 1: {dict(fractions)}")
    if strange := set(settled.values()) - set(fractions):
        raise ValueError(f"settled splits {sorted(strange)} are not among {sorted(fractions)}")
