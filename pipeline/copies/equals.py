"""Pairs that equal pictures share: of those only the first is compared with others, and the rest follow it.

Within a synset equal pictures end at collection. Under two synsets both stay, and the one that is not
compared may have copies among its own synset's candidates: what was measured of the other holds for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from pipeline.store import duplicates, queries
from pipeline.store.models import Pair
from quality.copies import other_way_round

DECIDED = ("copy", "different")


def pairs_of_equals(session: Session, ids: Sequence[int], seed: int) -> list[dict[str, Any]]:
    """Give the pairs within a synset that follow from those of some candidates, as rows to insert."""
    near = duplicates.partners(session, ids)
    equal: dict[int, set[int]] = defaultdict(set)
    for pair in duplicates.pairs_of(session, near, Pair.probability == 1):  # of equal pictures alone
        equal[pair.left].add(pair.right)
        equal[pair.right].add(pair.left)
    pairs = duplicates.pairs_of(session, near.intersection(equal), Pair.probability < 1)
    sides = {side for pair in pairs for side in (pair.left, pair.right)}
    wnids = duplicates.wnids_of(session, sides.union(*equal.values()))
    rows = {}
    for pair in pairs:
        for left, right in _of_one_synset(
            equal[pair.left] | {pair.left}, equal[pair.right] | {pair.right}, wnids
        ):
            if (left, right) != (pair.left, pair.right):
                rows[min(left, right), max(left, right)] = _row(pair, left, right, seed)
    return list(rows.values())


def _of_one_synset(ours: set[int], theirs: set[int], wnids: dict[int, str]) -> Iterator[tuple[int, int]]:
    by_synset: dict[str, list[int]] = defaultdict(list)
    for one in theirs:
        by_synset[wnids[one]].append(one)
    yield from ((mine, one) for mine in ours for one in by_synset[wnids[mine]])


def _row(pair: Any, left: int, right: int, seed: int) -> dict[str, Any]:
    """Say of (left, right) what is known of a pair; people are asked anew where nobody has decided."""
    decided = pair.verdict in DECIDED
    measured = dict(pair.measured)
    if left > right:
        left, right, measured = right, left, other_way_round(measured)
    return {
        "left": left,
        "right": right,
        "distance": pair.distance,
        "probability": pair.probability,
        "measured": measured,
        "verdict": pair.verdict if decided else "waiting",
        "decided_by": pair.decided_by if decided else "",
        "shuffle": queries.shuffle(seed, str(left), str(right)),
    }
