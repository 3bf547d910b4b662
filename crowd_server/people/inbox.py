"""Messages between workers, requesters and the operator."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from crowd_server.store.models.accounts import Requester
from crowd_server.store.models.post import Message

LONGEST = 4000


class MessageError(Exception):
    """A message cannot be sent so; the text says why."""


def of_worker(session: Session, worker_id: str, limit: int) -> Sequence[Row[Message, str]]:
    """A worker's messages, sent and received, with the requester's name (None: the operator)."""
    query = (
        select(Message, Requester.name)
        .outerjoin(Requester, Requester.requester_id == Message.requester_id)
        .where(Message.worker_id == worker_id)
        .order_by(Message.id.desc())
    )
    return session.execute(query.limit(limit)).all()


def mark_read(session: Session, worker_id: str, now: datetime) -> None:
    """The worker has the messages on the screen."""
    session.execute(
        update(Message)
        .where(Message.worker_id == worker_id, ~Message.from_worker, Message.read_at.is_(None))
        .values(read_at=now)
    )


def received(session: Session, worker_id: str, message_id: int) -> Message | None:
    """A message that this worker received."""
    message = session.get(Message, message_id)
    return message if message and message.worker_id == worker_id and not message.from_worker else None


def write(
    session: Session, worker_id: str, now: datetime, *, subject: str, text: str,
    requester_id: str | None = None, from_worker: bool = False,
) -> Message:  # fmt: skip
    """Send a message; between a worker and the operator unless a requester is named."""
    subject, text = subject.strip(), text.strip()
    if not 1 <= len(subject) <= 200 or not 1 <= len(text) <= LONGEST:
        raise MessageError(
            f"A message needs a subject (200 characters at most) and a text ({LONGEST} at most)."
        )
    message = Message(
        worker_id=worker_id, requester_id=requester_id, from_worker=from_worker,
        subject=subject, text=text, sent_at=now,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message


def from_workers(session: Session, limit: int, *, unread: bool = False) -> Sequence[Row[Message, str]]:
    """What workers wrote, with the requester whom it answers (None: the operator), latest first."""
    query = (
        select(Message, Requester.name)
        .outerjoin(Requester, Requester.requester_id == Message.requester_id)
        .where(Message.from_worker)
        .order_by(Message.id.desc())
    )
    query = query.where(Message.read_at.is_(None)) if unread else query
    return session.execute(query.limit(limit)).all()
