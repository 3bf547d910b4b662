"""Disputes: appeals against rejections, reports of HITs, compensation out of the fees."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.errors import CrowdError
from crowd_server.market import hits, ledger
from crowd_server.operator_site.act import acting, existing
from crowd_server.operator_site.amounts import AmountError, read_cents
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import disputes as court
from crowd_server.people import oversight
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator
from crowd_server.store.models.hits import Assignment, Hit
from crowd_server.store.models.post import Appeal, Report

disputes = Blueprint(
    "operator_disputes", __name__, template_folder="templates", url_prefix="/operator/disputes"
)


@disputes.get("/")
@operators_only
def index(operator: Operator) -> str:
    """What is open, and what was decided lately."""
    return _index(None)


def _index(error: str | None) -> str:
    with the_server().database.reading() as db:
        open_reports = oversight.reports(db, are_open=True)
        return render_template(
            "operator_site/disputes.html",
            open_appeals=oversight.appeals(db, are_open=True),
            old_appeals=oversight.appeals(db, are_open=False),
            open_reports=open_reports,
            compensations={work.id: court.compensations(db, work) for *_, work in open_reports if work},
            old_reports=oversight.reports(db, are_open=False),
            fees=ledger.balance(db, ledger.FEES),
            error=error,
        )


def _done(message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("operator_disputes.index"), 303)


@disputes.post("/appeals/<int:appeal_id>")
@operators_only
def decide(operator: Operator, appeal_id: int) -> AnyResponse:
    """Uphold or dismiss an appeal; the worker is told why."""
    verdicts = {"uphold": court.uphold, "dismiss": court.dismiss}
    verdict = verdicts.get(request.form.get("verdict", ""))
    if verdict is None:
        return Response(_index("Uphold or dismiss the appeal."), 400)
    try:
        with acting(operator) as act:
            opened = existing(act.db, Appeal, appeal_id)
            verdict(act.db, opened, act.who, request.form.get("answer", ""), act.now)
    except (court.DisputeError, CrowdError) as error:
        return Response(_index(str(error)), 409)
    return _done("The appeal is decided, and the worker knows.")


@disputes.post("/reports/<int:report_id>/close")
@operators_only
def close(operator: Operator, report_id: int) -> AnyResponse:
    """The report has been seen to."""
    with acting(operator) as act:
        court.close_report(act.db, existing(act.db, Report, report_id), act.who, act.now)
    return _done("The report is closed.")


@disputes.post("/reports/<int:report_id>/expire")
@operators_only
def expire(operator: Operator, report_id: int) -> AnyResponse:
    """Take the HIT off the list: nobody else gets it; whoever holds it may finish, and is paid."""
    with acting(operator) as act:
        hit_id = existing(act.db, Report, report_id).hit_id
        hit = act.db.scalars(select(Hit).where(Hit.hit_id == hit_id).with_for_update()).one()
        hits.set_expiration(act.db, hit, act.now, act.now)
        act.note("HIT expired", hit_id, report=report_id)
    return _done("The HIT is off the list.")


@disputes.post("/compensate/<int:assignment>")
@operators_only
def compensate(operator: Operator, assignment: int) -> AnyResponse:
    """Pay for work that could not be handed in, out of the fees."""
    seen = request.form.get("seen", type=int)
    why = request.form.get("why", "").strip()[:1000] or "For a HIT that did not work."
    try:
        cents = read_cents(request.form.get("amount", ""))
        with acting(operator) as act:
            work = existing(act.db, Assignment, assignment)
            court.compensate(act.db, work, act.who, act.now, cents=cents, why=why, seen=seen)
    except (AmountError, CrowdError) as error:
        return Response(_index(str(error)), 409)
    return _done("The worker is compensated.")
