"""Money is neither made nor lost, and assignments never oversold, under any sequence of operations."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from crowd_server import house
from crowd_server.errors import CrowdError, RequestError
from crowd_server.market import assignments, floor, hits, judgement, ledger
from crowd_server.market.sweep import Sweeper
from crowd_server.people import accounts, disputes, payouts
from crowd_server.questions.documents import ROOT
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.money import Account, Transfer

START = datetime(2026, 10, 1, tzinfo=UTC)
QUESTION = (
    f'<ExternalQuestion xmlns="{ROOT}2006-07-14/ExternalQuestion.xsd"><ExternalURL>https://x.org</ExternalURL>'
    "<FrameHeight>0</FrameHeight></ExternalQuestion>"
)
REFUSALS = (CrowdError, floor.FloorError, disputes.DisputeError)


@pytest.mark.parametrize(
    ("cents", "percent", "fee"),
    [(100, 0, 0), (0, 20, 0), (1, 20, 1), (5, 20, 1), (12, 20, 2), (13, 20, 3), (100, 20, 20)],
)
def test_fees(cents, percent, fee):
    assert ledger.fee(cents, percent) == fee


def test_nobody_spends_what_is_not_there(database):
    with database.writing() as session:
        lab = accounts.add_requester(session, "Lab", 100, START).requester_id
        spendable, held = ledger.requester_account(lab), ledger.hold_account(lab)
        with pytest.raises(RequestError, match="sufficient funds"):
            ledger.transfer(session, START, spendable, held, cents=101, kind="hold", about="x")
        ledger.transfer(session, START, spendable, held, cents=100, kind="hold", about="x")
    with database.reading() as session:
        assert (ledger.balance(session, spendable), ledger.balance(session, held)) == (0, 100)
        assert ledger.total(session) == 0


class Market(RuleBasedStateMachine):
    """Requesters and workers who do anything at all, in any order, with fees and time passing."""

    hit_ids = Bundle("hit_ids")
    work = Bundle("work")

    @initialize(fee=st.sampled_from(["0", "20"]), cents=st.integers(0, 300))
    def open(self, fee, cents):
        ours = sqlite3.connect(self.database.engine.url.database)
        with closing(sqlite3.connect(self.pattern)) as empty, closing(ours):
            empty.backup(ours)
        self.now = START
        self.sweeper = Sweeper(self.database)
        with self.database.writing() as session:
            house.put_setting(session, "fee_percent", fee)
            self.labs = [accounts.add_requester(session, "Lab", cents, START).requester_id for _ in range(2)]
            self.workers = [
                accounts.add_worker(
                    session, f"{n}@x.org", "a long password", START, password_hash="x"
                ).worker_id
                for n in range(3)
            ]

    def attempt(self, act):
        """One transaction; a refusal must leave nothing behind."""
        try:
            with self.database.writing() as session:
                return act(session)
        except REFUSALS:
            return None

    def with_assignment(self, row_id, act):
        def find(session):
            assignment = session.get_one(Assignment, row_id)
            return act(session, assignment)

        return self.attempt(find)

    @rule(target=hit_ids, lab=st.integers(0, 1), reward=st.integers(0, 30), number=st.integers(1, 4))
    def post(self, lab, reward, number):
        def act(session):
            properties = {
                "title": "t", "description": "d", "keywords": "", "reward_cents": reward,
                "duration_seconds": 60,
                "auto_approval_seconds": 120, "requirements": [],
            }  # fmt: skip
            hit_type = hits.type_for(session, self.labs[lab], properties, self.now)
            hit = hits.create(
                session, hit_type, self.now, question=QUESTION, max_assignments=number,
                lifetime=timedelta(seconds=200), policies={},
            )  # fmt: skip
            return hit.hit_id

        made = self.attempt(act)
        return multiple() if made is None else made

    @rule(target=work, hit_id=hit_ids, worker=st.integers(0, 2))
    def accept(self, hit_id, worker):
        def act(session):
            hit = session.scalars(select(Hit).where(Hit.hit_id == hit_id)).one()
            hit_type = session.scalars(select(HitType).where(HitType.hit_type_id == hit.hit_type_id)).one()
            return floor.accept(session, session.get_one(Worker, self.workers[worker]), hit_type, self.now).id

        made = self.attempt(act)
        return multiple() if made is None else made

    @rule(row_id=work)
    def submit(self, row_id):
        def act(session, assignment):
            fields = MultiDict(
                {"assignmentId": assignment.assignment_id, "workerId": assignment.worker_id, "a": "x"}
            )
            floor.hand_in(session, fields, self.now)

        self.with_assignment(row_id, act)

    @rule(row_id=work)
    def give_back(self, row_id):
        self.with_assignment(row_id, lambda s, a: assignments.give_back(s, a, "returned", self.now))

    @rule(row_id=work, override=st.booleans())
    def approve(self, row_id, override):
        self.with_assignment(row_id, lambda s, a: judgement.approve(s, a, self.now, None, override))

    @rule(row_id=work)
    def reject(self, row_id):
        self.with_assignment(row_id, lambda s, a: judgement.reject(s, a, self.now, "no"))

    @rule(row_id=work, upheld=st.booleans())
    def appeal(self, row_id, upheld):
        def act(session, assignment):
            opened = disputes.appeal(session, assignment, "It was right.", self.now)
            (disputes.uphold if upheld else disputes.dismiss)(session, opened, "operator", "Seen.", self.now)

        self.with_assignment(row_id, act)

    @rule(row_id=work, cents=st.integers(1, 20))
    def bonus(self, row_id, cents):
        def act(session, assignment):
            hit = session.scalars(select(Hit).where(Hit.hit_id == assignment.hit_id)).one()
            ledger.pay(
                session, self.now, ledger.requester_account(hit.requester_id), assignment.worker_id,
                cents=cents, fee_cents=ledger.fee(cents, house.fee_percent(session)), kind="bonus", about="x",
            )  # fmt: skip

        self.with_assignment(row_id, act)

    def with_hit(self, hit_id, act):
        self.attempt(lambda s: act(s, s.scalars(select(Hit).where(Hit.hit_id == hit_id)).one()))

    @rule(hit_id=hit_ids, more=st.integers(1, 8))
    def extend(self, hit_id, more):
        self.with_hit(hit_id, lambda s, hit: hit.status != "Disposed" and hits.extend(s, hit, more, self.now))

    @rule(hit_id=hit_ids, seconds=st.integers(-100, 300))
    def move_expiration(self, hit_id, seconds):
        at = self.now + timedelta(seconds=seconds)
        self.with_hit(
            hit_id, lambda s, hit: hit.status != "Disposed" and hits.set_expiration(s, hit, at, self.now)
        )

    @rule(hit_id=hit_ids)
    def dispose(self, hit_id):
        self.with_hit(hit_id, lambda s, hit: hits.dispose(s, hit, self.now))

    @rule(hit_id=hit_ids, other=hit_ids)
    def retype(self, hit_id, other):
        def act(session, hit):
            target = session.scalars(select(Hit).where(Hit.hit_id == other)).one()
            if target.requester_id == hit.requester_id:
                hits.retype(
                    session, hit, hits.find_type(session, hit.requester_id, target.hit_type_id), self.now
                )

        self.with_hit(hit_id, act)

    @rule(seconds=st.sampled_from([30, 61, 130, 300, 86400 * 31, 86400 * 121]))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.sweeper.sweep(self.now)

    @rule(seconds=st.sampled_from([30, 61, 130]))
    def wait_unswept(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule()
    def pay_out(self):
        self.attempt(lambda s: payouts.pay_out(s, self.workers[:2], "operator", self.now))

    @rule(fee=st.sampled_from(["0", "20", "100"]))
    def change_fee(self, fee):
        self.attempt(lambda s: house.put_setting(s, "fee_percent", fee))

    @invariant()
    def books_balance(self):
        if not hasattr(self, "labs"):
            return
        with self.database.reading() as session:
            assert ledger.total(session) == 0
            came = dict(
                session.execute(
                    select(Transfer.target, func.sum(Transfer.cents)).group_by(Transfer.target)
                ).all()
            )
            went = dict(
                session.execute(
                    select(Transfer.source, func.sum(Transfer.cents)).group_by(Transfer.source)
                ).all()
            )
            for account in session.scalars(select(Account)):
                assert account.balance_cents == came.get(account.name, 0) - went.get(account.name, 0)
                assert account.balance_cents >= 0 or account.name == ledger.WORLD

    @invariant()
    def the_hold_covers_all_work_and_no_more(self):
        if not hasattr(self, "labs"):
            return
        with self.database.reading() as session:
            for lab in self.labs:
                query = select(func.sum(Hit.held_assignments * (HitType.reward_cents + Hit.fee_cents)))
                query = query.join(HitType, HitType.hit_type_id == Hit.hit_type_id).where(
                    Hit.requester_id == lab
                )
                assert ledger.balance(session, ledger.hold_account(lab)) == (session.scalar(query) or 0)

    @invariant()
    def counters_tell_the_truth(self):
        if not hasattr(self, "labs"):
            return
        with self.database.reading() as session:
            for hit in session.scalars(select(Hit)):
                states = select(Assignment.state, func.count()).where(Assignment.hit_id == hit.hit_id)
                found = dict(session.execute(states.group_by(Assignment.state)).all())
                assert hit.pending == found.get("accepted", 0)
                assert hit.submitted == found.get("submitted", 0)
                assert hit.completed == found.get("approved", 0) + found.get("rejected", 0)
                owed = hit.pending + hit.submitted
                alive = hit.available if hit.expires_at > self.now and hit.status != "Disposed" else 0
                assert owed <= hit.held_assignments
                if self.sweeper.last == self.now:
                    assert hit.held_assignments == owed + alive


class TestMarket(Market.TestCase):
    settings = settings(
        max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )

    @pytest.fixture(autouse=True)
    def _on_one_database(self, database, pattern):
        Market.database, Market.pattern = database, pattern
