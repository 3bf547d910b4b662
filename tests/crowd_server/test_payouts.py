"""Payouts: each cent is struck off once, and what was not paid leaves no trace."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from crowd_server.clock import real_time
from crowd_server.market import ledger
from crowd_server.people import accounts, payouts
from crowd_server.store.models.record import AuditEntry

NOW = real_time()


def furnish(database):
    """A bank that pays, and a worker."""
    with database.writing() as session:
        bank = accounts.add_requester(session, "Bank", 1000, NOW).requester_id
        worker = accounts.add_worker(session, "w@x.org", "a long password", NOW, password_hash="x")
        return ledger.requester_account(bank), worker.worker_id


def pay_out(database, worker_id):
    with database.writing() as session:
        return [payout.cents for payout in payouts.pay_out(session, [worker_id], "operator", NOW)]


def test_where_nothing_is_owed_no_batch_is_noted(database):
    _, worker_id = furnish(database)
    assert pay_out(database, worker_id) == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_payouts_at_once_pay_once(postgres):
    bank, worker_id = furnish(postgres)
    together = threading.Barrier(2)

    def at_once(_):
        together.wait()
        return pay_out(postgres, worker_id)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            with postgres.writing() as session:
                ledger.pay(session, NOW, bank, worker_id, cents=7, fee_cents=0, kind="bonus", about="x")
            assert sorted(pool.map(at_once, range(2))) == [[], [7]]
