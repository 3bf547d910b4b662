"""Example work for whoever looks at the server for the first time."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crowd_server.market import floor, hits, judgement, skills
from crowd_server.people import accounts, disputes, inbox, payouts
from crowd_server.store.models.accounts import Requester, Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.qualifications import QualificationType
from crowd_server.store.models.table import new_id

BALANCE_CENTS = 100_000
PASSING_SCORE = 100
POSTED_AGO = timedelta(days=2)
ANSWERS: tuple[dict[str, str], ...] = (
    {"dog": "whippet"},
    {"kind": "bird", "places": "lake", "name": "Reiher"},
    {"verdict": "cut"},
)
REASONS = (
    "The heron is not the dog. Please read the sentence again.",
    "A heron does not only live at lakes.",
)
APPEAL = (
    "The question says: choose all that fit. I have only ever seen them at lakes. Two others said the same."
)
REPORT = "On my phone the last question is hidden behind the keyboard until I scroll."
WELCOME = (
    "Welcome",
    "Look round: accept a HIT, take the test about boxes, appeal against the rejection under Earnings.",
)
QUESTION = ("When is payday?", "I saw that earnings were paid out yesterday. Is that every week?")


@dataclass(frozen=True)
class Guest:
    """Who can sign in to look round."""

    worker_email: str
    operator_email: str
    password: str


@dataclass(frozen=True)
class Shift:
    """HITs that one worker did one after the other; a letter each for how they were judged.

    `a`pproved, `r`ejected, or `.`: not looked at yet.
    """

    who: int
    kind: int
    hours_ago: float
    seconds: tuple[int, ...]
    verdicts: str


YESTERDAY = (
    Shift(1, 0, 30, (14, 11, 12, 9), "aaaa"),
    Shift(2, 1, 29, (66, 58, 61), "aar"),
    Shift(0, 0, 27, (19, 12, 10, 11, 14), "raaaa"),
    Shift(2, 2, 26, (31, 27, 29, 33, 28), "aaaaa"),
)
TODAY = (
    Shift(0, 1, 6, (71, 64, 55), "aa."),
    Shift(1, 1, 3, (52,), "."),
    Shift(0, 0, 2, (12, 10), "a."),
)


def furnish(session: Session, now: datetime) -> Guest | None:
    """A requester with HITs, an operator, a worker and two colleagues with two days of work behind them;
    None when the server has requesters already."""
    if session.scalars(select(Requester.requester_id).limit(1)).first():
        return None
    then = now - POSTED_AGO
    key = accounts.add_requester(session, "The example laboratory", BALANCE_CENTS, then)
    examples = json.loads(files("crowd_server").joinpath("demo.json").read_text(encoding="utf-8"))
    types = [_post(session, key.requester_id, example, then) for example in examples]
    guest = Guest("worker@example.org", "operator@example.org", accounts.random_password())
    accounts.add_operator(session, guest.operator_email, guest.password, then)
    people = [
        accounts.add_worker(session, email, guest.password, then, display_name=name)
        for email, name in (
            (guest.worker_email, "A worker"),
            ("ada@example.org", "Ada"),
            ("ben@example.org", "Ben"),
        )
    ]
    _past(session, people, types, guest.operator_email, now)
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


def _past(session: Session, people: list[Worker], types: list[HitType], operator: str, now: datetime) -> None:
    """Two days of the house: work, judgements, a payout between the days, and what is left to see to."""
    guest, ada, ben = people
    skills.grant(session, _asked_for(types[2]), ben.worker_id, PASSING_SCORE, now - POSTED_AGO)
    session.flush()
    work = [_shift(session, people[shift.who], types[shift.kind], shift, now) for shift in YESTERDAY]
    everyone = [worker.worker_id for worker in people]
    payouts.pay_out(session, everyone, operator, now - timedelta(hours=20))
    for shift in TODAY:
        _shift(session, people[shift.who], types[shift.kind], shift, now)
    rejected = next(row for rows in work for row in rows if row.worker_id == ben.worker_id and row.feedback)
    disputes.appeal(session, rejected, APPEAL, now - timedelta(hours=5))
    hit = session.scalars(select(Hit).where(Hit.hit_type_id == types[1].hit_type_id).limit(1)).one()
    disputes.report(session, hit, ada.worker_id, now - timedelta(hours=4), kind="other", text=REPORT)
    for worker, hours, letter in ((guest, 3, WELCOME), (ada, 2, QUESTION)):
        sent = now - timedelta(hours=hours)
        inbox.write(
            session, worker.worker_id, sent, subject=letter[0], text=letter[1], from_worker=letter is QUESTION
        )


def _asked_for(hit_type: HitType) -> str:
    type_id: str = hit_type.requirements[0]["QualificationTypeId"]
    return type_id


def _shift(
    session: Session, worker: Worker, hit_type: HitType, shift: Shift, now: datetime
) -> list[Assignment]:
    moment, done = now - timedelta(hours=shift.hours_ago), []
    for seconds, verdict in zip(shift.seconds, shift.verdicts, strict=True):
        accepted = floor.accept(session, worker, hit_type, moment)
        moment += timedelta(seconds=seconds)
        fields = MultiDict({"assignmentId": accepted.assignment_id, **ANSWERS[shift.kind]})
        done.append(floor.hand_in(session, fields, moment))
        judged_at = moment + timedelta(minutes=20)
        if verdict == "a":
            judgement.approve(session, done[-1], judged_at, None, override=False)
        elif verdict == "r":
            judgement.reject(session, done[-1], judged_at, REASONS[shift.kind])
        session.refresh(done[-1])
        moment += timedelta(seconds=5)
    return done
