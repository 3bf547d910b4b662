"""Example work for whoever looks at the server for the first time."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crowd_server.market import floor, hits, judgement
from crowd_server.people import accounts, inbox
from crowd_server.store.models.accounts import Requester, Worker
from crowd_server.store.models.hits import Assignment, HitType
from crowd_server.store.models.qualifications import QualificationType
from crowd_server.store.models.table import new_id

BALANCE_CENTS = 100_000
PASSING_SCORE = 100
SECONDS_OF_WORK = (48, 35, 41, 30, 33, 27)
WELCOME = "Look round: accept a HIT, take the test about boxes, appeal against the rejection."


@dataclass(frozen=True)
class Guest:
    """Who can sign in to look round."""

    worker_email: str
    operator_email: str
    password: str


def furnish(session: Session, now: datetime) -> Guest | None:
    """A requester with HITs, an operator and a worker with some work behind them; None when the server
    has requesters already."""
    if session.scalars(select(Requester.requester_id).limit(1)).first():
        return None
    key = accounts.add_requester(session, "The example laboratory", BALANCE_CENTS, now)
    examples = json.loads(files("crowd_server").joinpath("demo.json").read_text(encoding="utf-8"))
    types = [_post(session, key.requester_id, example, now) for example in examples]
    guest = Guest("worker@example.org", "operator@example.org", accounts.random_password())
    worker = accounts.add_worker(session, guest.worker_email, guest.password, now, display_name="A worker")
    accounts.add_operator(session, guest.operator_email, guest.password, now)
    _past(session, worker, types[0], now)
    return guest


def _post(session: Session, requester_id: str, example: dict[str, Any], now: datetime) -> HitType:
    requirements = []
    if "qualification" in example:
        requirements = [_requirement(session, requester_id, example["qualification"], now)]
    properties = {**example["type"], "requirements": requirements}
    hit_type = hits.type_for(session, requester_id, properties, now)
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
    return hit_type


def _requirement(session: Session, requester_id: str, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    made = QualificationType(
        qualification_type_id=new_id(), requester_id=requester_id, active=True, created_at=now, **given
    )
    session.add(made)
    session.flush()
    return {
        "QualificationTypeId": made.qualification_type_id,
        "Comparator": "GreaterThanOrEqualTo",
        "IntegerValues": [PASSING_SCORE],
        "ActionsGuarded": "Accept",
    }


def _past(session: Session, worker: Worker, hit_type: HitType, now: datetime) -> None:
    session.flush()
    done: list[Assignment] = []
    moment = now - timedelta(hours=2)
    for seconds in SECONDS_OF_WORK:
        accepted = floor.accept(session, worker, hit_type, moment)
        moment += timedelta(seconds=seconds)
        answers = MultiDict({"assignmentId": accepted.assignment_id, "dog": "whippet"})
        done.append(floor.hand_in(session, answers, moment))
    for assignment in done[1:4]:
        judgement.approve(session, assignment, moment, None, override=False)
    judgement.reject(session, done[0], moment, "The heron is not the dog. Please read the sentence again.")
    inbox.write(session, worker.worker_id, moment, subject="Welcome", text=WELCOME)
