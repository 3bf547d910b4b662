"""What simulated workers see when they look at a picture: told by the state database, behind the pages' backs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.lease_desk import LeaseDesk
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

    def facts(self, picture: str) -> PictureFacts:
        """Tell which candidate a picture shows."""
        with self.store.reading() as session:
            return self._facts(session, picture)

    def _facts(self, session: Session, picture: str) -> PictureFacts:
        candidate = self.desk.candidate_behind(session, picture.rpartition("/")[2])
        drawn = select(func.count()).where(Box.candidate_id == Candidate.id).scalar_subquery()
        row = session.execute(
            select(Candidate.url, Candidate.wnid, drawn.label("drawn")).where(Candidate.id == candidate)
        ).one()
        return PictureFacts(row.url, row.wnid, row.drawn)

    def same(self, first: str, second: str) -> bool:
        """Tell whether two pictures are of one photograph: by the truth where it says so, else by near hashes."""
        with self.store.reading() as session:
            urls = [self._facts(session, picture).url for picture in (first, second)]
            named = [self.truth.photograph(url) for url in urls]
            if all(named):
                return named[0] == named[1]
            shown = select(Picture.phash).join(Candidate).where(Candidate.url.in_(urls))
            hashes = [as_unsigned(hashed) for hashed in session.scalars(shown)]
        return len(set(urls)) == 1 or (hashes[0] ^ hashes[-1]).bit_count() <= NEAR_BITS
