"""The front door: so many wrong passwords from one address or for one account, and it stays shut a while."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from crowd_server import accounts
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
    now = server.clock()
    subjects = [
        accounts.attempt_subject(server.secret, subject)
        for subject in (f"email {email.strip().lower()[:254]}", f"address {address}")
    ]
    with server.database.reading() as db:
        if accounts.too_many_attempts(db, subjects, now):
            raise SignInRefused("Too many attempts. Wait a quarter of an hour, then try again.", 429)
        person = check(db, email, password)
    if person is None:
        with server.database.writing() as db:
            accounts.note_failed_attempt(db, subjects, now)
        raise SignInRefused("E-mail address and password do not fit together.", 403)
    return person
