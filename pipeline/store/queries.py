"""Reads, by name. Rows become arrays here and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ScalarSelect, func, select, tuple_, union
from sqlalchemy.orm import Session

from pipeline.states import State
from pipeline.store.models import Box, Candidate, Pair, Picture, Synset
from pipeline.store.models.candidates import FOUND
from quality.phash import PHASH64
from quality.signature import SIGNATURE, SIGNATURE_BYTES, Signatures

Hashes = NDArray[np.uint64]
READ = 1000
"""Rows read at once."""


def shuffle(seed: int, wnid: str, sha256: str) -> int:
    """Give an image its place in the run's random order: it depends on the seed and the image alone."""
    digest = hashlib.blake2b(f"{seed}:{wnid}:{sha256}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def candidates_per_synset(session: Session) -> dict[str, int]:
    """Count the candidates of every synset of the run, those without any included."""
    held = dict.fromkeys(session.scalars(select(Synset.wnid)), 0)
    for wnid, states in states_by_synset(session).items():
        held[wnid] += sum(states.values()) - states.get(State.BORROWED, 0)
    return held


def known_candidates(session: Session, names: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Give those of some (wnid, url) that are candidates already."""
    mine = tuple_(Candidate.wnid, Candidate.url).in_(names)
    return {(wnid, url) for wnid, url in session.execute(select(Candidate.wnid, Candidate.url).where(mine))}


def found_candidates(session: Session, after: int, most: int) -> Iterator[Any]:
    """Walk candidates that wait to be fetched, in order of their ids, from behind one on."""
    found = (
        select(
            Candidate.id,
            Candidate.wnid,
            Candidate.fetch_url,
            Candidate.fetch_tries,
            Candidate.license,
            Candidate.gold,
        )
        .where(FOUND, Candidate.id > after)
        .order_by(Candidate.id)
        .limit(most)
    )
    return iter(session.execute(found.execution_options(yield_per=READ)))


def accepted_boxes() -> ScalarSelect[int]:
    """Count, as a column beside candidates, the boxes of each that were accepted."""
    accepted = (Box.candidate_id == Candidate.id, Box.state == "accepted")
    return select(func.count()).where(*accepted).scalar_subquery()


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
    mine = union(select(Pair.left).where(linked), select(Pair.right).where(linked))
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
