"""When something is wrong: appeal against a rejection, report a HIT."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.people import disputes
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Hit, HitType
from crowd_server.store.models.post import Report
from crowd_server.worker_site.own import own_assignment
from crowd_server.worker_site.visitor import signed_in

complaints = Blueprint("complaints", __name__, template_folder="templates")


@complaints.get("/assignments/<assignment_id>/appeal")
@signed_in
def appeal_form(worker: Worker, assignment_id: str) -> str:
    """The form, with the reason that the requester gave."""
    return _appeal_page(worker, assignment_id, None)


def _appeal_page(worker: Worker, assignment_id: str, error: str | None) -> str:
    with the_server().database.reading() as db:
        assignment, _, hit_type = own_assignment(db, worker, assignment_id)
    return render_template(
        "worker_site/appeal.html", assignment=assignment, hit_type=hit_type, error=error, typed=request.form
    )


@complaints.post("/assignments/<assignment_id>/appeal")
@signed_in
def appeal(worker: Worker, assignment_id: str) -> AnyResponse:
    """Put it before the operator."""
    server = the_server()
    try:
        with server.database.writing() as db:
            assignment, _, _ = own_assignment(db, worker, assignment_id)
            disputes.appeal(db, assignment, request.form.get("text", ""), server.clock())
    except disputes.DisputeError as error:
        return Response(_appeal_page(worker, assignment_id, str(error)), 400)
    flash("Your appeal is with the operator. The decision will come as a message.")
    return redirect(url_for("worker_earnings.index"), 303)


@complaints.get("/hits/<hit_id>/report")
@signed_in
def report_form(worker: Worker, hit_id: str) -> str:
    """The form."""
    return _report_page(hit_id, None)


def _report_page(hit_id: str, error: str | None) -> str:
    with the_server().database.reading() as db:
        hit, hit_type = _hit(db, hit_id)
    return render_template(
        "worker_site/report.html", hit=hit, hit_type=hit_type, error=error, kinds=disputes.REPORT_KINDS,
        typed=request.form,
    )  # fmt: skip


def _hit(db: Session, hit_id: str) -> tuple[Hit, HitType]:
    query = select(Hit, HitType).join(HitType, HitType.hit_type_id == Hit.hit_type_id)
    row = db.execute(query.where(Hit.hit_id == hit_id)).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


@complaints.post("/hits/<hit_id>/report")
@signed_in
def report(worker: Worker, hit_id: str) -> AnyResponse:
    """Tell the operator; once for each HIT until it has been seen to."""
    server = the_server()
    form = request.form
    try:
        with server.database.writing() as db:
            hit, _ = _hit(db, hit_id)
            if not _is_open(db, worker, hit_id):
                disputes.report(
                    db, hit, worker.worker_id, server.clock(),
                    kind=form.get("kind", ""), text=form.get("text", ""),
                )  # fmt: skip
    except disputes.DisputeError as error:
        return Response(_report_page(hit_id, str(error)), 400)
    flash("Thank you. The operator will look at this HIT. You can return it without any penalty.")
    return redirect(url_for("worker_hits.index"), 303)


def _is_open(db: Session, worker: Worker, hit_id: str) -> bool:
    mine = select(Report.id).where(
        Report.hit_id == hit_id, Report.worker_id == worker.worker_id, Report.closed_at.is_(None)
    )
    return db.scalar(mine) is not None
