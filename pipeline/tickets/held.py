"""Submissions that are held: what a person decides about them is carried out through the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import UserError
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment, Outbox
from pipeline.tickets.outbox import plan

DECIDED = {"approve": "approved", "reject": "refused"}
"""The state of a held assignment once a person has decided, until the crowd confirms it."""


def decide(
    session: Session, assignment_id: str, action: str, payload: Mapping[str, str], now: datetime
) -> None:
    """Plan to pay (`approve`) or `reject` a held assignment. What is planned already stays as it is.

    Raises
    ------
    UserError
        If no such assignment is held.
    """
    assignment = session.get(Assignment, assignment_id)
    if assignment is None:
        raise UserError(f"There is no assignment {assignment_id}. See: synsetter hits held")
    if assignment.state == DECIDED[action]:
        return
    if assignment.state != "held":
        raise UserError(f"{assignment_id} is {assignment.state}, not held. See: synsetter hits held")
    assignment.state = DECIDED[action]
    record(session, [event("assignment", assignment_id, DECIDED[action], payload, now)])
    mine = (Outbox.action == action, Outbox.subject == assignment_id)
    if refused_before := session.scalar(select(Outbox).where(*mine)):
        refused_before.state, refused_before.sent_at = "planned", None
        refused_before.payload = dict(payload)
    else:
        plan(session, action, [(assignment_id, payload)], now)
