"""Example work for whoever looks at the server for the first time."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server import accounts, hits
from crowd_server.models.accounts import Requester
from crowd_server.questions import read_question

BALANCE_CENTS = 100_000


@dataclass(frozen=True)
class Guest:
    """Who can sign in to look round."""

    worker_email: str
    operator_email: str
    password: str


def furnish(session: Session, now: datetime) -> Guest | None:
    """A requester with HITs, a worker and an operator; None when the server has requesters already."""
    if session.scalars(select(Requester.requester_id).limit(1)).first():
        return None
    key = accounts.add_requester(session, "The example laboratory", BALANCE_CENTS, now)
    for example in json.loads(files("crowd_server").joinpath("demo.json").read_text(encoding="utf-8")):
        read_question(example["question"])
        hit_type = hits.type_for(session, key.requester_id, {**example["type"], "requirements": []}, now)
        for _ in range(example["hits"]):
            hits.create(
                session,
                hit_type,
                now,
                question=example["question"],
                max_assignments=3,
                lifetime=timedelta(days=365),
                policies={},
            )
    guest = Guest("worker@example.org", "operator@example.org", accounts.random_password())
    accounts.add_worker(session, guest.worker_email, guest.password, now, display_name="A worker")
    accounts.add_operator(session, guest.operator_email, guest.password, now)
    return guest
