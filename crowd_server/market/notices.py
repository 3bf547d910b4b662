"""Events of HITs and assignments, queued in the same transaction for the requester's URL."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crowd_server.market.rules import Counted
from crowd_server.store.models.hits import Assignment, Hit
from crowd_server.store.models.post import Notification, NotificationSetting
from crowd_server.store.models.table import new_id

VERSION = "2014-08-15"


WANTED = select(NotificationSetting.destination, NotificationSetting.event_types).where(
    NotificationSetting.hit_type_id == bindparam("hit_type_id"), NotificationSetting.active
)


def tell(
    session: Session, event: str, hit: Hit | Counted, now: datetime, assignment: Assignment | None = None
) -> None:
    """Queue `event` if the requester asked for it."""
    setting = session.execute(WANTED, {"hit_type_id": hit.hit_type_id}).first()
    if setting is None or event not in setting.event_types:
        return
    about: dict[str, Any] = {"HITTypeId": hit.hit_type_id, "HITId": hit.hit_id}
    if assignment is not None:
        about |= {"AssignmentId": assignment.assignment_id, "WorkerId": assignment.worker_id}
    queue(session, now, hit.requester_id, setting.destination, event, about=about)


def queue(
    session: Session, now: datetime, requester_id: str, destination: str, event: str, *, about: dict[str, Any]
) -> None:
    """Queue one event document for a destination."""
    document = new_id()
    body = {
        "EventDocVersion": VERSION,
        "EventDocId": document,
        "CustomerId": requester_id,
        "Events": [{"EventType": event, "EventTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"), **about}],
    }
    session.add(
        Notification(
            requester_id=requester_id,
            document_id=document,
            destination=destination,
            body=body,
            created_at=now,
            next_at=now,
        )
    )
