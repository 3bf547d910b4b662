"""The operator's sign-in; the first operator is made with `synsetter-crowd operators add`."""

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.operator_site.act import acting
from crowd_server.operator_site.visitor import open_session, operators_only
from crowd_server.people import accounts
from crowd_server.people.sign_in import SignInRefused
from crowd_server.people.sign_in import sign_in as let_in
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator

door = Blueprint("operator_door", __name__, template_folder="templates", url_prefix="/operator")


@door.get("/signin")
def sign_in_form() -> str:
    """The form."""
    return render_template("operator_site/sign_in.html", error=None)


@door.post("/signin")
def sign_in() -> AnyResponse:
    """Check the password, at most so often."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        operator = let_in(the_server(), accounts.sign_in_operator, email, password, request.remote_addr)
    except SignInRefused as error:
        return Response(render_template("operator_site/sign_in.html", error=str(error)), error.status)
    with acting(operator) as act:
        act.note("signed in", operator.email)
    open_session(operator)
    return redirect(url_for("operator_overview.index"), 303)


@door.post("/signout")
@operators_only
def sign_out(operator: Operator) -> AnyResponse:
    """End every session of this operator."""
    with the_server().database.writing() as db:
        db.get_one(Operator, operator.id).session_version += 1
    session.clear()
    return redirect(url_for("operator_door.sign_in_form"), 303)
