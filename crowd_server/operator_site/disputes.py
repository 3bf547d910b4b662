"""Disputes: appeals against rejections, reports of HITs, compensation out of the fees."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import disputes as court
from crowd_server import hits, ledger, oversight
from crowd_server.audit import note
from crowd_server.errors import CrowdError
from crowd_server.models.accounts import Operator
from crowd_server.models.hits import Assignment, Hit
from crowd_server.models.post import Appeal, Report
from crowd_server.operator_site.amounts import AmountError, read_cents
from crowd_server.operator_site.visitor import operators_only
from crowd_server.server import the_server

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
        return render_template(
            "operator_site/disputes.html",
            open_appeals=oversight.appeals(db, are_open=True),
            old_appeals=oversight.appeals(db, are_open=False),
            open_reports=oversight.reports(db, are_open=True),
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
    server, form = the_server(), request.form
    verdicts = {"uphold": court.uphold, "dismiss": court.dismiss}
    verdict = verdicts.get(form.get("verdict", ""))
    if verdict is None:
        return Response(_index("Uphold or dismiss the appeal."), 400)
    try:
        with server.database.writing() as db:
            opened = db.get(Appeal, appeal_id)
            if opened is None:
                raise NotFound
            verdict(db, opened, operator.email, form.get("answer", ""), server.clock())
    except (court.DisputeError, CrowdError) as error:
        return Response(_index(str(error)), 409)
    return _done("The appeal is decided, and the worker knows.")


def _report(db: Session, report_id: int) -> Report:
    report = db.get(Report, report_id)
    if report is None:
        raise NotFound
    return report


@disputes.post("/reports/<int:report_id>/close")
@operators_only
def close(operator: Operator, report_id: int) -> AnyResponse:
    """The report has been seen to."""
    server = the_server()
    with server.database.writing() as db:
        court.close_report(db, _report(db, report_id), operator.email, server.clock())
    return _done("The report is closed.")


@disputes.post("/reports/<int:report_id>/expire")
@operators_only
def expire(operator: Operator, report_id: int) -> AnyResponse:
    """Take the HIT off the list: nobody else gets it; whoever holds it may finish, and is paid."""
    server = the_server()
    now = server.clock()
    with server.database.writing() as db:
        report = _report(db, report_id)
        hit = db.query(Hit).where(Hit.hit_id == report.hit_id).with_for_update().one()
        hits.set_expiration(db, hit, now, now)
        note(db, now, operator.email, "HIT expired", hit.hit_id, report=report_id)
    return _done("The HIT is off the list.")


@disputes.post("/compensate/<int:assignment>")
@operators_only
def compensate(operator: Operator, assignment: int) -> AnyResponse:
    """Pay for work that could not be handed in, out of the fees."""
    server, form = the_server(), request.form
    try:
        cents = read_cents(form.get("amount", ""))
        with server.database.writing() as db:
            work = db.get(Assignment, assignment)
            if work is None:
                raise NotFound
            why = form.get("why", "").strip()[:1000] or "For a HIT that did not work."
            court.compensate(db, work, operator.email, server.clock(), cents=cents, why=why)
    except (AmountError, CrowdError) as error:
        return Response(_index(str(error)), 409)
    return _done("The worker is compensated.")
