"""Sign up, sign in, sign out."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import house
from crowd_server.people import accounts, countries, invitations, membership
from crowd_server.people.sign_in import SignInRefused, count_sign_up
from crowd_server.people.sign_in import sign_in as let_in
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.worker_site.visitor import local_path, open_session, signed_in

door = Blueprint("worker_door", __name__, template_folder="templates")


@door.get("/signin")
def sign_in_form() -> str:
    """The form."""
    return _sign_in_page(None)


def _sign_in_page(error: str | None) -> str:
    with the_server().database.reading() as db:
        is_open = house.setting(db, "open_sign_up") == "yes"
    return render_template("worker_site/sign_in.html", error=error, is_open=is_open)


@door.post("/signin")
def sign_in() -> AnyResponse:
    """Check the password, at most so often."""
    form = request.form
    try:
        worker = let_in(
            the_server(), accounts.sign_in_worker,
            form.get("email", ""), form.get("password", ""), request.remote_addr,
        )  # fmt: skip
    except SignInRefused as error:
        return Response(_sign_in_page(str(error)), error.status)
    open_session(worker)
    return redirect(local_path(form.get("next"), url_for("worker_hits.index")), 303)


@door.post("/signout")
@signed_in
def sign_out(worker: Worker) -> AnyResponse:
    """End every session of the account, so that a copied cookie is worth nothing."""
    with the_server().database.writing() as db:
        db.get_one(Worker, worker.worker_id).session_version += 1
    session.clear()
    return redirect(url_for("worker_door.sign_in_form"), 303)


@door.get("/signup")
def sign_up_form() -> AnyResponse:
    """The form, for the bearer of an invitation (`?code=`) or, if the operator says so, for all."""
    return _sign_up_page(None, 200)


def _sign_up_page(error: str | None, status: int) -> AnyResponse:
    server = the_server()
    code = request.values.get("code") or None
    with server.database.reading() as db:
        barred = invitations.why_closed(db, code, server.clock())
    page = render_template(
        "worker_site/sign_up.html", code=code, error=error, barred=barred, typed=request.form,
        countries=countries.NAMES, shortest=accounts.MIN_PASSWORD,
    )  # fmt: skip
    return Response(page, 403 if barred and not error else status)


@door.post("/signup")
def sign_up() -> AnyResponse:
    """A new account, signed in at once."""
    server, typed = the_server(), _typed()
    with server.database.reading() as db:
        barred = invitations.why_closed(db, typed["code"], server.clock())
    try:
        if typed["code"] is None or barred:
            count_sign_up(server, request.remote_addr)
        if barred:
            return _sign_up_page(None, 403)
        hashed = accounts.new_password_hash(typed["password"])
        with server.database.writing() as db:
            worker = membership.sign_up(db, server.clock(), password_hash=hashed, **typed)
    except SignInRefused as error:
        return _sign_up_page(str(error), error.status)
    except accounts.AccountError as error:
        return _sign_up_page(str(error), 400)
    open_session(worker)
    flash("Welcome! Your account is ready. Your worker id is on the account page.")
    return redirect(url_for("worker_hits.index"), 303)


def _typed() -> dict[str, Any]:
    form = request.form
    country = form.get("country", "")
    return {
        "email": form.get("email", ""),
        "password": form.get("password", ""),
        "code": form.get("code") or None,
        "display_name": form.get("name", "").strip()[:128],
        "country": country if country in countries.NAMES else None,
    }
