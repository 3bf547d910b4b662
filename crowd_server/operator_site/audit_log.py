"""The audit log: who with power did what."""

from flask import Blueprint, render_template, request

from crowd_server.looks.page import page_number
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import oversight
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator

audit_log = Blueprint("operator_audit", __name__, template_folder="templates", url_prefix="/operator/audit")


@audit_log.get("/")
@operators_only
def index(operator: Operator) -> str:
    """A page of it, the latest first."""
    page = page_number()
    with the_server().database.reading() as db:
        rows = oversight.audit_log(db, request.args.get("q", "").strip()[:100], page)
    return render_template(
        "operator_site/audit.html", rows=rows[: oversight.PAGE], page=page, more=len(rows) > oversight.PAGE
    )
