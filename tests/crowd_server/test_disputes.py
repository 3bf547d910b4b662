"""Appeals: who is right is paid, however late that is seen, and once."""

from datetime import UTC, datetime, timedelta

import pytest

from crowd_server.market import judgement, ledger
from crowd_server.people import disputes
from crowd_server.store.models.hits import Assignment
from crowd_server.store.models.post import Appeal

NOW = datetime(2026, 10, 1, tzinfo=UTC)
LAST_DAY = NOW + timedelta(days=30)
SEEN = LAST_DAY + timedelta(days=5)


@pytest.fixture
def appeal(database, handed_in):
    """The id of an appeal of the last day; its assignment's row and the worker's account."""
    row_id, _ = handed_in(database, 1, NOW)
    with database.writing() as session:
        work = session.get_one(Assignment, row_id)
        judgement.reject(session, work, NOW, "Empty")
    with database.writing() as session:
        opened = disputes.appeal(session, session.get_one(Assignment, row_id), "It was full.", LAST_DAY)
    return opened.id, row_id, ledger.worker_account(work.worker_id)


def uphold(database, opened):
    with database.writing() as session:
        disputes.uphold(session, session.get_one(Appeal, opened), "operator", "It was full.", SEEN)


def test_an_appeal_made_in_time_can_be_upheld_later(database, appeal):
    opened, row_id, account = appeal
    uphold(database, opened)
    with database.reading() as session:
        assert session.get_one(Assignment, row_id).state == "approved"
        assert ledger.balance(session, account) == 10
    with pytest.raises(disputes.DisputeError, match="already been decided"):
        uphold(database, opened)


def test_an_appeal_is_upheld_for_nothing_where_the_requester_has_paid_meanwhile(database, appeal):
    opened, row_id, account = appeal
    with database.writing() as session:
        judgement.approve(session, session.get_one(Assignment, row_id), LAST_DAY, "Sorry", override=True)
    uphold(database, opened)
    with database.reading() as session:
        assert session.get_one(Assignment, row_id).feedback == "Sorry"
        assert session.get_one(Appeal, opened).state == "upheld"
        assert ledger.balance(session, account) == 10, "once"
