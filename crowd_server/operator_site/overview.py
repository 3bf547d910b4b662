"""The operator's first page: is everything well, and what waits."""

from flask import Blueprint, render_template

from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import oversight
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator

overview = Blueprint("operator_overview", __name__, template_folder="templates", url_prefix="/operator")


@overview.get("/")
@operators_only
def index(operator: Operator) -> str:
    """Health, work, money."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    with server.database.reading() as db:
        health = oversight.health(db, now)
    return render_template(
        "operator_site/overview.html", health=health, now=now, faults=server.faults,
        engine=server.database.engine.dialect.name,
    )  # fmt: skip
