"""The names that pages carry, of pictures, leases and items: opaque, and only we can make them up."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

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

    def candidate(self, session: Session, name: str, now: datetime) -> int:
        """Give the candidate whose picture a name stands for.

        Raises
        ------
        UnknownPicture
            If the name is forged or its time is over.
        """
        read = self._pictures.read(name)
        if read is None or now.timestamp() > read[3]:
            raise UnknownPicture
        return _candidate(session, *read[:3])

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


def _candidate(session: Session, lease_id: int, place: int, side: int) -> int:
    if lease_id == NO_LEASE:
        kind, subject = ("label_images" if side == 0 else "check_duplicate"), place
    else:
        item = session.get(LeaseItem, (lease_id, place))
        if item is None:
            raise UnknownPicture
        kind, subject = item.kind, item.subject
    if kind != "check_duplicate":
        return subject
    pair = session.get_one(Pair, subject)
    return pair.right if side else pair.left
