"""What is a worker's own, and nobody else's to see."""

from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from crowd_server.market import book
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType


def own_assignment(db: Session, worker: Worker, assignment_id: str) -> tuple[Assignment, Hit, HitType]:
    """The worker's assignment with its HIT and type; for anyone else there is nothing here."""
    found = book.assignment_of(db, assignment_id, worker.worker_id)
    if found is None:
        raise NotFound
    return found
