"""Notifications on their way to requesters' URLs: signed, retried with back-off, never to a private address.

The signature is HMAC-SHA256 of the body under the secret of the requester's newest key, in hexadecimal, in
the header `X-Crowd-Signature`. Delivery is at least once and in no order; `EventDocId` tells doubles apart.
"""

import hmac
import http.client
import json
import logging
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server.store.engine import Database
from crowd_server.store.models.accounts import AccessKey
from crowd_server.store.models.post import Notification

TIMEOUT = 10
BATCH = 20
MOST_ATTEMPTS = 10
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=15)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """A notification ready to post."""

    id: int
    destination: str
    body: bytes
    signature: str


def deliver(database: Database, now: datetime, *, loopback: bool) -> int:
    """Post what is due and note how it went; the number posted. No transaction is open meanwhile."""
    with database.writing() as session:
        letters = _take(session, now)
    for letter in letters:
        error = _post(letter, loopback=loopback)
        with database.writing() as session:
            _note(session, letter, error, now)
    return len(letters)


def _take(session: Session, now: datetime) -> list[Letter]:
    due = select(Notification).where(Notification.next_at <= now).order_by(Notification.next_at).limit(BATCH)
    rows = session.scalars(due.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.next_at = now + LEASE
    return [_letter(session, row) for row in rows]


def _letter(session: Session, row: Notification) -> Letter:
    body = json.dumps(row.body).encode()
    newest = (
        select(AccessKey.secret_key)
        .where(AccessKey.requester_id == row.requester_id, AccessKey.revoked_at.is_(None))
        .order_by(AccessKey.created_at.desc())
    )
    secret = session.scalar(newest.limit(1)) or ""
    return Letter(row.id, row.destination, body, hmac.digest(secret.encode(), body, "sha256").hex())


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


def _post(letter: Letter, *, loopback: bool) -> str | None:
    """Post one; what went wrong, or None."""
    headers = {"Content-Type": "application/json", "X-Crowd-Signature": letter.signature}
    parts = urlsplit(letter.destination)
    try:
        connection = _connect(parts.scheme, parts.hostname or "", parts.port, loopback=loopback)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, letter.body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        log.info("notification not delivered: %s", error)
        return f"{type(error).__name__}: {error}"
    return None if 200 <= status < 300 else f"The destination answered {status}."


def _connect(scheme: str, host: str, port: int | None, *, loopback: bool) -> http.client.HTTPConnection:
    """A connection to an address that was looked at first, so that no name can change its mind in between."""
    port = port or (443 if scheme == "https" else 80)
    address = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    found = ip_address(address)
    if not (found.is_global or (loopback and found.is_loopback)):
        raise OSError(f"{host} is not a public address")
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    raw = socket.create_connection((address, port), TIMEOUT)
    if scheme == "https":
        raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    connection.sock = raw
    return connection
