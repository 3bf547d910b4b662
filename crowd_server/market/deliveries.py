"""Notifications on their way to requesters' URLs: taken from the queue, posted side by side, retried.

Delivery is at least once and in no order; `EventDocId` tells doubles apart. A requester has few letters on
the way at a time, so that a slow destination holds up that requester's own letters only.
"""

import json
import logging
import threading
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from crowd_server.clock import Clock, real_time
from crowd_server.market.courier import Letter, post
from crowd_server.store.engine import Database
from crowd_server.store.models.accounts import AccessKey
from crowd_server.store.models.post import Notification

POSTMEN = 16
EACH = 2
LOOKED_AT = 200
MOST_ATTEMPTS = 10
FIRST_WAIT = timedelta(seconds=15)
# Longer than a letter can be on the way: the courier's ten seconds, and the patience of name servers.
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=7)

log = logging.getLogger(__name__)


class PostOffice:
    """The postmen of one process. Several processes share the queue and do no harm to each other."""

    def __init__(self, database: Database, clock: Clock, *, is_local: bool) -> None:
        self.database = database
        self.clock = clock
        self.is_local = is_local
        self.on_the_way: dict[int, str] = {}
        self.back = threading.Event()

    def send_out_all(self) -> None:
        """Give letters to postmen until nothing is due, or nobody is free who may carry it."""
        self.back.clear()
        while self.send_out():
            pass

    def send_out(self) -> int:
        """Give a round of what is due to postmen who are free; the number of letters given."""
        now, busy = self.clock(), Counter(list(self.on_the_way.values()))
        with self.database.reading() as session:
            if session.scalars(_due(now, busy).limit(1)).first() is None:
                return 0
        if busy.total() >= POSTMEN:
            return 0
        with self.database.writing() as session:
            letters = _take(session, now, busy)
        for letter in letters:
            self.on_the_way[letter.id] = letter.requester_id
            # Threads that the end of the process does not wait for: the lease brings their letters back.
            threading.Thread(target=self._carry, args=(letter,), name="postman", daemon=True).start()
        return len(letters)

    def _carry(self, letter: Letter) -> None:
        try:
            error = post(letter, real_time(), is_local=self.is_local)
            with self.database.writing() as session:
                _note(session, letter, error, self.clock())
        except Exception:
            log.exception("a notification was neither noted as delivered nor as failed; its turn comes again")
        finally:
            del self.on_the_way[letter.id]
            self.back.set()

    def clear_out(self) -> None:
        """Forget what was delivered, or given up, and is a week old."""
        old = delete(Notification).where(
            Notification.next_at.is_(None), Notification.created_at < self.clock() - KEPT
        )
        with self.database.writing() as session:
            session.execute(old)


def _due(now: datetime, busy: Counter[str]) -> Select[Notification]:
    due = select(Notification).where(Notification.next_at <= now).order_by(Notification.next_at)
    full = [requester_id for requester_id, number in busy.items() if number >= EACH]
    return due.where(Notification.requester_id.not_in(full)) if full else due


def _take(session: Session, now: datetime, busy: Counter[str]) -> list[Letter]:
    taken: list[Letter] = []
    rows = session.scalars(_due(now, busy).limit(LOOKED_AT).with_for_update(skip_locked=True)).all()
    for row in rows:
        if busy[row.requester_id] < EACH and busy.total() < POSTMEN:
            busy[row.requester_id] += 1
            row.next_at = now + LEASE
            taken.append(_letter(session, row))
    return taken


def _letter(session: Session, row: Notification) -> Letter:
    newest = (
        select(AccessKey.secret_key)
        .where(AccessKey.requester_id == row.requester_id, AccessKey.revoked_at.is_(None))
        .order_by(AccessKey.created_at.desc())
    )
    secret = session.scalar(newest.limit(1))
    return Letter(row.id, row.requester_id, row.destination, json.dumps(row.body).encode(), secret)


def _note(session: Session, letter: Letter, error: str | None, now: datetime) -> None:
    row = session.get_one(Notification, letter.id)
    row.attempts += 1
    row.error = error and error[:255]
    if error is None:
        row.delivered_at, row.next_at = now, None
    elif row.attempts >= MOST_ATTEMPTS:
        row.next_at = None
    else:
        row.next_at = now + FIRST_WAIT * 2 ** (row.attempts - 1)
