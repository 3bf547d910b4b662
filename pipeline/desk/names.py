"""The names that pages carry, of pictures, leases and items: opaque, and only we can make them up."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.desk.seals import Seal
from pipeline.hits.desk import UnknownPicture
from pipeline.store.models import LeaseItem, Pair

NO_LEASE = 0
"""Stands for the lease that a preview, or an example on a page, does not have."""


class Names:
    """Gives names, and reads them."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._pictures = Seal(secret, "picture", ">qqBq")
        self._leases = Seal(secret, "lease", ">q")

    def picture(self, lease_id: int, place: int, side: int, until: datetime) -> str:
        """Give the address of one side of an item, by lease and place, or by subject without a lease."""
        return "/pictures/" + self._pictures.seal(lease_id, place, side, int(until.timestamp()))

    def candidates(self, session: Session, names: Iterable[str], now: datetime) -> list[int]:
        """Give the candidates whose pictures these names stand for.

        Raises
        ------
        UnknownPicture
            If one is forged or its time is over.
        """
        read = [self._pictures.read(name) for name in names]
        places = [one[:3] for one in read if one and now.timestamp() <= one[3]]
        if len(places) < len(read):
            raise UnknownPicture
        return _candidates(session, places)

    def lease(self, lease_id: int) -> str:
        """Name a lease so that nobody else can."""
        return self._leases.seal(lease_id)

    def lease_id(self, name: str) -> int:
        """Read a lease's name; 0, which no lease has, if it was not given by us."""
        read = self._leases.read(name)
        return read[0] if read else 0

    def item(self, lease_id: int, position: int) -> str:
        """Name an item within its lease by its place alone, which tells nothing of the picture."""
        return base64.urlsafe_b64encode(self.digest(f"{lease_id}.{position}")).decode()

    def digest(self, of: str) -> bytes:
        """Give nine bytes that depend on a text in a way that only we know."""
        return hashlib.blake2b(of.encode(), key=self._secret[:64], digest_size=9).digest()


def _candidates(session: Session, places: Sequence[tuple[int, ...]]) -> list[int]:
    leased = [(lease_id, place) for lease_id, place, _ in places if lease_id != NO_LEASE]
    columns = select(LeaseItem.lease_id, LeaseItem.position, LeaseItem.kind, LeaseItem.subject)
    # One picture is asked for far more often than a page of them: of its lease, no other item is read.
    mine = (
        LeaseItem.lease_id.in_({one for one, _ in leased}),
        LeaseItem.position.in_({n for _, n in leased}),
    )
    found = session.execute(columns.where(*mine)).all() if leased else ()
    items = {(lease_id, position): (kind, subject) for lease_id, position, kind, subject in found}
    shown = [
        (("check_duplicate" if side else "label_images"), place)
        if lease_id == NO_LEASE
        else items.get((lease_id, place))
        for lease_id, place, side in places
    ]
    if None in shown:
        raise UnknownPicture
    pairs = {subject for kind, subject in filter(None, shown) if kind == "check_duplicate"}
    rows = session.execute(select(Pair.id, Pair.left, Pair.right).where(Pair.id.in_(pairs))) if pairs else ()
    sides = {row: (left, right) for row, left, right in rows}
    return [
        sides[subject][side] if kind == "check_duplicate" else subject
        for (kind, subject), (_, _, side) in zip(filter(None, shown), places, strict=True)
    ]
