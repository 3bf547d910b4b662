"""Handing items to the worker who has just opened an accepted HIT, and to nobody else.

A HIT on the market is a ticket for a kind of work on a synset; which items it holds is decided only when its
page is opened, so that no item gets more answers than it needs and no worker meets one twice.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, Row, Select, exists, false, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from pipeline.clock import Clock
from pipeline.hits.desk import LeaseRefused, NothingToDo, UnknownPicture
from pipeline.hits.kinds import KINDS
from pipeline.hits.question import Item, Question
from pipeline.hits.submission import Box as BoxPixels
from pipeline.ports import BlobMissing, BlobStore
from pipeline.states import WORK
from pipeline.store.engine import StateStore
from pipeline.store.models import Box, Candidate, Hit, Lease, LeaseItem, Pair, Picture
from pipeline.synset_cards import SynsetCards

GRACE = timedelta(minutes=2)
"""An answer that was submitted in time may still be on its way when the assignment's time is up."""

PREVIEW = 0
"""Stands for the lease that a preview does not have."""

PAIRS = "pairs"
"""Stands for the synset in tickets about pairs of pictures."""


@dataclass(frozen=True, slots=True)
class LeaseDesk:
    """Opens leases, shows samples, and finds pictures behind their opaque names."""

    store: StateStore
    blobs: BlobStore
    cards: SynsetCards
    clock: Clock
    secret: str
    distinct_workers: bool

    def open(self, kind: str, wnid: str, hit_id: str, assignment_id: str, worker_id: str) -> Question:
        """Lease items to a worker in an accepted assignment; asked again, give the same lease.

        Raises
        ------
        LeaseRefused
            If the HIT is not ours, or not of this kind and synset, or another worker holds the assignment.
        NothingToDo
            If no item is left that needs this worker.
        """
        now = self.clock()
        with self.store.writing() as session:
            lease = self._held(session, assignment_id, worker_id, now)
            if lease is None:
                lease = self._new(
                    session, _ticket(session, kind, wnid, hit_id), assignment_id, worker_id, now
                )
            elif (lease.kind, lease.wnid, lease.hit_id) != (kind, wnid, hit_id):
                raise LeaseRefused
            return self._ask(session, kind, wnid, lease.id, leased_items(session, [lease.id]))

    def preview(self, kind: str, wnid: str) -> Question:
        """Show the real task on a few samples; nothing is leased, and samples have no say."""
        with self.store.reading() as session:
            rows = session.execute(due(kind, wnid).limit(KINDS[kind].items_per_hit)).all()
            if not rows:
                raise NothingToDo
            items = [Leased(PREVIEW, place, row.id, row.box_id) for place, row in enumerate(rows)]
            return self._ask(session, kind, wnid, PREVIEW, items)

    def picture(self, name: str) -> tuple[bytes, str]:
        """Give the bytes and media type behind a picture's opaque name.

        Raises
        ------
        UnknownPicture
            If the name is forged or its lease is over.
        """
        try:
            lease_id, place, side, until = self._signer("picture").loads(name)
        except (BadSignature, ValueError):
            raise UnknownPicture from None
        if self.clock().timestamp() > until:
            raise UnknownPicture
        with self.store.reading() as session:
            sha256 = _behind(session, lease_id, place, side)
        try:
            return self.blobs.get(sha256), "image/jpeg"
        except BlobMissing:
            raise UnknownPicture from None

    def _held(self, session: Session, assignment_id: str, worker_id: str, now: datetime) -> Lease | None:
        held = session.scalars(
            select(Lease).where(
                Lease.assignment_id == assignment_id, Lease.state == "open", Lease.expires_at > now
            )
        ).all()
        if any(lease.worker_id != worker_id for lease in held):
            raise LeaseRefused
        return held[0] if held else None

    def _new(self, session: Session, hit: Hit, assignment_id: str, worker_id: str, now: datetime) -> Lease:
        rows = session.execute(self._due(hit.kind, hit.wnid, worker_id).limit(hit.items)).all()
        if not rows:
            raise NothingToDo
        lease = Lease(
            hit_id=hit.hit_id,
            assignment_id=assignment_id,
            worker_id=worker_id,
            kind=hit.kind,
            wnid=hit.wnid,
            state="open",
            opened_at=now,
            expires_at=now + timedelta(seconds=KINDS[hit.kind].seconds_allowed) + GRACE,
        )
        session.add(lease)
        session.flush()
        session.execute(insert(LeaseItem), [_lease_item(lease, n, row) for n, row in enumerate(rows)])
        table, ids = subject_table(hit.kind), [row.id for row in rows]
        session.execute(update(table).where(table.id.in_(ids)).values(pending=table.pending + 1))
        return lease

    def _due(self, kind: str, wnid: str, worker_id: str) -> Select[Any]:
        table = subject_table(kind)
        query = due(kind, wnid).where(table.wanted > table.pending, ~_met(kind, worker_id))
        if self.distinct_workers:
            query = query.where(~_barred(kind, worker_id))
        return query.with_for_update(skip_locked=True, of=table)

    def _ask(
        self, session: Session, kind: str, wnid: str, lease_id: int, items: Sequence[Leased]
    ) -> Question:
        until = self.clock() + timedelta(seconds=KINDS[kind].seconds_allowed)
        pictures = _pictures(session, kind, [item.subject for item in items])
        boxes = _boxes(session, items)
        return Question(
            kind=kind,
            lease="" if lease_id == PREVIEW else self.token(lease_id),
            synset=self.cards.card(session, wnid),
            items=tuple(self._item(item, kind, pictures[item.subject], boxes, until) for item in items),
            seconds_allowed=KINDS[kind].seconds_allowed,
        )

    def _item(
        self, item: Leased, kind: str, sides: Sequence[Row[Any]], boxes: _Boxes, until: datetime
    ) -> Item:
        first, other = sides[0], sides[1] if len(sides) > 1 else None
        return Item(
            key=self.item_key(item.lease_id, item.position),
            picture=self._name(item, 0, until),
            width=first.width,
            height=first.height,
            boxes=boxes.accepted.get(item.subject, ()) if kind in ("draw_box", "check_coverage") else (),
            box=boxes.by_id.get(item.box_id) if kind == "check_box" else None,
            other=self._name(item, 1, until) if other else None,
            other_width=other.width if other else None,
            other_height=other.height if other else None,
        )

    def _name(self, item: Leased, side: int, until: datetime) -> str:
        place = item.subject if item.lease_id == PREVIEW else item.position
        return "/pictures/" + self._signer("picture").dumps(
            [item.lease_id, place, side, int(until.timestamp())]
        )

    def token(self, lease_id: int) -> str:
        """Name a lease so that nobody else can."""
        return self._signer("lease").dumps(lease_id)

    def lease_id(self, token: str) -> int:
        """Read a lease's name; 0, which no lease has, if it was not given by us."""
        try:
            return int(self._signer("lease").loads(token))
        except (BadSignature, ValueError, TypeError):
            return 0

    def item_key(self, lease_id: int, position: int) -> str:
        """Name an item within its lease by its place alone, which tells nothing of the picture."""
        digest = hashlib.blake2b(
            f"{lease_id}.{position}".encode(), key=self.secret.encode()[:64], digest_size=9
        )
        return base64.urlsafe_b64encode(digest.digest()).decode()

    def _signer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt=purpose)


@dataclass(frozen=True, slots=True)
class Leased:
    """One item of a lease, by its place."""

    lease_id: int
    position: int
    subject: int
    box_id: int


@dataclass(frozen=True, slots=True)
class _Boxes:
    accepted: Mapping[int, tuple[BoxPixels, ...]]
    by_id: Mapping[int, BoxPixels]


def leased_items(session: Session, lease_ids: Sequence[int]) -> list[Leased]:
    """Read the items of leases, in the order of their pages."""
    rows = session.execute(
        select(LeaseItem.lease_id, LeaseItem.position, LeaseItem.subject, LeaseItem.box_id)
        .where(LeaseItem.lease_id.in_(lease_ids))
        .order_by(LeaseItem.lease_id, LeaseItem.position)
    )
    return [Leased(*row) for row in rows]


def item_sizes(session: Session, kind: str, items: Sequence[Leased]) -> dict[int, tuple[int, int]]:
    """Give width and height, in pixels, of each item's (first) picture, by subject."""
    sides = _pictures(session, kind, [item.subject for item in items])
    return {subject: (rows[0].width, rows[0].height) for subject, rows in sides.items()}


def expire_leases(session: Session, now: datetime, limit: int) -> int:
    """Take back what was not answered in time; give the number of leases."""
    over = select(Lease.id).where(Lease.state == "open", Lease.expires_at < now).order_by(Lease.expires_at)
    ids = session.scalars(over.limit(limit)).all()
    if ids:
        close_leases(session, ids, "expired")
    return len(ids)


def close_leases(session: Session, lease_ids: Sequence[int], state: str) -> None:
    """End leases (`answered`, `expired`) and give their items' places back."""
    session.execute(update(Lease).where(Lease.id.in_(lease_ids)).values(state=state))
    mine = LeaseItem.lease_id.in_(lease_ids)
    session.execute(update(LeaseItem).where(mine).values(state=state))
    for kind in session.scalars(select(LeaseItem.kind).where(mine).distinct()).all():
        table = subject_table(kind)
        still_open = (
            select(func.count())
            .where(LeaseItem.kind == kind, LeaseItem.subject == table.id, LeaseItem.state == "open")
            .scalar_subquery()
        )
        touched = select(LeaseItem.subject).where(mine, LeaseItem.kind == kind)
        session.execute(update(table).where(table.id.in_(touched)).values(pending=still_open))


def subject_table(kind: str) -> type[Candidate] | type[Pair]:
    """Tell what a kind of HIT asks about."""
    return Pair if kind == "check_duplicate" else Candidate


def due(kind: str, wnid: str) -> Select[Any]:
    """Select what waits for a kind of work, in a fixed random order."""
    if kind == "check_duplicate":
        return (
            select(Pair.id, literal(0).label("box_id"))
            .where(Pair.verdict == "doubtful")
            .order_by(Pair.shuffle)
        )
    box = (
        literal(0).label("box_id")
        if kind == "label_images"
        else func.coalesce(Candidate.box_id, 0).label("box_id")
    )
    waiting = select(Candidate.id, box).where(Candidate.state == WORK[kind], Candidate.wnid == wnid)
    return waiting.order_by(Candidate.shuffle, Candidate.id)


def _ticket(session: Session, kind: str, wnid: str, hit_id: str) -> Hit:
    hit = session.scalar(select(Hit).where(Hit.hit_id == hit_id))
    if hit is None or (hit.kind, hit.wnid) != (kind, wnid) or hit.state != "open":
        raise LeaseRefused
    return hit


def _lease_item(lease: Lease, position: int, row: Row[Any]) -> dict[str, Any]:
    return {
        "lease_id": lease.id,
        "position": position,
        "kind": lease.kind,
        "subject": row.id,
        "box_id": row.box_id,
        "worker_id": lease.worker_id,
        "state": "open",
    }


def _met(kind: str, worker_id: str) -> ColumnElement[bool]:
    # A rejected box sends its image back to be drawn, and a missed instance a covered one: the same
    # worker may see those again, since the question has changed.
    table = subject_table(kind)
    met = (
        LeaseItem.kind == kind,
        LeaseItem.subject == table.id,
        LeaseItem.worker_id == worker_id,
        LeaseItem.state != "expired",
    )
    if kind in ("label_images", "check_duplicate"):
        return exists().where(*met)
    return exists().where(*met, LeaseItem.box_id == func.coalesce(Candidate.box_id, 0))


def _barred(kind: str, worker_id: str) -> ColumnElement[bool]:
    """Drawer, checker and coverage judge of a box are three people (Su, Deng and Fei-Fei 2012)."""
    drew = Box.drawer == worker_id
    if kind == "check_box":
        return exists().where(Box.id == Candidate.box_id, drew)
    if kind == "check_coverage":
        accepted = (Box.candidate_id == Candidate.id, Box.state == "accepted")
        return exists().where(*accepted, or_(drew, Box.checker == worker_id))
    return false()


def _behind(session: Session, lease_id: int, place: int, side: int) -> str:
    if lease_id == PREVIEW:
        kind, subject = ("label_images" if side == 0 else "check_duplicate"), place
    else:
        item = session.get(LeaseItem, (lease_id, place))
        if item is None:
            raise UnknownPicture
        kind, subject = item.kind, item.subject
    sides = _pictures(session, kind, [subject]).get(subject, ())
    if side >= len(sides):
        raise UnknownPicture
    return str(sides[side].sha256)


def _pictures(session: Session, kind: str, subjects: Sequence[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    facts = (Picture.sha256, Picture.width, Picture.height)
    joins = [Candidate.id == Pair.left, Candidate.id == Pair.right] if kind == "check_duplicate" else [None]
    for join in joins:
        query = select(Candidate.id if join is None else Pair.id, *facts).join(
            Picture, Candidate.picture == Picture.sha256
        )
        query = (
            query.where(Candidate.id.in_(subjects))
            if join is None
            else query.join(Pair, join).where(Pair.id.in_(subjects))
        )
        for row in session.execute(query):
            found[row.id].append(row)
    return found


def _boxes(session: Session, items: Sequence[Leased]) -> _Boxes:
    pixels = (Box.xmin, Box.ymin, Box.xmax, Box.ymax)
    mine = or_(
        Box.candidate_id.in_([item.subject for item in items]), Box.id.in_([item.box_id for item in items])
    )
    accepted: dict[int, tuple[BoxPixels, ...]] = defaultdict(tuple)
    by_id: dict[int, BoxPixels] = {}
    for row in session.execute(
        select(Box.id, Box.candidate_id, Box.state, *pixels).where(mine).order_by(Box.id)
    ):
        box = (row.xmin, row.ymin, row.xmax, row.ymax)
        by_id[row.id] = box
        if row.state == "accepted":
            accepted[row.candidate_id] += (box,)
    return _Boxes(accepted, by_id)
