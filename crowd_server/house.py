"""What the operator set for this server, kept in the database so that all processes agree."""

import re
import secrets

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd_server.store.models.record import Setting

DEFAULTS = {
    "name": "Crowd",
    "open_sign_up": "no",
    "fee_percent": "0",
}
ALLOWED = {
    "name": r".{1,60}",
    "open_sign_up": r"yes|no",
    "fee_percent": r"\d{1,2}|100",
}


def setting(session: Session, name: str) -> str:
    """A setting, or its default."""
    row = session.get(Setting, name)
    return row.value if row else DEFAULTS[name]


def put_setting(session: Session, name: str, value: str) -> None:
    """Change a setting; ValueError says what it may be."""
    if not re.fullmatch(ALLOWED[name], value):
        raise ValueError(f"{name} cannot be {value!r}; it must match {ALLOWED[name]}")
    session.merge(Setting(name=name, value=value))


def secret(session: Session) -> str:
    """The key of sessions and paging tokens; made once, the same in every process."""
    row = session.get(Setting, "secret")
    if row is None:
        try:
            with session.begin_nested():
                row = Setting(name="secret", value=secrets.token_urlsafe(48))
                session.add(row)
        except IntegrityError:  # another process made it a moment ago
            row = session.get_one(Setting, "secret")
    return row.value


def fee_percent(session: Session) -> int:
    """The operator's fee on rewards and bonuses, in percent."""
    return int(setting(session, "fee_percent"))
