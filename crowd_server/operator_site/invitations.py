"""Invitations to sign up as a worker."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import house
from crowd_server.operator_site.act import acting, existing
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import invitations as desk
from crowd_server.people import membership
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Invitation, Operator

invitations = Blueprint(
    "operator_invitations", __name__, template_folder="templates", url_prefix="/operator/invitations"
)


@invitations.get("/")
@operators_only
def index(operator: Operator) -> str:
    """Those that are out, and a form for more."""
    return _index(None)


def _index(error: str | None) -> str:
    server = the_server()
    with server.database.reading() as db:
        return render_template(
            "operator_site/invitations.html", rows=desk.all_invitations(db), now=server.clock(), error=error,
            is_open=house.setting(db, "open_sign_up") == "yes",
        )  # fmt: skip


@invitations.post("/")
@operators_only
def add(operator: Operator) -> AnyResponse:
    """A new link."""
    form = request.form
    uses, days = form.get("uses", 1, type=int), form.get("days", membership.DAYS, type=int)
    if not 1 <= uses <= 10_000 or not 1 <= days <= 365:
        return Response(_index("1 to 10,000 people, 1 to 365 days."), 400)
    with acting(operator) as act:
        made = membership.invite(act.db, act.now, uses, form.get("note", "").strip()[:255], days)
        act.note("invitation made", str(made.id), uses=uses, note=made.note)
    flash("The invitation is ready: send its link.")
    return redirect(url_for("operator_invitations.index"), 303)


@invitations.post("/<int:invitation_id>/revoke")
@operators_only
def revoke(operator: Operator, invitation_id: int) -> AnyResponse:
    """Take back what is left of it."""
    with acting(operator) as act:
        existing(act.db, Invitation, invitation_id).uses_left = 0
        act.note("invitation revoked", str(invitation_id))
    flash("The invitation is revoked.")
    return redirect(url_for("operator_invitations.index"), 303)
