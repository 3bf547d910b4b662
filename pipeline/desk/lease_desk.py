"""The desk that HIT pages ask for work: it leases items to the worker who has just opened an accepted HIT.

A HIT on the market is a ticket for a kind of work on a synset; which items it holds is decided only when its
page is opened, so that no item gets more answers than it needs and no worker meets one twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.orm import Session

from pipeline.clock import Clock
from pipeline.desk.entry_paper import mark, test_items
from pipeline.desk.instruction import is_first
from pipeline.desk.names import NO_LEASE, Names
from pipeline.desk.refusals import forget, turn_away
from pipeline.desk.routing import route
from pipeline.desk.sheet import Sheet, examples_shown
from pipeline.hits import entry_test
from pipeline.hits.desk import LeaseRefused, Marked, NothingToDo, UnknownPicture, WorkerExcluded
from pipeline.hits.entry_test import question_of
from pipeline.hits.kinds import KINDS
from pipeline.hits.question import Question
from pipeline.ports import BlobMissing, BlobStore
from pipeline.store.engine import StateStore
from pipeline.store.leases import Busy, Leased, barred, due, leased_items, met, subject_table, take_back
from pipeline.store.models import Candidate, Hit, Lease, LeaseItem, Worker
from pipeline.synsets.cards import SynsetCards
from pipeline.votes.page_gold import Examples, gold_items
from pipeline.votes.screening import is_turned_away
from pipeline.votes.vote_models import VoteModels

GRACE = timedelta(minutes=2)
"""An answer that was submitted in time may still be on its way when the assignment's time is up."""

HIT = select(Hit).where(Hit.hit_id == bindparam("this")).with_for_update()
OPEN_LEASE = select(Lease).where(Lease.hit_id == bindparam("this"), Lease.state == "open")

PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each try: what another transaction holds is free again when it is over."""


@dataclass(frozen=True)
class LeaseDesk:
    """Opens leases, shows samples, and finds pictures behind their opaque names."""

    store: StateStore
    blobs: BlobStore
    cards: SynsetCards
    clock: Clock
    secret: str
    distinct_workers: bool
    pass_mark: int = 0
    models: VoteModels = field(default_factory=VoteModels)

    def open(self, kind: str, wnid: str, hit_id: str, assignment_id: str, worker_id: str) -> Question:
        """Lease items to a worker in an accepted assignment; asked again, give the same lease.

        Raises
        ------
        LeaseRefused
            If the HIT is not ours or of another kind or synset, the assignment somebody else's or over.
        WorkerExcluded
            If this worker's answers would not count; what they hold already they may finish.
        NothingToDo
            If no item is left that needs this worker.
        """
        for pause in PAUSES:
            time.sleep(pause)
            try:
                with self.store.writing() as session:
                    question = self._opened(session, kind, wnid, hit_id, assignment_id, worker_id)
                break
            except Busy:
                question = None
        if question is None:
            raise NothingToDo
        return question

    def preview(self, kind: str, wnid: str) -> Question:
        """Show the real task on a few samples; nothing is leased, and samples have no say."""
        with self.store.reading() as session:
            rows = session.execute(due(question_of(kind), wnid).limit(KINDS[kind].items_per_hit)).all()
            if not rows:
                raise NothingToDo
            items = [Leased(NO_LEASE, place, row.id, row.box_id) for place, row in enumerate(rows)]
            return self.sheet.question(
                session, kind, wnid, items, examples_shown(session, kind, wnid), self.clock()
            )

    def mark(self, document: str) -> Marked:
        """Keep the answers to an entry test for good, and tell the truth.

        Raises
        ------
        LeaseRefused
            If they answer no test that is open.
        BadAnswer
            If they cannot be read.
        """
        with self.store.writing() as session:
            return mark(session, self.names, document, self.pass_mark, self.clock())

    def picture(self, name: str) -> tuple[bytes, str]:
        """Give the bytes and media type behind a picture's opaque name.

        Raises
        ------
        UnknownPicture
            If the name is forged or its lease is over.
        """
        with self.store.reading() as session:
            wanted = Candidate.id.in_(self.candidates_behind(session, [name]))
            sha256 = session.scalar(select(Candidate.picture).where(wanted))
        try:
            return self.blobs.get(str(sha256)), "image/jpeg"
        except BlobMissing:
            raise UnknownPicture from None

    def candidates_behind(self, session: Session, names: Iterable[str]) -> list[int]:
        """Give the candidates whose pictures these names stand for.

        Raises
        ------
        UnknownPicture
            If one is forged or its lease is over.
        """
        return self.names.candidates(session, names, self.clock())

    def _opened(
        self, session: Session, kind: str, wnid: str, hit_id: str, assignment_id: str, worker_id: str
    ) -> Question | None:
        now = self.clock()
        # Whoever else opens this HIT waits here, so that one lease at most is open for it.
        hit = session.scalar(HIT, {"this": hit_id})
        if hit is None or (hit.kind, hit.wnid) != (kind, wnid):
            raise LeaseRefused
        held = session.scalar(OPEN_LEASE, {"this": hit_id})
        lease = held if held and (held.assignment_id, held.worker_id) == (assignment_id, worker_id) else None
        shown = examples_shown(session, kind, wnid)
        if lease is None:
            _admit(session, kind, wnid, worker_id)
            if hit.state not in ("open", "expiring"):
                raise LeaseRefused
            if held:
                # A HIT has one assignment: who opens it under another one has got it after the first worker.
                take_back(session, held)
            lease = self._new(session, hit, assignment_id, worker_id, shown, now)
        elif lease.expires_at <= now:
            raise LeaseRefused
        if lease is None:
            if kind != entry_test.KIND.name:
                self._turn_away(session, hit, worker_id, now)
            return None
        items = leased_items(session, [lease.id])
        return self.sheet.question(session, kind, wnid, items, shown, now, lease)

    def _turn_away(self, session: Session, hit: Hit, worker_id: str, now: datetime) -> None:
        """Remember that work waits which this worker may not do. What others have in hand does not count."""
        if session.execute(self._free(hit, worker_id).limit(1)).first():
            raise Busy
        if waiting := set(session.scalars(_waiting(hit))):
            turn_away(session, hit.kind, hit.wnid, waiting, now)

    def _new(
        self, session: Session, hit: Hit, assignment_id: str, worker_id: str, shown: Examples, now: datetime
    ) -> Lease | None:
        rows, gold = self._items(session, hit, assignment_id, worker_id, shown)
        if not (rows or gold):
            return None
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
        lease.quiz = self.sheet.choices(session, lease) if is_first(session, lease) else None
        page = [*rows, *gold]
        if hit.kind == "label_images":
            page.sort(key=lambda row: self.names.item(lease.id, row.id))
        session.execute(
            insert(LeaseItem), [_lease_item(lease, n, row, row in gold) for n, row in enumerate(page)]
        )
        table, ids = subject_table(hit.kind), [row.id for row in rows]
        session.execute(update(table).where(table.id.in_(ids)).values(pending=table.pending + 1))
        forget(session, hit.kind, hit.wnid)
        return lease

    def _items(
        self, session: Session, hit: Hit, assignment_id: str, worker_id: str, shown: Examples
    ) -> tuple[list[Any], list[Any]]:
        """Choose what a page asks, and what it checks; nothing is checked where nothing is asked."""
        dice = np.random.default_rng([*self.names.digest(f"{hit.id}.{assignment_id}.{worker_id}")])
        if hit.kind == entry_test.KIND.name:
            return [], test_items(session, hit, worker_id, dice)
        free = self._free(hit, worker_id)
        if hit.kind != "label_images":
            held = free.with_for_update(skip_locked=True, of=subject_table(hit.kind))
            return list(session.execute(held.limit(hit.items))), []
        gold = gold_items(session, hit, worker_id, {*shown.good, *shown.bad}, dice)
        learnt = self.models.of_synset(session, hit.wnid)
        rows = route(session, free, learnt, worker_id, hit.items - len(gold), dice)
        return rows, gold if rows else []

    def _free(self, hit: Hit, worker_id: str) -> Select[int, int]:
        query = _waiting(hit).where(~met(hit.kind, worker_id))
        return query.where(~barred(hit.kind, worker_id)) if self.distinct_workers else query

    @cached_property
    def names(self) -> Names:
        """Gives names to what pages show."""
        return Names(self.secret)

    @cached_property
    def sheet(self) -> Sheet:
        """Fills in pages."""
        return Sheet(self.names, self.cards)


def _admit(session: Session, kind: str, wnid: str, worker_id: str) -> None:
    worker = session.get(Worker, worker_id)
    if (worker and worker.excluded_at) or is_turned_away(session, worker_id, question_of(kind), wnid):
        raise WorkerExcluded


def _waiting(hit: Hit) -> Select[int, int]:
    table = subject_table(hit.kind)
    return due(hit.kind, hit.wnid).where(table.wanted > table.pending)


def _lease_item(lease: Lease, position: int, row: Any, gold: bool) -> dict[str, Any]:
    return {
        "lease_id": lease.id,
        "position": position,
        "kind": question_of(lease.kind),
        "subject": row.id,
        "box_id": row.box_id,
        "gold": gold,
        "worker_id": lease.worker_id,
        "state": "open",
    }
