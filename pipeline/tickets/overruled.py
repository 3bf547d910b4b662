"""Rejections that the crowd has overruled: their workers were paid, so the budget has to count it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pipeline.crowd import Crowd
from pipeline.store.engine import StateStore
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment
from pipeline.tickets.outbox import settle_payments

OVERRULED = "rejection overruled"
"""The name of the event: the one trace of what the crowd paid of itself."""


def take_in_overruled(store: StateStore, crowd: Crowd, now: datetime) -> int:
    """Note as paid what was rejected and is approved now; give the number of assignments.

    Rejections are few, each decided by a person, and an appeal is decided when the operator comes to it: so
    each is asked about.
    """
    with store.reading() as session:
        rejected = session.scalars(
            select(Assignment.assignment_id)
            .where(Assignment.state == "rejected")
            .order_by(Assignment.assignment_id)
        ).all()
    paid = [one for one in rejected if crowd.is_approved(one)]
    if paid:
        with store.writing() as session:
            settle_payments(session, paid)
            record(session, [event("assignment", one, OVERRULED, {}, now) for one in paid])
    return len(paid)
