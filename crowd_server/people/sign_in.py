"""The front door: too much knocking from one address or for one account, and it stays shut a while."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from crowd_server.people import accounts
from crowd_server.server import Server

Person = TypeVar("Person")
Check = Callable[[Session, str, str], Person | None]


class SignInRefused(Exception):
    """Nobody is let in; the message says why, `status` is the reply's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def sign_in(server: Server, check: Check[Person], email: str, password: str, address: str | None) -> Person:
    """The person whom `check` knows by e-mail and password; SignInRefused for a wrong one or one too many."""
    subjects = _subjects(server, f"email {email.strip().lower()[:254]}", f"address {address}")
    with server.database.reading() as db:
        _check_patience(server, db, subjects)
        person = check(db, email, password)
    if person is None:
        with server.database.writing() as db:
            accounts.note_failed_attempt(db, subjects, server.clock())
        raise SignInRefused("E-mail address and password do not fit together.", 403)
    return person


def count_sign_up(server: Server, address: str | None) -> None:
    """Count an uninvited sign-up from an address; SignInRefused when there were too many of late."""
    subjects = _subjects(server, f"sign-up {address}")
    with server.database.writing() as db:
        _check_patience(server, db, subjects)
        accounts.note_failed_attempt(db, subjects, server.clock())


def _subjects(server: Server, *names: str) -> list[str]:
    return [accounts.attempt_subject(server.secret, name) for name in names]


def _check_patience(server: Server, db: Session, subjects: list[str]) -> None:
    if accounts.too_many_attempts(db, subjects, server.clock()):
        raise SignInRefused("Too many attempts. Wait a quarter of an hour, then try again.", 429)
