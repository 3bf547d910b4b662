"""Workers: find, look at, suspend, correct a country, write to, set a new password."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.looks.page import page_number
from crowd_server.market import ledger
from crowd_server.operator_site.act import acting, existing
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import accounts, countries, inbox, oversight
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator, Worker

workers = Blueprint("operator_workers", __name__, template_folder="templates", url_prefix="/operator/workers")


@workers.get("/")
@operators_only
def index(operator: Operator) -> str:
    """A page of workers."""
    page = page_number()
    with the_server().database.reading() as db:
        rows = oversight.workers(db, request.args.get("q", "").strip()[:100], page)
    return render_template(
        "operator_site/workers.html", rows=rows[: oversight.PAGE], page=page, more=len(rows) > oversight.PAGE
    )


@workers.get("/<worker_id>")
@operators_only
def one(operator: Operator, worker_id: str) -> str:
    """One worker: account, work, money, messages."""
    return _one(worker_id, None)


def _one(worker_id: str, error: str | None, password: str | None = None) -> str:
    account = ledger.worker_account(worker_id)
    with the_server().database.reading() as db:
        return render_template(
            "operator_site/worker.html",
            person=existing(db, Worker, worker_id),
            work=oversight.work_by_state(db, worker_id),
            owed=ledger.balance(db, account),
            lines=oversight.transfers(db, [account]),
            letters=inbox.of_worker(db, worker_id, oversight.PAGE),
            countries=countries.NAMES,
            error=error,
            password=password,
        )


def _back(worker_id: str, message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("operator_workers.one", worker_id=worker_id), 303)


@workers.post("/<worker_id>/suspend")
@operators_only
def suspend(operator: Operator, worker_id: str) -> AnyResponse:
    """Shut the worker out, or let them in again. What they earned stays theirs."""
    with acting(operator) as act:
        worker = existing(act.db, Worker, worker_id)
        if request.form["wanted"] == "in":
            worker.suspended_at, action = None, "worker let in again"
        else:
            worker.suspended_at, action = worker.suspended_at or act.now, "worker suspended"
        act.note(action, worker_id, why=request.form.get("why", "").strip()[:1000])
    return _back(worker_id, f"{action.capitalize()}.")


@workers.post("/<worker_id>/country")
@operators_only
def set_country(operator: Operator, worker_id: str) -> AnyResponse:
    """Correct where a worker works from."""
    country = request.form.get("country", "")
    subdivision = request.form.get("subdivision", "").strip().upper()
    if country not in ("", *countries.NAMES) or len(subdivision) not in (0, 2):
        return Response(_one(worker_id, "Choose a country; a state or region has two letters."), 400)
    with acting(operator) as act:
        worker = existing(act.db, Worker, worker_id)
        worker.country, worker.subdivision = country or None, subdivision or None
        act.note("country set", worker_id, country=country, region=subdivision)
    return _back(worker_id, "Saved.")


@workers.post("/<worker_id>/password")
@operators_only
def new_password(operator: Operator, worker_id: str) -> AnyResponse:
    """A new password for one who has forgotten theirs, shown this once; all sessions end."""
    password = accounts.random_password()
    hashed = accounts.HASHER.hash(password)
    with acting(operator) as act:
        worker = existing(act.db, Worker, worker_id)
        if worker.deleted_at:
            raise NotFound
        worker.password_hash = hashed
        worker.session_version += 1
        act.note("password set", worker_id)
    return Response(_one(worker_id, None, password))


@workers.post("/<worker_id>/message")
@operators_only
def write(operator: Operator, worker_id: str) -> AnyResponse:
    """Write to a worker."""
    subject, text = request.form.get("subject", ""), request.form.get("text", "")
    try:
        with acting(operator) as act:
            existing(act.db, Worker, worker_id)
            inbox.write(act.db, worker_id, act.now, subject=subject, text=text)
            act.note("message sent", worker_id, about=subject)
    except inbox.MessageError as error:
        return Response(_one(worker_id, str(error)), 400)
    return _back(worker_id, "Sent.")
