"""The worker site: HIT list, sign-in, earnings."""

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import accounts, book, ledger
from crowd_server.models.accounts import Worker
from crowd_server.requirements import standing
from crowd_server.server import the_server
from crowd_server.worker_site.visitor import current_worker, signed_in

worker_site = Blueprint("worker_site", __name__, template_folder="templates")


@worker_site.get("/")
def index() -> str:
    """HITs to do, grouped by type."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    with server.database.reading() as db:
        worker = current_worker(db)
        groups = book.groups(db, worker.worker_id if worker else None, now)
        if worker and any(group.hit_type.requirements for group in groups):
            has = standing(db, worker)
            groups = [group for group in groups if not has.unmet(group.hit_type.requirements, "discover")]
        queue = book.queue(db, worker.worker_id) if worker else []
        return render_template("worker_site/index.html", groups=groups, queue=queue, worker=worker)


@worker_site.get("/signin")
def sign_in_form() -> str:
    """The form."""
    return render_template("worker_site/signin.html", error=None, worker=None)


@worker_site.post("/signin")
def sign_in() -> AnyResponse:
    """Check the password, at most so often."""
    server = the_server()
    now = server.clock()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with server.database.writing() as db:
        subjects = [email.strip().lower()[:254], request.remote_addr or ""]
        subjects = [accounts.attempt_subject(server.secret, subject) for subject in subjects]
        if accounts.too_many_attempts(db, subjects, now):
            return _refused("Too many attempts. Wait a quarter of an hour.", 429)
    with server.database.reading() as db:
        worker = accounts.sign_in_worker(db, email, password)
    if worker is None:
        with server.database.writing() as db:
            accounts.note_failed_attempt(db, subjects, now)
        return _refused("E-mail address and password do not fit together.", 403)
    _open_session(worker)
    return redirect(url_for("worker_site.index"), 303)


def _refused(error: str, status: int) -> Response:
    return Response(render_template("worker_site/signin.html", error=error, worker=None), status)


def _open_session(worker: Worker) -> None:
    session.clear()
    session.permanent = True
    session["worker"] = worker.worker_id
    session["version"] = worker.session_version


@worker_site.post("/signout")
def sign_out() -> AnyResponse:
    """Forget the session."""
    session.clear()
    return redirect(url_for("worker_site.sign_in_form"), 303)


@worker_site.get("/earnings")
@signed_in
def earnings(worker: Worker) -> str:
    """Work handed in, and what it earned."""
    server = the_server()
    server.sweeper.sweep(server.clock())
    with server.database.reading() as db:
        return render_template(
            "worker_site/earnings.html",
            worker=worker,
            work=book.work_done(db, worker.worker_id, 200),
            bonuses=book.bonuses(db, worker.worker_id, 200),
            balance=ledger.balance(db, ledger.worker_account(worker.worker_id)),
        )
