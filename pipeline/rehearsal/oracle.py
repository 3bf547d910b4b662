"""What simulated workers see when they look at a picture: the state database tells it behind the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.desk.lease_desk import LeaseDesk
from pipeline.rehearsal.truth import PictureFacts, Truth
from pipeline.store.engine import StateStore
from pipeline.store.models import Box, Candidate, Picture
from quality.phash import as_unsigned

NEAR_BITS = 10


@dataclass(frozen=True, slots=True)
class DatabaseOracle:
    """Knows which candidate is behind a picture's opaque name."""

    store: StateStore
    desk: LeaseDesk
    truth: Truth

    def facts(self, pictures: Sequence[str]) -> list[PictureFacts]:
        """Name the candidate that each picture shows."""
        with self.store.reading() as session:
            return self._facts(session, pictures)

    def _facts(self, session: Session, pictures: Sequence[str]) -> list[PictureFacts]:
        names = (picture.rpartition("/")[2] for picture in pictures)
        shown = self.desk.candidates_behind(session, names)
        drawn = select(func.count()).where(Box.candidate_id == Candidate.id).scalar_subquery()
        rows = session.execute(
            select(Candidate.id, Candidate.url, Candidate.wnid, drawn).where(Candidate.id.in_(shown))
        )
        known = {candidate: PictureFacts(url, wnid, boxes) for candidate, url, wnid, boxes in rows}
        return [known[candidate] for candidate in shown]

    def same(self, first: str, second: str) -> bool:
        """Tell whether both are of one photograph: by the truth where it says so, else by near hashes."""
        with self.store.reading() as session:
            urls = [facts.url for facts in self._facts(session, (first, second))]
            named = [self.truth.photograph(url) for url in urls]
            if all(named):
                return named[0] == named[1]
            shown = select(Picture.phash).join(Candidate).where(Candidate.url.in_(urls))
            hashes = [as_unsigned(hashed) for hashed in session.scalars(shown)]
        return len(set(urls)) == 1 or (hashes[0] ^ hashes[-1]).bit_count() <= NEAR_BITS
