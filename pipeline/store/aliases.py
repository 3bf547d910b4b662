"""The names of workers in releases, which mean something only to whoever holds the state database."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.engine import StateStore
from pipeline.store.insertion import insert_new
from pipeline.store.models import Fact

KEY = "alias_key"
LENGTH = 5
"""Bytes: of a million workers, two share a name once in two runs."""


def alias_key(store: StateStore) -> str:
    """Give the key that this database keeps, making it at the first call."""
    with store.reading() as session:
        key = _key(session)
    if key is None:
        with store.writing() as session:
            insert_new(session, Fact, [{"name": KEY, "value": secrets.token_urlsafe(32)}], ("name",))
            key = _key(session)
    return str(key)


def alias(key: str, worker_id: str) -> str:
    """Name a worker."""
    return hashlib.blake2b(worker_id.encode(), key=key.encode(), digest_size=LENGTH).hexdigest()


def _key(session: Session) -> str | None:
    return session.scalar(select(Fact.value).where(Fact.name == KEY))
