"""Preview, accept, do, return and go on to the next HIT."""

from datetime import datetime

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.frames import frame_of
from crowd_server.looks.page import allow_frame, told
from crowd_server.market import assignments, book, floor
from crowd_server.market.requirements import Standing, standing
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, HitType
from crowd_server.worker_site.needs import names_of, needs
from crowd_server.worker_site.own import own_assignment
from crowd_server.worker_site.visitor import current_worker, signed_in

work = Blueprint("work", __name__, template_folder="templates")


@work.get("/groups/<group_id>/preview")
def preview(group_id: str) -> str | AnyResponse:
    """The real task, without an assignment."""
    server = the_server()
    now = server.clock()
    with server.database.reading() as db:
        worker = current_worker(db)
        hit_type = book.group(db, group_id)
        if hit_type is None or (worker and book.dealings(db, worker.worker_id, hit_type.requester_id)[0]):
            raise NotFound
        has = standing(db, worker) if worker else Standing(Worker(adult_content=False), {})
        asks = needs(has if worker else None, hit_type.requirements, names_of(db, [hit_type.requirements]))
        if has.unmet(hit_type.requirements, "preview"):
            return _barred(hit_type, asks)
        hit = book.next_hit(db, hit_type.hit_type_id, worker.worker_id if worker else None, now)
        if hit is None:
            return told("There are no HITs left in this group", "Others may be in the list.", 404)
        record = server.pay.read(db, now).of_type(hit_type.hit_type_id)
        frame = frame_of(hit)
    allow_frame()
    hourly = record.hourly_cents(hit_type.reward_cents)
    return render_template(
        "worker_site/preview.html", hit_type=hit_type, hit=hit, frame=frame, needs=asks, hourly=hourly
    )


def _barred(hit_type: HitType, asks: object) -> Response:
    return Response(render_template("worker_site/barred.html", hit_type=hit_type, needs=asks), 403)


@work.post("/groups/<group_id>/accept")
@signed_in
def accept(worker: Worker, group_id: str) -> AnyResponse:
    """Accept any HIT of the group."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    try:
        with server.database.writing() as db:
            hit_type = book.group(db, group_id)
            if hit_type is None:
                raise NotFound
            reuse = server.faults.strike("reuse_assignment_id")
            assignment = floor.accept(db, worker, hit_type, now, reuse_ids=reuse)
    except floor.FloorError as error:
        return told("This HIT was not accepted", str(error), 409)
    return redirect(url_for("work.task", assignment_id=assignment.assignment_id), 303)


@work.get("/assignments/<assignment_id>")
@signed_in
def task(worker: Worker, assignment_id: str) -> str | AnyResponse:
    """The task in its frame, or what became of it."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    with server.database.reading() as db:
        assignment, hit, hit_type = own_assignment(db, worker, assignment_id)
        if assignment.state != "accepted":
            queue = book.queue(db, worker.worker_id)
            more = book.next_hit(db, hit_type.hit_type_id, worker.worker_id, now)
            return render_template(
                "worker_site/done.html",
                assignment=assignment,
                hit_type=hit_type,
                queue=queue,
                more=more,
                now=now,
            )
        frame = frame_of(hit, assignment)
    allow_frame()
    left = _seconds_left(assignment, now)
    return render_template(
        "worker_site/task.html", assignment=assignment, hit=hit, hit_type=hit_type, frame=frame, left=left
    )


def _seconds_left(assignment: Assignment, now: datetime) -> int:
    return max(0, int((assignment.deadline - now).total_seconds()))


@work.get("/assignments/<assignment_id>/state")
@signed_in
def state(worker: Worker, assignment_id: str) -> AnyResponse:
    """How the assignment stands, for the page around the task: the frame cannot tell it."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    with server.database.reading() as db:
        assignment, _, _ = own_assignment(db, worker, assignment_id)
    return jsonify(state=assignment.state, left=_seconds_left(assignment, now))


@work.post("/assignments/<assignment_id>/next")
@signed_in
def following(worker: Worker, assignment_id: str) -> AnyResponse:
    """Once this HIT is handed in, accept another of its group."""
    with the_server().database.reading() as db:
        assignment, _, hit_type = own_assignment(db, worker, assignment_id)
    if assignment.state == "accepted":
        return redirect(url_for("work.task", assignment_id=assignment_id), 303)
    reply: AnyResponse = accept(group_id=hit_type.group_id)
    return reply


@work.post("/assignments/<assignment_id>/return")
@signed_in
def give_back(worker: Worker, assignment_id: str) -> AnyResponse:
    """Give the HIT back; another worker may have it."""
    server = the_server()
    with server.database.writing() as db:
        assignment, _, _ = own_assignment(db, worker, assignment_id)
        assignments.give_back(db, assignment, "returned", server.clock())
    return redirect(url_for("worker_hits.index"), 303)
