"""One letter to a requester's URL: signed, at an address that was looked at, within ten seconds in all.

`X-Crowd-Timestamp` is the time of sending in seconds since 1970; `X-Crowd-Signature` is the HMAC-SHA256 of
that, a full stop and the body, under the secret of the requester's newest key, in hexadecimal. So who keeps
old letters cannot send them again as new.
"""

import hmac
import http.client
import re
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from crowd_server.market.addresses import may_connect

DEADLINE = 10.0
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")
LONGEST_STATUS = 1000


@dataclass(frozen=True)
class Letter:
    """A notification to post; without `secret` it cannot be signed and so is not sent."""

    id: int
    requester_id: str
    destination: str
    body: bytes
    secret: str | None


def sign(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that prove who sent a body, and when."""
    stamp = str(int(now.timestamp()))
    signature = hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
    return {"X-Crowd-Timestamp": stamp, "X-Crowd-Signature": signature}


def post(letter: Letter, now: datetime, *, is_local: bool) -> str | None:
    """Post a letter; what went wrong, or None. Takes no longer than the deadline once the name is found."""
    if letter.secret is None:
        return "The requester has no key to sign with."
    headers = {"Content-Type": "application/json", **sign(letter.secret, letter.body, now)}
    try:
        status = _exchange(letter, headers, is_local)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None if 200 <= status < 300 else f"The destination answered {status}."


def _exchange(letter: Letter, headers: dict[str, str], is_local: bool) -> int:
    parts = urlsplit(letter.destination)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = _look_at(host, port, is_local)
    over = time.monotonic() + DEADLINE
    with socket.create_connection((address, port), DEADLINE) as raw:
        wire = _secured(raw, host, over) if parts.scheme == "https" else raw
        with wire:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = wire
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, letter.body, {**headers, "Host": parts.netloc})
            return _status(wire, over)


def _look_at(host: str, port: int, is_local: bool) -> str:
    """The address to connect to: looked at here, so that no name can change its mind in between."""
    address = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    if not may_connect(address, is_local=is_local):
        raise OSError(f"{host} is not a public address")
    return address


def _secured(raw: socket.socket, host: str, over: float) -> ssl.SSLSocket:
    raw.settimeout(_left(over))
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def _status(wire: socket.socket, over: float) -> int:
    """The status of the answer, and no more of it: each wait is for what is left of the time, not anew."""
    head = b""
    while b"\n" not in head and len(head) < LONGEST_STATUS:
        wire.settimeout(_left(over))
        part = wire.recv(LONGEST_STATUS)
        if not part:
            break
        head += part
    found = STATUS.match(head)
    if found is None:
        raise OSError("the destination did not answer in HTTP")
    return int(found[1])


def _left(over: float) -> float:
    left = over - time.monotonic()
    if left <= 0:
        raise TimeoutError(f"the destination took longer than {DEADLINE:g} s")
    return left
