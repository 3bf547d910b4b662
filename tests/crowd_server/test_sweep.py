"""What time does is done before anybody looks, whoever began to do it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from crowd_server.clock import real_time
from crowd_server.market import assignments, floor, hits, judgement, ledger, sweep
from crowd_server.market.rules import REVIEWABLE
from crowd_server.people import accounts
from crowd_server.questions.documents import ROOT
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, Hit, ReviewEntry
from crowd_server.store.models.post import Notification, NotificationSetting

LATER = timedelta(days=1)
START = datetime(2026, 10, 1, tzinfo=UTC)
EVENTS = ["HITExtended", "HITExpired", "HITReviewable"]
QUESTION = (
    f'<ExternalQuestion xmlns="{ROOT}2006-07-14/ExternalQuestion.xsd"><ExternalURL>https://x.org</ExternalURL>'
    "<FrameHeight>0</FrameHeight></ExternalQuestion>"
)
PLURALITY = {
    "PolicyName": "SimplePlurality/2011-09-01",
    "Parameters": [{"Key": "QuestionIds", "Values": ["a"]}],
}
PROPERTIES = {
    "title": "t", "description": "d", "keywords": "", "reward_cents": 100,
    "duration_seconds": 600, "auto_approval_seconds": 86400, "requirements": [],
}  # fmt: skip


def approved(database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Assignment.state == "approved"))


def test_what_was_done_before_a_failure_stays_done(database, handed_in, monkeypatch):
    now, approve = real_time(), judgement.approve
    _, second, *_ = handed_in(database, 2, now)

    def failing(session, assignment, *rest, **options):
        if assignment.id == second:
            raise RuntimeError("the second")
        approve(session, assignment, *rest, **options)

    monkeypatch.setattr(judgement, "approve", failing)
    with pytest.raises(RuntimeError, match="the second"):
        sweep.Sweeper(database).sweep(now + LATER)
    assert approved(database) == 1, "each row is a transaction"


def test_what_is_due_is_done_while_requesters_approve_and_the_operator_pays(postgres, handed_in):
    now = real_time()
    work = handed_in(postgres, 8, now, fee_percent="20")
    later, paid = now + LATER, 15
    with postgres.writing() as session:
        bank = accounts.add_requester(session, "Bank", 1000, now).requester_id
        bank = ledger.requester_account(bank)
        ledger.transfer(session, now, bank, ledger.FEES, cents=1000, kind="fee", about="x")
        target = ledger.worker_account(session.get_one(Assignment, work[0]).worker_id)

    def by_hand(row_ids):
        for row_id in row_ids:
            with postgres.writing() as session:
                query = select(Assignment).where(Assignment.id == row_id).with_for_update()
                assignment = session.scalars(query).one()
                if assignment.state == "submitted":
                    judgement.approve(session, assignment, later, None, override=False)

    def compensate(_):
        for _ in range(paid):
            with postgres.writing() as session:
                ledger.transfer(session, now, ledger.FEES, target, cents=1, kind="compensation", about="x")

    with ThreadPoolExecutor(4) as pool:
        sides = [
            pool.submit(sweep.Sweeper(postgres).sweep, later),
            pool.submit(by_hand, work[::-1]),
            pool.submit(by_hand, work[len(work) // 2 :]),
            pool.submit(compensate, None),
        ]
        for side in sides:
            side.result()
    assert approved(postgres) == len(work)
    with postgres.reading() as session:
        assert ledger.total(session) == 0
        assert ledger.balance(session, ledger.FEES) == 1000 - paid + 2 * len(work)


class Posted:
    """A HIT of nine assignments for 30 seconds, one of them accepted, whose requester listens."""

    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            self.lab = accounts.add_requester(session, "Lab", 1000, START).requester_id
            hit_type = hits.type_for(session, self.lab, PROPERTIES, START)
            setting = {"destination": "https://x.org", "transport": "SQS", "event_types": EVENTS}
            session.add(NotificationSetting(hit_type_id=hit_type.hit_type_id, active=True, **setting))
            hit = hits.create(
                session, hit_type, START, question=QUESTION, max_assignments=9,
                lifetime=timedelta(seconds=30), policies={"HITReviewPolicy": PLURALITY},
            )  # fmt: skip
            worker = accounts.add_worker(session, "w@x.org", "a long password", START, password_hash="x")
            row = floor.accept(session, session.get_one(Worker, worker.worker_id), hit_type, START)
            self.hit_id, self.row_id = hit.hit_id, row.id

    def act(self, *steps, now):
        with self.database.writing() as session:
            for step in steps:
                step(session, session.get_one(Assignment, self.row_id), now)

    def set_expiration(self, at, now):
        with self.database.writing() as session:
            hits.set_expiration(session, self._hit(session), at, now)

    def _hit(self, session):
        return session.scalars(select(Hit).where(Hit.hit_id == self.hit_id)).one()

    def money(self):
        with self.database.reading() as session:
            accounts_of = (ledger.requester_account(self.lab), ledger.hold_account(self.lab))
            return tuple(ledger.balance(session, name) for name in accounts_of)

    def told(self):
        with self.database.reading() as session:
            bodies = session.scalars(select(Notification.body).order_by(Notification.id))
            return [body["Events"][0]["EventType"] for body in bodies]

    def is_reviewed(self):
        with self.database.reading() as session:
            return session.scalars(select(ReviewEntry)).first() is not None


def submit(session, row, now):
    fields = {"assignmentId": row.assignment_id, "workerId": row.worker_id, "a": "x"}
    floor.hand_in(session, MultiDict(fields), now)


def approve(session, row, now):
    session.refresh(row)
    judgement.approve(session, row, now, None, override=True)


def reject(session, row, now):
    session.refresh(row)
    judgement.reject(session, row, now, "no")


def give_back(session, row, now):
    assignments.give_back(session, row, "returned", now)


@pytest.mark.parametrize(
    ("before", "after", "money"),
    [
        ((), (submit,), (900, 100)),
        ((), (give_back,), (1000, 0)),
        ((submit,), (approve,), (900, 0)),
        ((submit,), (reject,), (1000, 0)),
        ((submit, reject), (approve,), (900, 0)),
    ],
)
def test_a_hit_whose_time_is_up_ends_whatever_comes_before_the_sweep(database, before, after, money):
    posted = Posted(database)
    posted.act(*before, now=START)
    late = START + timedelta(seconds=30.1)
    posted.act(*after, now=late)
    sweep.Sweeper(database).sweep(late)
    assert posted.money() == money
    assert posted.told() == ["HITExpired", "HITReviewable"]
    assert posted.is_reviewed()
    with database.reading() as session:
        assert session.scalars(select(Hit.status)).one() in REVIEWABLE


@pytest.mark.parametrize(
    ("ends", "events"),
    [
        ([20], []),
        ([60], ["HITExtended"]),
        ([0], ["HITExpired"]),
        ([5, 0], ["HITExpired"]),
        ([0, 5], ["HITExpired"]),
        ([0, 60], ["HITExpired", "HITExtended"]),
    ],
)
def test_what_is_told_of_an_end_that_is_moved(database, ends, events):
    posted = Posted(database)
    for number, seconds in enumerate(ends):
        now = START + timedelta(seconds=10 + number)
        posted.set_expiration(START + timedelta(seconds=seconds), now)
    assert posted.told() == events


def test_a_hit_that_nobody_saw_end_is_told_of_when_it_is_ended(database):
    posted, late = Posted(database), START + timedelta(seconds=31)
    posted.set_expiration(START, late)
    assert posted.told() == ["HITExpired"]
    assert posted.money() == (900, 100)


def test_who_comes_while_it_is_swept_waits_for_the_end(database, monkeypatch):
    due, begun, done = [True], threading.Event(), []

    def slowly(_session, _now):
        begun.set()
        time.sleep(0.3)
        due.clear()
        done.append(time.monotonic())

    monkeypatch.setattr(sweep, "anything_due", lambda *_: bool(due))
    monkeypatch.setattr(sweep, "sweep_batch", slowly)
    sweeper, now = sweep.Sweeper(database), real_time()
    first = threading.Thread(target=sweeper.sweep, args=(now,))
    first.start()
    assert begun.wait(10)
    sweeper.sweep(now)
    assert len(done) == 1, "swept once, and before the second went on"
    assert time.monotonic() >= done[0]
    first.join()
