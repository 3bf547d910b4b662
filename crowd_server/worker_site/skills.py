"""Qualifications: what a worker has, what can be had, asking for one, taking its test."""

from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.looks.page import allow_pictures, told
from crowd_server.market import directory
from crowd_server.market import skills as gates
from crowd_server.questions.forms import FormError
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.qualifications import QualificationRequest, QualificationType
from crowd_server.worker_site.visitor import signed_in

skills = Blueprint("worker_skills", __name__, template_folder="templates")


@skills.get("/qualifications")
@signed_in
def index(worker: Worker) -> str:
    """One's own, those asked for, and those to be had."""
    words = request.args.get("q", "").lower().split()[:10]
    with the_server().database.reading() as db:
        return render_template(
            "worker_site/skills.html",
            held=directory.held(db, worker.worker_id),
            asked=directory.asked(db, worker.worker_id),
            on_offer=directory.on_offer(db, worker.worker_id, words),
        )


@skills.get("/qualifications/<type_id>")
@signed_in
def one(worker: Worker, type_id: str) -> str:
    """What it is, and whether it can be had now."""
    return _one(worker, type_id, None)


def _one(worker: Worker, type_id: str, error: str | None) -> str:
    server = the_server()
    with server.database.reading() as db:
        kind, requester = _kind(db, type_id)
        return render_template(
            "worker_site/skill.html", kind=kind, requester=requester, error=error,
            mine=gates.held(db, type_id, worker.worker_id), may_retake=gates.may_retake(kind),
            last=gates.latest_request(db, type_id, worker.worker_id),
            refusal=gates.may_request(db, kind, worker.worker_id, server.clock()),
        )  # fmt: skip


def _kind(db: Session, type_id: str) -> tuple[QualificationType, str]:
    found = directory.qualification(db, type_id)
    if found is None:
        raise NotFound
    return found


@skills.post("/qualifications/<type_id>/request")
@signed_in
def ask(worker: Worker, type_id: str) -> AnyResponse:
    """Ask for it: granted at once, put before the requester, or on to the test."""
    server = the_server()
    try:
        with server.database.writing() as db:
            kind, _ = _kind(db, type_id)
            made = gates.request(db, kind, db.get_one(Worker, worker.worker_id), server.clock())
    except gates.SkillError as error:
        return Response(_one(worker, type_id, str(error)), 409)
    if made.state == "started":
        return redirect(url_for("worker_skills.test", type_id=type_id), 303)
    flash("The qualification is yours." if made.state == "granted" else "Your request is with the requester.")
    return redirect(url_for("worker_skills.one", type_id=type_id), 303)


@skills.get("/qualifications/<type_id>/test")
@signed_in
def test(worker: Worker, type_id: str) -> str | AnyResponse:
    """The test that the worker has begun."""
    server = the_server()
    now = server.clock()
    with server.database.reading() as db:
        kind, _ = _kind(db, type_id)
        begun = _begun(db, kind, worker, now)
    if begun is None:
        return redirect(url_for("worker_skills.one", type_id=type_id), 303)
    return _test_page(kind, begun, now, None)


def _begun(
    db: Session, kind: QualificationType, worker: Worker, now: datetime
) -> QualificationRequest | None:
    last = gates.latest_request(db, kind.qualification_type_id, worker.worker_id)
    return (
        last if last and last.state == "started" and now <= gates.ends_at(kind, last) + gates.GRACE else None
    )


def _test_page(kind: QualificationType, begun: QualificationRequest, now: datetime, error: str | None) -> str:
    allow_pictures()
    left = max(0, int((gates.ends_at(kind, begun) - now).total_seconds()))
    return render_template(
        "worker_site/test.html", kind=kind, form=gates.test_form(kind), left=left, error=error,
        ends_at=gates.ends_at(kind, begun),
    )  # fmt: skip


@skills.post("/qualifications/<type_id>/test")
@signed_in
def hand_in(worker: Worker, type_id: str) -> AnyResponse:
    """Hand the test in; a form that is not complete stays open."""
    server = the_server()
    now = server.clock()
    with server.database.writing() as db:
        kind, _ = _kind(db, type_id)
        begun = _begun(db, kind, worker, now)
        if begun is None:
            return told(
                "This test is closed", "It was handed in, its time is over, or it was never begun.", 409
            )
        try:
            gates.hand_in(db, kind, begun, request.form, now)
        except FormError as error:
            return Response(_test_page(kind, begun, now, str(error)), 400)
    flash("Your test is handed in.")
    return redirect(url_for("worker_skills.one", type_id=type_id), 303)
