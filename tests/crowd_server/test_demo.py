"""The demonstration holds something to look at on every page, and its test can be passed."""

from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from crowd_server import demo
from crowd_server.clock import real_time
from crowd_server.market import floor, ledger, skills
from crowd_server.market.pay_record import pay_record
from crowd_server.people import accounts, oversight
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, Hit, HitType
from crowd_server.store.models.qualifications import QualificationType


def test_an_operator_with_something_to_decide_to_read_and_to_pay(database):
    now = real_time()
    with database.writing() as db:
        demo.furnish(db, now)
    with database.reading() as db:
        seen = oversight.health(db, now)
        assert (seen.open_appeals, seen.open_reports, seen.unread_messages) == (1, 1, 1)
        assert seen.owed == 2 * 25 + 5, "what the guest earned since the payout"
        assert seen.spendable + seen.held + seen.owed + seen.paid_out == demo.BALANCE_CENTS
        for row in db.scalars(select(Assignment)):
            hit = db.scalars(select(Hit).where(Hit.hit_id == row.hit_id)).one()
            assert hit.created_at < row.accepted_at < row.submitted_at < now, (
                "nothing is done before it is there"
            )
        for kind in db.scalars(select(HitType)):
            hourly = pay_record(db).of_type(kind.hit_type_id).hourly_cents(kind.reward_cents)
            assert 1000 < hourly < 2500, "a rate that somebody may take for an example"


def test_a_worker_with_a_past_and_a_test_to_take(database):
    now = real_time()
    with database.writing() as db:
        guest = demo.furnish(db, now)
        assert demo.furnish(db, now) is None, "only once"
    with database.writing() as db:
        worker = db.scalars(select(Worker).where(Worker.email == guest.worker_email)).one()
        assert accounts.sign_in_worker(db, guest.worker_email, guest.password) is worker
        assert accounts.sign_in_operator(db, guest.operator_email, guest.password)
        counts = select(Assignment.state, func.count()).where(Assignment.worker_id == worker.worker_id)
        states = dict(db.execute(counts.group_by(Assignment.state)).all())
        assert states == {"approved": 7, "rejected": 1, "submitted": 2}
        guarded = next(row for row in db.scalars(select(HitType)) if row.requirements)
        kind = db.scalars(select(QualificationType)).one()
        begun = skills.request(db, kind, worker, now)
        skills.hand_in(db, kind, begun, MultiDict({"tight": "close", "hidden": "seen"}), now)
        assert floor.accept(db, worker, guarded, now).state == "accepted"
        assert ledger.total(db) == 0
