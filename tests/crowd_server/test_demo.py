"""The demonstration holds something to look at on every page, and its test can be passed."""

from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from crowd_server import demo
from crowd_server.clock import real_time
from crowd_server.market import floor, ledger, skills
from crowd_server.people import accounts
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, HitType
from crowd_server.store.models.qualifications import QualificationType


def test_a_worker_with_a_past_and_a_test_to_take(database):
    now = real_time()
    with database.writing() as db:
        guest = demo.furnish(db, now)
        assert demo.furnish(db, now) is None, "only once"
    with database.writing() as db:
        worker = db.scalars(select(Worker)).one()
        assert accounts.sign_in_worker(db, guest.worker_email, guest.password) is worker
        assert accounts.sign_in_operator(db, guest.operator_email, guest.password)
        states = dict(db.execute(select(Assignment.state, func.count()).group_by(Assignment.state)).all())
        assert states == {"approved": 3, "rejected": 1, "submitted": 2}
        guarded = next(row for row in db.scalars(select(HitType)) if row.requirements)
        kind = db.scalars(select(QualificationType)).one()
        begun = skills.request(db, kind, worker, now)
        skills.hand_in(db, kind, begun, MultiDict({"tight": "close", "hidden": "seen"}), now)
        assert floor.accept(db, worker, guarded, now).state == "accepted"
        assert ledger.total(db) == 0
