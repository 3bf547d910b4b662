"""Who may come in: requesters and their keys, workers and operators and their passwords."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crowd_server.market import ledger
from crowd_server.store.models.accounts import AccessKey, Operator, Requester, SignInAttempt, Worker
from crowd_server.store.models.table import ALPHABET, new_id

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
NOBODY = HASHER.hash(secrets.token_hex())
MIN_PASSWORD = 10
ATTEMPTS = 10
WINDOW = timedelta(minutes=15)
EMAIL = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']{1,189}")


class AccountError(Exception):
    """An account cannot be made or entered; the message is for the person at the form."""


def add_requester(session: Session, name: str, balance_cents: int, now: datetime) -> AccessKey:
    """A requester with a first key pair and a first deposit."""
    requester = Requester(requester_id=new_id("A", 14), name=name, created_at=now)
    session.add(requester)
    owned = (ledger.requester_account(requester.requester_id), ledger.hold_account(requester.requester_id))
    for account in (ledger.WORLD, ledger.FEES, *owned):
        ledger.open_account(session, account)
    deposit(session, requester.requester_id, balance_cents, now)
    return add_key(session, requester.requester_id, now)


def add_key(session: Session, requester_id: str, now: datetime) -> AccessKey:
    """Another key pair for a requester."""
    key = AccessKey(
        access_key=new_id("AKIA", 20),
        secret_key=secrets.token_urlsafe(30),
        requester_id=requester_id,
        created_at=now,
    )
    session.add(key)
    session.flush()
    return key


def deposit(session: Session, requester_id: str, cents: int, now: datetime) -> None:
    """Money that the operator took from a requester outside this server."""
    target = ledger.requester_account(requester_id)
    ledger.transfer(session, now, ledger.WORLD, target, cents=cents, kind="deposit", about=requester_id)


def key_owner(session: Session, access_key: str) -> AccessKey | None:
    """The live key pair of an access key."""
    query = (
        select(AccessKey)
        .join(Requester)
        .where(
            AccessKey.access_key == access_key, AccessKey.revoked_at.is_(None), Requester.closed_at.is_(None)
        )
    )
    return session.scalars(query).first()


def add_worker(
    session: Session,
    email: str,
    password: str,
    now: datetime,
    *,
    display_name: str = "",
    country: str | None = None,
    password_hash: str | None = None,
) -> Worker:
    """A worker's account; AccountError says what is wrong with what was typed."""
    email = checked_email(email)
    check_password(password)
    if session.scalar(select(Worker.worker_id).where(Worker.email == email)):
        raise AccountError("There is already an account with this e-mail address. Sign in instead.")
    worker = Worker(
        worker_id=new_id("A", 14),
        email=email,
        password_hash=password_hash or HASHER.hash(password),
        display_name=display_name,
        country=country,
        created_at=now,
    )
    session.add(worker)
    ledger.open_account(session, ledger.worker_account(worker.worker_id))
    return worker


def add_operator(session: Session, email: str, password: str, now: datetime) -> Operator:
    """An operator's account."""
    check_password(password)
    operator = Operator(email=checked_email(email), password_hash=HASHER.hash(password), created_at=now)
    session.add(operator)
    session.flush()
    return operator


def checked_email(email: str) -> str:
    """An e-mail address in the form that accounts are found by."""
    email = email.strip().lower()
    if not EMAIL.fullmatch(email):
        raise AccountError("This is not an e-mail address.")
    return email


def new_password_hash(password: str) -> str:
    """The hash of a password that may be one. It takes long: make it before a transaction opens."""
    check_password(password)
    return HASHER.hash(password)


def check_password(password: str) -> None:
    """Refuse short passwords."""
    if not MIN_PASSWORD <= len(password) <= 1000:
        raise AccountError(f"A password needs at least {MIN_PASSWORD} characters.")


def sign_in_worker(session: Session, email: str, password: str) -> Worker | None:
    """The worker, if the password is right and the account open. Takes as long for nobody as for somebody."""
    worker = session.scalars(select(Worker).where(Worker.email == email.strip().lower())).first()
    hashed = worker.password_hash if worker and worker.password_hash else NOBODY
    if not password_fits(hashed, password) or worker is None or worker.deleted_at or worker.suspended_at:
        return None
    return worker


def sign_in_operator(session: Session, email: str, password: str) -> Operator | None:
    """The operator, if the password is right."""
    operator = session.scalars(select(Operator).where(Operator.email == email.strip().lower())).first()
    fits = password_fits(operator.password_hash if operator else NOBODY, password)
    return operator if fits else None


def password_fits(hashed: str, password: str) -> bool:
    """Whether a password is the one behind a hash."""
    try:
        return HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def failed_attempts(session: Session, subject: str, now: datetime) -> int:
    """How often an address, or anybody at an account, failed to sign in of late."""
    query = select(func.count()).where(SignInAttempt.subject == subject, SignInAttempt.at > now - WINDOW)
    return session.scalar(query) or 0


def note_failed_attempt(session: Session, subjects: list[str], now: datetime) -> None:
    """Remember a failed sign-in, and forget those that no longer count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - WINDOW))
    session.add_all(SignInAttempt(subject=subject, at=now) for subject in subjects)


def attempt_subject(secret: str, what: str) -> str:
    """A keyed hash of an address or e-mail, so that failed sign-ins keep no list of people."""
    return hmac.digest(secret.encode(), what.encode(), hashlib.sha256).hex()


def random_password() -> str:
    """A password for an account that is made for somebody."""
    return "".join(secrets.choice(ALPHABET.lower()) for _ in range(16))
