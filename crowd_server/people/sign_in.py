"""The front door: too much knocking from one address, and it stays shut to that address a while.

An account is never shut for its owner by what others try: many failures for one e-mail address, from wherever
they come, only make each further answer slower.
"""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TypeVar

from sqlalchemy.orm import Session

from crowd_server.people import accounts
from crowd_server.server import Server

Person = TypeVar("Person")
Check = Callable[[Session, str, str], Person | None]
SECONDS_A_FAILURE = 0.2
MOST_SECONDS = 2.0


class SignInRefused(Exception):
    """Nobody is let in; the message says why, `status` is the reply's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def sign_in(server: Server, check: Check[Person], email: str, password: str, address: str | None) -> Person:
    """The person whom `check` knows by e-mail and password; SignInRefused for a wrong one or one too many."""
    where = _subject(server, f"address {neighbourhood(address)}")
    who = _subject(server, f"email {email.strip().lower()[:254]}")
    with server.database.reading() as db:
        _check_patience(server, db, where)
        failures = accounts.failed_attempts(db, who, server.clock())
    # Who gets this far has few failures behind them, so there are never many who wait.
    time.sleep(min(MOST_SECONDS, SECONDS_A_FAILURE * max(0, failures - accounts.ATTEMPTS)))
    with server.database.reading() as db:
        person = check(db, email, password)
    if person is None:
        with server.database.writing() as db:
            accounts.note_failed_attempt(db, [where, who], server.clock())
        raise SignInRefused("E-mail address and password do not fit together.", 403)
    return person


def count_sign_up(server: Server, address: str | None) -> None:
    """Count an address's sign-up without a valid invitation; SignInRefused for one too many of late."""
    where = _subject(server, f"sign-up {neighbourhood(address)}")
    with server.database.writing() as db:
        _check_patience(server, db, where)
        accounts.note_failed_attempt(db, [where], server.clock())


def neighbourhood(address: str | None) -> str:
    """What counts as one address: in IPv6 the network of 64 bits that each home is given.

    >>> neighbourhood("2001:db8:1:2:3:4:5:6"), neighbourhood("::ffff:203.0.113.7"), neighbourhood(None)
    ('2001:db8:1:2::/64', '203.0.113.7', 'nowhere')
    """
    try:
        found = ip_address(address or "")
    except ValueError:
        return "nowhere"
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))


def _subject(server: Server, name: str) -> str:
    return accounts.attempt_subject(server.secret, name)


def _check_patience(server: Server, db: Session, subject: str) -> None:
    if accounts.failed_attempts(db, subject, server.clock()) >= accounts.ATTEMPTS:
        raise SignInRefused("Too many attempts. Wait a quarter of an hour, then try again.", 429)
