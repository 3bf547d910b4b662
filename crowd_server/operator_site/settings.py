"""What the operator can set: the name of the house, who may sign up, the fee; and one's own password."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import house
from crowd_server.operator_site.act import Act, acting, existing
from crowd_server.operator_site.visitor import open_session, operators_only
from crowd_server.people import accounts
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator

settings = Blueprint(
    "operator_settings", __name__, template_folder="templates", url_prefix="/operator/settings"
)

REFUSALS = {
    "name": "A name has 1 to 60 characters.",
    "open_sign_up": "Sign-up is open or by invitation.",
    "fee_percent": "The fee is a whole number of percent, from 0 to 100.",
}


@settings.get("/")
@operators_only
def index(operator: Operator) -> str:
    """The form."""
    return _index(None)


def _index(error: str | None) -> str:
    with the_server().database.reading() as db:
        values = {name: house.setting(db, name) for name in house.DEFAULTS}
    return render_template(
        "operator_site/settings.html", values=values, error=error, shortest=accounts.MIN_PASSWORD
    )


@settings.post("/")
@operators_only
def save(operator: Operator) -> AnyResponse:
    """Save what differs, each change a line in the audit log."""
    typed = {name: request.form.get(name, "").strip() for name in house.DEFAULTS}
    typed["open_sign_up"] = typed["open_sign_up"] or "no"
    try:
        with acting(operator) as act:
            for name, value in typed.items():
                _put(act, name, value)
    except ValueError as error:
        return Response(_index(str(error)), 400)
    the_server().sign.look_again()
    flash("Saved.")
    return redirect(url_for("operator_settings.index"), 303)


def _put(act: Act, name: str, value: str) -> None:
    before = house.setting(act.db, name)
    if value == before:
        return
    try:
        house.put_setting(act.db, name, value)
    except ValueError as error:
        raise ValueError(REFUSALS[name]) from error
    act.note("setting changed", name, before=before, after=value)


@settings.post("/password")
@operators_only
def change_password(operator: Operator) -> AnyResponse:
    """Another password; other sessions end, this one goes on."""
    form = request.form
    try:
        if not accounts.password_fits(operator.password_hash, form.get("old", "")):
            raise accounts.AccountError("The present password is not right.")
        hashed = accounts.new_password_hash(form.get("new", ""))
    except accounts.AccountError as error:
        return Response(_index(str(error)), 400)
    with acting(operator) as act:
        mine = existing(act.db, Operator, operator.id)
        mine.password_hash = hashed
        mine.session_version += 1
        act.note("password changed", operator.email)
    open_session(mine)
    flash("Your password is changed.")
    return redirect(url_for("operator_settings.index"), 303)
