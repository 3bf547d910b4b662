"""What time does is done before anybody looks, whoever began to do it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crowd_server.clock import real_time
from crowd_server.market import judgement, ledger, sweep
from crowd_server.people import accounts
from crowd_server.store.models.hits import Assignment

LATER = timedelta(days=1)


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
