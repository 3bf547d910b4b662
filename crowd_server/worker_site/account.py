"""A worker's own account: who they are, the password, taking one's data along, leaving."""

import json

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.looks.page import told
from crowd_server.market import ledger
from crowd_server.people import accounts, countries, membership
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.worker_site.visitor import local_path, open_session, signed_in

account = Blueprint("worker_account", __name__, template_folder="templates")


@account.get("/account")
@signed_in
def index(worker: Worker) -> str:
    """Everything that can be changed."""
    return _page(worker, None)


def _page(worker: Worker, error: str | None) -> str:
    with the_server().database.reading() as db:
        owed = ledger.balance(db, ledger.worker_account(worker.worker_id))
    return render_template(
        "worker_site/account.html", error=error, owed=owed, countries=countries.NAMES,
        shortest=accounts.MIN_PASSWORD,
    )  # fmt: skip


@account.post("/account")
@signed_in
def change(worker: Worker) -> AnyResponse:
    """Name and preferences. A country can be named once: HITs are offered by it."""
    form = request.form
    with the_server().database.writing() as db:
        mine = db.get_one(Worker, worker.worker_id)
        mine.display_name = form.get("name", "").strip()[:128]
        mine.adult_content = form.get("adult") == "yes"
        mine.auto_accept = form.get("auto_accept") == "yes"
        if mine.country is None and form.get("country") in countries.NAMES:
            mine.country = form["country"]
    flash("Saved.")
    return redirect(url_for("worker_account.index"), 303)


@account.post("/account/auto-accept")
@signed_in
def auto_accept(worker: Worker) -> AnyResponse:
    """The switch on the task's page."""
    with the_server().database.writing() as db:
        db.get_one(Worker, worker.worker_id).auto_accept = request.form.get("on") == "yes"
    return redirect(local_path(request.form.get("next"), url_for("worker_hits.index")), 303)


@account.post("/account/password")
@signed_in
def change_password(worker: Worker) -> AnyResponse:
    """Another password; other sessions end, this one goes on."""
    try:
        mine = membership.change_password(
            the_server().database, worker, request.form.get("old", ""), request.form.get("new", "")
        )
    except accounts.AccountError as error:
        return Response(_page(worker, str(error)), 400)
    open_session(mine)
    flash("Your password is changed. Other devices have been signed out.")
    return redirect(url_for("worker_account.index"), 303)


@account.get("/account/data.json")
@signed_in
def data(worker: Worker) -> AnyResponse:
    """All that this server knows about the worker, to keep."""
    with the_server().database.reading() as db:
        document = membership.export(db, worker)
    name = f"attachment; filename={worker.worker_id}.json"
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return Response(text, content_type="application/json", headers={"Content-Disposition": name})


@account.post("/account/delete")
@signed_in
def delete(worker: Worker) -> AnyResponse:
    """Leave, with the password once more."""
    server = the_server()
    if not accounts.password_fits(worker.password_hash or "", request.form.get("password", "")):
        return Response(_page(worker, "The account was not deleted: the password is not right."), 403)
    with server.database.writing() as db:
        membership.leave(db, db.get_one(Worker, worker.worker_id), server.clock())
    session.clear()
    return told("Your account is deleted", "Thank you for the work you did here. We wish you well.")
