"""What the search for duplicates found and what it was worth: the facts behind its report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from pipeline.states import RELEASABLE, VOTED_GOOD, State
from pipeline.store.duplicates import count_deferred
from pipeline.store.models import Assignment, Candidate, Event, Pair, Picture, SplitMember
from quality.bucket_join import unite
from quality.phash import PHASH64

BATCH = 5000
KIND = "label_images"
WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Member:
    """One copy of a group; distance in bits and probability are against the first of the group."""

    id: int
    wnid: str
    state: str
    picture: str
    width: int
    height: int
    license: str
    split: str | None
    votes: int
    prior: float
    distance: int
    probability: float | None


@dataclass(frozen=True, slots=True)
class Savings:
    """Votes on copies under a second synset once one was accepted; an estimate for those not asked about."""

    votes: int
    cents: int
    candidates: int
    stand_back: int
    votes_not_bought: int
    cents_not_spent: int


def groups(session: Session) -> list[list[Member]]:
    """Give the groups of copies, pictures still in use first, then by votes, size and arrival."""
    chances = _copies(session)
    ids, roots = _united(chances)
    facts = _facts(session, ids)
    splits = _splits(session)
    members: dict[int, list[Any]] = defaultdict(list)
    for identity, root in zip(ids, roots, strict=True):
        if int(identity) in facts:
            members[int(root)].append(facts[int(identity)])
    return [_group(found, chances, splits) for found in members.values() if len(found) > 1]


def group_sizes(session: Session) -> Counter[int]:
    """Count the same groups by their size, without looking at who is in them."""
    _, roots = _united(_copies(session))
    return Counter(np.unique(roots, return_counts=True)[1].tolist())


def _united(pairs: Collection[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the candidates in these pairs, and the root of the group that each is in."""
    ids = np.unique([*pairs, (0, 0)])[1:]
    ends = np.searchsorted(ids, np.array(list(pairs), np.int64).reshape(-1, 2))
    return ids, unite(np.arange(len(ids)), ends[:, 0], ends[:, 1])


def _copies(session: Session) -> dict[tuple[int, int], float | None]:
    """Map every pair that counts as copies to its probability, if it was kept."""
    pairs = select(Pair.left, Pair.right, Pair.probability).where(Pair.verdict == "copy")
    dropped = select(Candidate.id, Candidate.duplicate_of).where(
        Candidate.state == State.DUPLICATE, Candidate.duplicate_of.is_not(None)
    )
    found: dict[tuple[int, int], float | None] = {}
    for identity, kept in session.execute(dropped):
        found[min(identity, kept or 0), max(identity, kept or 0)] = None
    return found | {(left, right): chance for left, right, chance in session.execute(pairs)}


def _facts(session: Session, ids: NDArray[np.int64]) -> dict[int, Any]:
    votes = (Candidate.yes + Candidate.no + Candidate.unsure).label("votes")
    columns = (
        Candidate.id,
        Candidate.wnid,
        Candidate.state,
        Candidate.picture,
        Candidate.license,
        Candidate.prior,
    )
    query = select(*columns, votes, Candidate.duplicate_group, Picture.width, Picture.height, Picture.phash)
    joined = query.join(Picture, Candidate.picture == Picture.sha256)
    found: dict[int, Any] = {}
    for start in range(0, len(ids), BATCH):
        mine = joined.where(Candidate.id.in_(ids[start : start + BATCH].tolist()))
        found |= {row.id: row for row in session.execute(mine)}
    return found


def _splits(session: Session) -> dict[str, str]:
    return dict(session.execute(select(SplitMember.content_group, SplitMember.split)).all())


def _group(
    rows: Sequence[Any], chances: Mapping[tuple[int, int], float | None], splits: Mapping[str, str]
) -> list[Member]:
    ordered = sorted(
        rows, key=lambda row: (row.state == State.DUPLICATE, -row.votes, -row.width * row.height, row.id)
    )
    first = ordered[0]
    return [
        Member(
            id=row.id,
            wnid=row.wnid,
            state=row.state,
            picture=row.picture,
            width=row.width,
            height=row.height,
            license=row.license,
            split=splits.get(row.duplicate_group or row.picture) if row.state in RELEASABLE else None,
            votes=row.votes,
            prior=row.prior or 0.0,
            distance=((first.phash ^ row.phash) & WORD).bit_count(),
            probability=chances.get((min(first.id, row.id), max(first.id, row.id))),
        )
        for row in ordered
    ]


def leaks(found: Sequence[Sequence[Member]], what: str) -> list[Sequence[Member]]:
    """Give the groups that have pictures to be released under two values of `what` (wnid, split)."""
    return [
        group
        for group in found
        if len({getattr(one, what) for one in group if one.state in RELEASABLE} - {None}) > 1
    ]


def savings(session: Session) -> Savings:
    """Add up what votes on copies under a second synset cost, and what was not spent on them."""
    votes = candidates = 0
    for group in _under_two_synsets(session):
        accepted = False
        for row in sorted(group, key=lambda row: (-(row.prior or 0), row.id)):
            if accepted and row.votes:
                votes, candidates = votes + row.votes, candidates + 1
            accepted |= row.state in VOTED_GOOD or (row.state == State.DUPLICATE and row.votes > 0)
    cents, items, judged = _price(session)
    stand_back = count_deferred(session)
    avoided = round(stand_back * judged)
    price = cents / items if items else 0.0
    return Savings(votes, round(votes * price), candidates, stand_back, avoided, round(avoided * price))


def _under_two_synsets(session: Session) -> list[list[Any]]:
    """Group the candidates that show one picture, byte for byte or surely, under several synsets."""
    left, right = aliased(Candidate), aliased(Candidate)
    sure = (
        select(Pair.left, Pair.right)
        .join(left, left.id == Pair.left)
        .join(right, right.id == Pair.right)
        .where(Pair.verdict == "copy", left.wnid != right.wnid)
    )
    same = select(left.id, right.id).where(
        left.picture == right.picture, left.id < right.id, left.wnid != right.wnid
    )
    pairs = {(row[0], row[1]) for query in (sure, same) for row in session.execute(query)}
    ids, roots = _united(sorted(pairs))
    facts = _facts(session, ids)
    found: dict[int, list[Any]] = defaultdict(list)
    for identity, root in zip(ids, roots, strict=True):
        found[int(root)].append(facts[int(identity)])
    return list(found.values())


def _price(session: Session) -> tuple[int, int, float]:
    """Give the cents and items of all labelling so far, and the mean votes of a judged image."""
    cents, items = session.execute(
        select(func.sum(Assignment.paid_cents), func.sum(Assignment.items)).where(Assignment.kind == KIND)
    ).one()
    votes = Candidate.yes + Candidate.no + Candidate.unsure
    mean = session.scalar(select(func.avg(votes)).where(votes > 0, Candidate.state != State.COLLECTED))
    return int(cents or 0), int(items or 0), float(mean or 0)


def searches(session: Session) -> list[dict[str, Any]]:
    """Give what each search counted: pictures old and new, pairs measured and kept, seconds, megabytes."""
    compared = select(Event.data).where(Event.kind == "run", Event.name == "compared").order_by(Event.id)
    return [dict(data) for data in session.scalars(compared)]


def hashes(session: Session) -> NDArray[np.uint64]:
    """Give the perceptual hash of every stored picture that was hashed as pictures are now."""
    stored = select(Picture.phash).where(Picture.hash_name == PHASH64)
    return np.fromiter(session.scalars(stored), np.int64).view(np.uint64)


def copies_by_distance(session: Session) -> Counter[int]:
    """Count confirmed copies by the distance of their hashes."""
    counted = select(Pair.distance, func.count()).where(Pair.verdict == "copy").group_by(Pair.distance)
    return Counter(dict(session.execute(counted).all()))


def doubtful(session: Session) -> int:
    """Count the pairs that wait for people."""
    return session.scalar(select(func.count()).where(Pair.verdict == "doubtful")) or 0
