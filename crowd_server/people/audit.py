"""The audit log: who with power did what."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crowd_server.store.models.record import AuditEntry


def note(session: Session, now: datetime, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write one line, in the transaction of what it tells of."""
    session.add(AuditEntry(at=now, actor=actor, action=action, subject=subject, detail=detail))
