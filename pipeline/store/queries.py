"""Reads, by name. Rows become arrays here and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.states import State
from pipeline.store.models import Candidate, Pair, Picture, Synset
from quality.phash import PHASH64
from quality.signature import SIGNATURE, SIGNATURE_BYTES, Signatures

Hashes = NDArray[np.uint64]


def shuffle(seed: int, wnid: str, sha256: str) -> int:
    """Give an image its place in the run's random order: it depends on the seed and the image alone."""
    digest = hashlib.blake2b(f"{seed}:{wnid}:{sha256}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def candidates_per_synset(session: Session) -> dict[str, int]:
    """Count the candidates of every synset of the run, those without any included."""
    own = (Candidate.wnid == Synset.wnid) & (Candidate.state != State.BORROWED)
    counts = select(Synset.wnid, func.count(Candidate.id)).outerjoin(Candidate, own).group_by(Synset.wnid)
    return dict(session.execute(counts).all())


def known_candidates(session: Session, urls: Sequence[str]) -> set[tuple[str, str]]:
    """Give the (wnid, url) of the candidates that are there already, of those with these URLs."""
    rows = session.execute(select(Candidate.wnid, Candidate.url).where(Candidate.url.in_(urls)))
    return {(wnid, url) for wnid, url in rows}


@dataclass(frozen=True, slots=True)
class ShownPictures:
    """Candidates with the hashes and signatures of their pictures, row by row."""

    ids: list[int]
    hashes: Hashes
    signatures: Signatures

    @classmethod
    def of(cls, ids: Sequence[int], hashes: Sequence[int], signatures: Sequence[bytes]) -> Self:
        """Make arrays of what the database keeps: signed hashes and bytes."""
        rows = np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, SIGNATURE_BYTES)
        return cls(list(ids), np.array(hashes, np.int64).view(np.uint64), rows)

    def and_then(self, more: Self) -> Self:
        """Append others."""
        return type(self)(
            self.ids + more.ids,
            np.concatenate([self.hashes, more.hashes]),
            np.concatenate([self.signatures, more.signatures]),
        )


def pictures_of_synset(session: Session, wnid: str) -> ShownPictures:
    """Give a synset's candidates that hold a picture and are copies of no other."""
    mine = (Candidate.wnid == wnid, Candidate.state.not_in((State.DUPLICATE, State.BORROWED)))
    return _shown(session, *mine)


def _shown(session: Session, *where: Any) -> ShownPictures:
    rows = session.execute(
        select(Candidate.id, Picture.phash, Picture.signature)
        .join(Picture, Candidate.picture == Picture.sha256)
        .where(*where, Picture.hash_name == PHASH64, Picture.signature_name == SIGNATURE)
        .order_by(Candidate.id)
    ).all()
    return ShownPictures.of(
        [row.id for row in rows], [row.phash for row in rows], [row.signature for row in rows]
    )


def linked_candidates(session: Session) -> tuple[Sequence[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Give the candidates that are or may be copies, by picture, and the pairs as places among them."""
    linked = Pair.verdict.in_(("copy", "doubtful"))
    pairs = session.execute(select(Pair.left, Pair.right).where(linked)).all()
    mine = {side for pair in pairs for side in pair}
    members = session.execute(
        select(Candidate.id, Candidate.picture)
        .where(Candidate.id.in_(mine))
        .order_by(Candidate.picture, Candidate.id)
    ).all()
    place = {member.id: at for at, member in enumerate(members)}
    sides = np.array([[place[left], place[right]] for left, right in pairs], np.int64).reshape(-1, 2)
    return members, sides[:, 0], sides[:, 1]


def states_by_synset(session: Session) -> dict[str, dict[str, int]]:
    """Count candidates by synset and state, in the order of the states."""
    counted = select(Candidate.wnid, Candidate.state, func.count()).group_by(Candidate.wnid, Candidate.state)
    counts = {(wnid, state): count for wnid, state, count in session.execute(counted)}
    wnids = sorted({wnid for wnid, _ in counts})
    return {
        wnid: {str(state): counts[wnid, state] for state in State if (wnid, state) in counts}
        for wnid in wnids
    }
