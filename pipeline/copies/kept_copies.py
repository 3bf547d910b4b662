"""Of each group of copies in one synset, the one to keep; the boxes that it takes over from those dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from pipeline.copies.merits import Joined, merits_of
from pipeline.settings import Dedup
from pipeline.states import State
from pipeline.store import duplicates
from pipeline.store.journal import Move, advance, event, record
from pipeline.store.models import Box, Candidate
from quality.bucket_join import unite
from quality.duplicate_groups import best_first, duplicate_groups
from quality.same_picture import agreement
from quality.signature import SIGNATURE_BYTES, Signatures, border_of

TOGETHER = 2000
"""Candidates whose signatures are in memory at once, a larger group of copies aside."""
COMPARED = 512
WHOLE = 0.97
"""Share of one picture that the other shows, from which boxes may be carried over by scaling alone."""

Rows = NDArray[np.int64]


@dataclass(slots=True)
class Kept:
    """What came of the groups: how many candidates moved, and which stands for each that was dropped."""

    moved: int = 0
    stands_for: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Copies in one synset by merit, the one to keep first, with what was measured of each."""

    members: list[Any]
    merits: Mapping[str, NDArray[np.floating]]
    pairs: Mapping[tuple[int, int], Any]
    borders: NDArray[np.floating]

    def pair(self, a: int, b: int) -> Any | None:
        """Give what was measured of two candidates, if they were a pair."""
        return self.pairs.get((min(a, b), max(a, b)))


def keep_best(session: Session, pairs: Sequence[Any], settings: Dedup, now: datetime) -> Kept:
    """Drop all but the best of each group that these sure pairs join; each pair within one synset.

    How worn their pictures are must be known, and which was made from which.
    """
    kept = Kept()
    for ids, joined in _batches(pairs):
        for group in _groups(session, ids, joined, settings):
            best, *dropped = group.members
            moves = [_dropped(group, place) for place in range(1, len(group.members))]
            kept.stands_for |= {one.id: best.id for one in dropped}
            kept.moved += advance(session, moves, now) + _take_over_boxes(session, group, now)
            point_at(session, best.id, [one.id for one in dropped], now)
    return kept


def _batches(pairs: Sequence[Any]) -> Iterator[tuple[list[int], list[Any]]]:
    """Deal connected pairs together, into batches of about as many candidates as fit in memory."""
    ids = np.unique([(pair.left, pair.right) for pair in pairs])
    ends = np.searchsorted(ids, np.array([(pair.left, pair.right) for pair in pairs]).reshape(-1, 2))
    root = unite(np.arange(len(ids)), ends[:, 0], ends[:, 1])[ends[:, 0]]
    members: set[int] = set()
    batch: list[Any] = []
    before = -1
    for at in np.argsort(root, kind="stable"):
        if len(members) >= TOGETHER and root[at] != before:
            yield sorted(members), batch
            members, batch = set(), []
        before = root[at]
        batch.append(pairs[at])
        members |= {pairs[at].left, pairs[at].right}
    if batch:
        yield sorted(members), batch


def _groups(session: Session, ids: list[int], pairs: list[Any], settings: Dedup) -> Iterator[Group]:
    members = list(duplicates.facts(session, ids).values())
    known = duplicates.verdicts(session, ids)
    signatures = np.frombuffer(b"".join(one.signature for one in members), np.uint8)
    signatures = signatures.reshape(-1, SIGNATURE_BYTES)
    left, right = (
        np.searchsorted(ids, [getattr(pair, side) for pair in pairs]) for side in ("left", "right")
    )

    def compare(a: Rows, b: Rows) -> NDArray[np.floating]:
        chances = _chances(signatures, a, b)
        for at, (one, other) in enumerate(zip(a, b, strict=True)):
            pair = known.get((min(ids[one], ids[other]), max(ids[one], ids[other])))
            if pair is not None:  # a person's verdict outweighs pixels
                chances[at] = pair.verdict == "copy"
        return chances

    borders = border_of(signatures)
    joined = Joined(
        left,
        right,
        np.array([pair.probability == 1 for pair in pairs]),
        np.array([(pair.measured or {}).get("edited", 0.0) for pair in pairs]),
    )
    descents = left, right, np.array([pair.descent or 0 for pair in pairs])
    merits = merits_of(members, signatures, joined, descents)
    for group in duplicate_groups(len(ids), left, right, compare, settings.sure):
        order = best_first(group, merits, settings.weights)
        ranked = {name: merits[name][order] for name in settings.weights}
        yield Group([members[row] for row in order], ranked, known, borders[order])


def _chances(signatures: Signatures, a: Rows, b: Rows) -> NDArray[np.floating]:
    parts = [slice(start, start + COMPARED) for start in range(0, len(a), COMPARED)]
    return np.concatenate([agreement(signatures[a[part]], signatures[b[part]]).probability for part in parts])


def _dropped(group: Group, place: int) -> Move:
    best, one = group.members[0], group.members[place]
    data: dict[str, Any] = {
        "of": best.id,
        "group": [member.id for member in group.members],
        "merits": {name: [float(of[0]), float(of[place])] for name, of in group.merits.items()},
        "votes": {"yes": one.yes, "no": one.no, "unsure": one.unsure},
    }
    if (pair := group.pair(best.id, one.id)) is not None:
        data |= {
            "pair": pair.id,
            "probability": pair.probability,
            "by": pair.decided_by,
            "measured": pair.measured,
        }
        if pair.descent:
            data["source"] = pair.right if pair.descent > 0 else pair.left
    columns = {"duplicate_of": best.id, "wanted": 0}
    return Move(one.id, State(one.state), State.DUPLICATE, "copy", data, columns)


def _take_over_boxes(session: Session, group: Group, now: datetime) -> int:
    """Give an unboxed picture the boxes of the best of its copies that was boxed, if they fit by scaling."""
    best = group.members[0]
    if best.state != State.UNBOXED:
        return 0
    drawn = duplicates.accepted_drawings(session, [one.id for one in group.members])
    givers = [place for place, one in enumerate(group.members) if place and one.id in drawn]
    if best.id in drawn or not givers:
        return 0
    fitting = [place for place in givers if _is_same_frame(group, place)]
    if not fitting:
        data = {"boxed": [group.members[place].id for place in givers], "why": "not the same frame"}
        record(session, [event("candidate", best.id, "boxes not carried over", data, now)])
        return 0
    giver = group.members[min(fitting, key=lambda place: group.members[place].state != State.BOXED)]
    boxes = [_scaled(box, giver, best) for box in drawn[giver.id]]
    session.execute(insert(Box), boxes)
    data = {"of": giver.id, "boxes": [box.id for box in drawn[giver.id]]}
    if giver.state == State.BOXED:
        return advance(session, [Move(best.id, State.UNBOXED, State.BOXED, "boxes carried over", data)], now)
    record(session, [event("candidate", best.id, "boxes carried over", data, now)])
    return 0


def _is_same_frame(group: Group, place: int) -> bool:
    pair = group.pair(group.members[0].id, group.members[place].id)
    if pair is None or group.borders[0] > 0 or group.borders[place] > 0:
        return False
    return bool(pair.measured["turn"] == 0 and abs(pair.measured["overlap"]) >= WHOLE)


def _scaled(box: Box, giver: Any, best: Any) -> dict[str, Any]:
    # In whole numbers, outwards: a pixel of the one may be less than a pixel of the other.
    return {
        "candidate_id": best.id,
        "xmin": box.xmin * best.width // giver.width,
        "ymin": box.ymin * best.height // giver.height,
        "xmax": -(-(box.xmax + 1) * best.width // giver.width) - 1,
        "ymax": -(-(box.ymax + 1) * best.height // giver.height) - 1,
        "drawer": box.drawer,
        "checker": box.checker,
        "state": "accepted",
        "reason": f"carried over from box {box.id}",
        "drawn_at": box.drawn_at,
    }


def point_at(session: Session, best: int, dropped: Sequence[int], now: datetime) -> None:
    """Let what was a copy of a dropped one be a copy of the kept one."""
    earlier = duplicates.copies_of(session, dropped)
    if not earlier:
        return
    ids = [row.id for row in earlier]
    session.execute(update(Candidate).where(Candidate.id.in_(ids)).values(duplicate_of=best))
    told = {row.id: {"of": best, "before": row.duplicate_of} for row in earlier}
    record(session, [event("candidate", one, "copy of another", data, now) for one, data in told.items()])
