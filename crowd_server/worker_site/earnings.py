"""What a worker has earned: the last month by day, and each HIT with what became of it."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from crowd_server.market import ledger
from crowd_server.people import earnings as books
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.worker_site.visitor import signed_in

earnings = Blueprint("worker_earnings", __name__, template_folder="templates")

MONTH = timedelta(days=30)
RECENT = 50
WHOLE_DAY = 5000


@earnings.get("/earnings")
@signed_in
def index(worker: Worker) -> str:
    """The last thirty days, the latest work, bonuses and payouts."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    since = (now - MONTH).replace(hour=0, minute=0, second=0, microsecond=0)
    later = now + timedelta(seconds=1)
    with server.database.reading() as db:
        days = books.by_day(db, worker.worker_id, since)
        return render_template(
            "worker_site/earnings.html",
            days=days,
            total=books.sum_of(days, now.date()),
            work=books.work_between(db, worker.worker_id, since, later, RECENT),
            recent=RECENT,
            bonuses=books.bonuses_between(db, worker.worker_id, since, later, RECENT),
            payouts=books.payouts_of(db, worker.worker_id),
            balance=ledger.balance(db, ledger.worker_account(worker.worker_id)),
        )


@earnings.get("/earnings/<day>")
@signed_in
def one_day(worker: Worker, day: str) -> str:
    """All of one day."""
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        end = start + timedelta(days=1)
    except (ValueError, OverflowError) as error:  # no day, or the last of the calendar
        raise NotFound from error
    with the_server().database.reading() as db:
        return render_template(
            "worker_site/earnings_day.html",
            day=start.date(),
            work=books.work_between(db, worker.worker_id, start, end, WHOLE_DAY),
            bonuses=books.bonuses_between(db, worker.worker_id, start, end, WHOLE_DAY),
        )
