"""What an operator does: in one transaction with its line in the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from crowd_server.people import audit
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator
from crowd_server.store.models.table import Table

Row = TypeVar("Row", bound=Table)


@dataclass(frozen=True)
class Act:
    """An open transaction, its time, and who acts."""

    db: Session
    now: datetime
    who: str

    def note(self, action: str, subject: str, **detail: Any) -> None:
        """Write the line."""
        audit.note(self.db, self.now, self.who, action, subject, **detail)


@contextmanager
def acting(operator: Operator) -> Iterator[Act]:
    """A transaction of this operator's; nothing of it stays when anything is raised."""
    server = the_server()
    with server.database.writing() as db:
        yield Act(db, server.clock(), operator.email)


def existing(db: Session, table: type[Row], key: Any) -> Row:
    """A row by its key, or the page that says there is nothing here."""
    row = db.get(table, key)
    if row is None:
        raise NotFound
    return row
