"""Payouts. A batch strikes off what is owed and fixes the amounts; its CSV is what payroll pays."""

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import Row
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.operator_site.act import acting
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import oversight
from crowd_server.people import payouts as till
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator, Worker
from crowd_server.store.models.money import Payout

payouts = Blueprint("operator_payouts", __name__, template_folder="templates", url_prefix="/operator/payouts")


@payouts.get("/")
@operators_only
def index(operator: Operator) -> str:
    """What is owed, and what was paid out."""
    return _index(None)


def _index(error: str | None) -> str:
    with the_server().database.reading() as db:
        owed = till.owed(db)
        return render_template(
            "operator_site/payouts.html", owed=owed, total=sum(entry.cents for entry in owed),
            batches=oversight.batches(db), error=error,
        )  # fmt: skip


@payouts.get("/owed.csv")
@operators_only
def owed(operator: Operator) -> AnyResponse:
    """What is owed now, to look at."""
    with the_server().database.reading() as db:
        return _csv(till.payroll(till.owed(db)), "owed.csv")


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


@payouts.post("/")
@operators_only
def pay(operator: Operator) -> AnyResponse:
    """Make a batch of the workers that were ticked."""
    chosen = request.form.getlist("worker")
    if not chosen:
        return Response(_index("Tick the workers who are to be paid."), 400)
    with acting(operator) as act:
        made = till.pay_out(act.db, chosen, act.who, act.now)
    if not made:
        return Response(_index("Nothing is owed to these workers any more."), 409)
    flash("The batch is booked. Now pay these amounts: download the CSV for payroll.")
    return redirect(url_for("operator_payouts.batch", batch_id=made[0].batch), 303)


def _rows(batch_id: str) -> Sequence[Row[Payout, Worker]]:
    with the_server().database.reading() as db:
        rows = oversight.batch(db, batch_id)
    if not rows:
        raise NotFound
    return rows


@payouts.get("/<batch_id>")
@operators_only
def batch(operator: Operator, batch_id: str) -> str:
    """One batch."""
    rows = _rows(batch_id)
    total = sum(payout.cents for payout, _ in rows)
    return render_template("operator_site/batch.html", batch_id=batch_id, rows=rows, total=total)


@payouts.get("/<batch_id>/payroll.csv")
@operators_only
def payroll(operator: Operator, batch_id: str) -> AnyResponse:
    """The amounts of a batch, for payroll."""
    entries = [
        till.Owed(worker.worker_id, worker.email, worker.display_name, payout.cents)
        for payout, worker in _rows(batch_id)
    ]
    return _csv(till.payroll(entries), f"payout-{batch_id}.csv")
