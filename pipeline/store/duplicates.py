"""Reads and writes about copies: pictures to compare, pairs found, boxes that change hands."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, union, update
from sqlalchemy.orm import Session, aliased

from pipeline.states import RELEASABLE, State
from pipeline.store.chunks import chunks
from pipeline.store.models import Box, Candidate, Fact, Pair, Picture
from quality.phash import PHASH64
from quality.signature import SIGNATURE, SIGNATURE_BYTES, Signatures

READ = 1000
SHARD = "shard:"
"""Begins the names of facts about an unfinished search."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Candidates with hashes in memory and signatures on disk; the first `old` were compared before."""

    ids: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    signatures: Signatures
    old: int


def gallery(session: Session, states: Collection[State], file: IO[bytes]) -> Gallery:
    """Read the pictures of candidates in some states, those compared before first, signatures into a file."""
    rows = session.execute(
        select(Candidate.id, Candidate.compared, Picture.phash, Picture.signature)
        .join(Picture, Candidate.picture == Picture.sha256)
        .where(Candidate.state.in_(states), Picture.hash_name == PHASH64, Picture.signature_name == SIGNATURE)
        .order_by(Candidate.compared.desc(), Candidate.id)
        .execution_options(yield_per=READ)
    )
    ids, hashes, old = array("q"), array("q"), 0
    for row in rows:
        ids.append(row.id)
        hashes.append(row.phash)
        old += row.compared
        file.write(row.signature)
    file.flush()
    shape = (len(ids), SIGNATURE_BYTES)
    signatures = np.asarray(np.memmap(file, np.uint8, "r", shape=shape)) if ids else np.empty(shape, np.uint8)
    return Gallery(np.array(ids, np.int64), np.array(hashes, np.int64).view(np.uint64), signatures, old)


def anything_to_compare(session: Session, states: Collection[State]) -> bool:
    """Tell whether a candidate in one of these states has not been compared."""
    new = (Candidate.state.in_(states), ~Candidate.compared, Candidate.picture.is_not(None))
    return session.scalar(select(Candidate.id).where(*new).limit(1)) is not None


def mark_compared(session: Session, ids: Sequence[int]) -> None:
    """Remember that these have been compared with all that were there."""
    session.execute(update(Candidate).where(Candidate.id.in_(ids)).values(compared=True))


def partners(session: Session, ids: Collection[int]) -> set[int]:
    """Give those of some candidates that are paired, and those that they are paired with."""
    sides = select(Pair.left, Pair.right)
    parts = (session.execute(sides.where(_touching(some))) for some in chunks(ids))
    return {side for pairs in parts for pair in pairs for side in pair}


def pairs_of(session: Session, ids: Collection[int], *where: ColumnElement[bool]) -> list[Pair]:
    """Give the pairs of some candidates of which something is true."""
    parts = (session.scalars(select(Pair).where(_touching(some), *where)) for some in chunks(ids))
    return list({pair.id: pair for pairs in parts for pair in pairs}.values())


def _touching(ids: Collection[int]) -> ColumnElement[bool]:
    return or_(Pair.left.in_(ids), Pair.right.in_(ids))


def wnids_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Give the synset of each of some candidates."""
    found: dict[int, str] = {}
    for some in chunks(ids):
        rows = session.execute(select(Candidate.id, Candidate.wnid).where(Candidate.id.in_(some)))
        found |= {row.id: row.wnid for row in rows}
    return found


def searched_shards(session: Session) -> set[str]:
    """Name the shards of an unfinished search whose pairs are kept."""
    names = session.scalars(select(Fact.name).where(Fact.name.startswith(SHARD)))
    return {name.removeprefix(SHARD) for name in names}


def note_shard(session: Session, shard: str) -> None:
    """Remember that a shard's pairs are kept, until the search is over."""
    session.add(Fact(name=SHARD + shard, value=""))


def forget_shards(session: Session) -> None:
    """Forget the shards: their search is over."""
    session.execute(delete(Fact).where(Fact.name.startswith(SHARD)))


def ask_about_waiting(session: Session, votes: int) -> None:
    """Put pairs that waited for the verdict on their pictures to people, if both may be released."""
    fit = select(Candidate.id).where(Candidate.state.in_(RELEASABLE))
    both = (Pair.verdict == "waiting", Pair.left.in_(fit), Pair.right.in_(fit))
    session.execute(update(Pair).where(*both).values(verdict="doubtful", wanted=votes))


_left, _right = aliased(Candidate), aliased(Candidate)
UNRESOLVED_COPIES = (
    select(
        Pair.id,
        Pair.left,
        Pair.right,
        Pair.probability,
        Pair.measured,
        Pair.descent,
        Pair.decided_by,
        _left.wnid.label("left_wnid"),
        _right.wnid.label("right_wnid"),
    )
    .join(_left, _left.id == Pair.left)
    .join(_right, _right.id == Pair.right)
    .where(
        Pair.verdict == "copy",
        ~Pair.resolved,
        _left.state.in_(RELEASABLE),
        _right.state.in_(RELEASABLE),
    )
    .order_by(Pair.probability.desc(), Pair.left, Pair.right)
)


def copies_between(session: Session) -> Sequence[Any]:
    """Give the unresolved copies among pictures that may be released, surest first, with both wnids."""
    return session.execute(UNRESOLVED_COPIES).all()


def unappraised(session: Session) -> Sequence[str]:
    """Name the pictures of those copies within a synset of which it is not known how worn they are."""
    within = UNRESOLVED_COPIES.where(_left.wnid == _right.wnid).order_by(None)
    shown = (within.with_only_columns(one.picture, maintain_column_froms=True) for one in (_left, _right))
    unknown = select(Picture.sha256).where(Picture.sha256.in_(union(*shown)), Picture.lost.is_(None))
    return session.scalars(unknown.order_by(Picture.sha256)).all()


def note_lost(session: Session, lost: Mapping[str, float]) -> None:
    """Note how many octaves of resolution pictures have lost."""
    rows = [{"name": name, "octaves": octaves} for name, octaves in lost.items()]
    values = update(Picture).where(Picture.sha256 == bindparam("name")).values(lost=bindparam("octaves"))
    session.connection().execute(values, rows)


def copies_within(session: Session) -> Sequence[Any]:
    """Give the unresolved copies within a synset: pair, both pictures, both candidates, and the descent."""
    shown = UNRESOLVED_COPIES.where(_left.wnid == _right.wnid).with_only_columns(
        Pair.id,
        _left.picture.label("left_picture"),
        _right.picture.label("right_picture"),
        Pair.left,
        Pair.right,
        Pair.descent,
        maintain_column_froms=True,
    )
    return session.execute(shown).all()


def note_descent(session: Session, descents: Mapping[int, int]) -> None:
    """Note of pairs which picture was made from the other."""
    rows = [{"row": pair, "known": descent} for pair, descent in descents.items()]
    values = update(Pair).where(Pair.id == bindparam("row")).values(descent=bindparam("known"))
    session.connection().execute(values, rows)


def copies_to_defer(session: Session, candidates: Collection[State]) -> Sequence[Any]:
    """Give the sure copies under two synsets of which one has not been shown to any voter."""
    left, right = aliased(Candidate), aliased(Candidate)
    return session.execute(
        select(Pair.id, Pair.left, Pair.right, Pair.probability, Pair.measured)
        .join(left, left.id == Pair.left)
        .join(right, right.id == Pair.right)
        .where(
            Pair.verdict == "copy",
            left.wnid != right.wnid,
            or_(untouched(left), untouched(right)),
            left.state.in_(candidates),
            right.state.in_(candidates),
        )
        .order_by(Pair.left, Pair.right)
    ).all()


def untouched(one: type[Candidate]) -> ColumnElement[bool]:
    """Say that nobody was asked about a candidate, nor is being asked, and that its truth is not known."""
    votes = one.yes + one.no + one.unsure + one.pending
    return and_(one.state == State.COLLECTED, votes == 0, one.settled_as.is_(None), one.gold.is_(None))


def deferred(session: Session) -> Sequence[Any]:
    """Give candidates that stood back for a copy under another synset that was not accepted."""
    kept = aliased(Candidate)
    return session.execute(
        select(Candidate.id, Candidate.duplicate_of, kept.state.label("kept_state"))
        .join(kept, kept.id == Candidate.duplicate_of)
        .where(
            Candidate.state == State.DUPLICATE,
            kept.wnid != Candidate.wnid,
            kept.state.in_((State.REJECTED, State.UNSURE)),
        )
        .order_by(Candidate.id)
    ).all()


def facts(session: Session, ids: Collection[int]) -> dict[int, Any]:
    """Give what decides which copy is kept, with signatures, by candidate in ascending order."""
    voted = (Candidate.yes, Candidate.no, Candidate.unsure)
    query = (
        select(
            *(Candidate.id, Candidate.wnid, Candidate.state, Candidate.license, Candidate.prior, *voted),
            *(
                Candidate.picture,
                Picture.width,
                Picture.height,
                Picture.changes,
                Picture.signature,
                Picture.lost,
            ),
            untouched(Candidate).label("untouched"),
        )
        .join(Picture, Candidate.picture == Picture.sha256)
        .order_by(Candidate.id)
    )
    parts = (session.execute(query.where(Candidate.id.in_(part))) for part in chunks(ids))
    return {row.id: row for rows in parts for row in rows}


def mark_resolved(session: Session, pairs: Sequence[int]) -> None:
    """Remember that these pairs have been acted on."""
    rows = [{"row": pair} for pair in pairs]
    session.connection().execute(update(Pair).where(Pair.id == bindparam("row")).values(resolved=True), rows)


def verdicts(session: Session, ids: Collection[int]) -> dict[tuple[int, int], Any]:
    """Give the pairs within a set of candidates, by (left, right)."""
    pairs = session.execute(
        select(
            Pair.id,
            Pair.left,
            Pair.right,
            Pair.verdict,
            Pair.probability,
            Pair.measured,
            Pair.descent,
            Pair.decided_by,
        ).where(Pair.left.in_(ids), Pair.right.in_(ids))
    )
    return {(pair.left, pair.right): pair for pair in pairs}


def accepted_drawings(session: Session, ids: Collection[int]) -> dict[int, list[Any]]:
    """Give accepted boxes with their drawers and checkers, by candidate."""
    found: dict[int, list[Any]] = {}
    accepted = select(Box).where(Box.candidate_id.in_(ids), Box.state == "accepted").order_by(Box.id)
    for box in session.scalars(accepted):
        found.setdefault(box.candidate_id, []).append(box)
    return found


def copies_of(session: Session, ids: Collection[int]) -> Sequence[Any]:
    """Give the candidates that are recorded as copies of these: (id, duplicate_of)."""
    copies = select(Candidate.id, Candidate.duplicate_of).where(
        Candidate.duplicate_of.in_(ids), Candidate.state == State.DUPLICATE
    )
    return session.execute(copies.order_by(Candidate.id)).all()


def count_deferred(session: Session) -> int:
    """Count the candidates that stand back for a copy under another synset."""
    kept = aliased(Candidate)
    standing_back = (Candidate.state == State.DUPLICATE, kept.wnid != Candidate.wnid)
    joined = select(func.count(Candidate.id)).join(kept, kept.id == Candidate.duplicate_of)
    return session.scalar(joined.where(*standing_back)) or 0
