"""Preview, accept, do and return a HIT."""

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import assignments, book, floor
from crowd_server.frames import frame_of
from crowd_server.models.accounts import Worker
from crowd_server.requirements import standing
from crowd_server.server import the_server
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
        if hit_type is None:
            raise NotFound
        if worker and hit_type.requirements and standing(db, worker).unmet(hit_type.requirements, "preview"):
            return _told("You do not have the qualifications to preview this HIT.", 403, worker)
        hit = book.next_hit(db, hit_type.hit_type_id, worker.worker_id if worker else None, now)
        if hit is None:
            return _told("There are no HITs left in this group.", 404, worker)
        frame = frame_of(hit)
    return render_template("worker_site/preview.html", hit_type=hit_type, frame=frame, worker=worker)


def _told(message: str, status: int, worker: Worker | None) -> Response:
    return Response(render_template("worker_site/message.html", message=message, worker=worker), status)


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
        return _told(str(error), 409, worker)
    return redirect(url_for("work.task", assignment_id=assignment.assignment_id), 303)


@work.get("/assignments/<assignment_id>")
@signed_in
def task(worker: Worker, assignment_id: str) -> str | AnyResponse:
    """The task in its frame, or what became of it."""
    server = the_server()
    server.sweeper.sweep(server.clock())
    with server.database.reading() as db:
        found = book.assignment_of(db, assignment_id, worker.worker_id)
        if found is None:
            raise NotFound
        assignment, hit, hit_type = found
        if assignment.state != "accepted":
            return _told(f"This HIT is {assignment.state}.", 200, worker)
        frame = frame_of(hit, assignment)
    return render_template(
        "worker_site/task.html", assignment=assignment, hit_type=hit_type, frame=frame, worker=worker
    )


@work.post("/assignments/<assignment_id>/return")
@signed_in
def give_back(worker: Worker, assignment_id: str) -> AnyResponse:
    """Give the HIT back; another worker may have it."""
    server = the_server()
    with server.database.writing() as db:
        found = book.assignment_of(db, assignment_id, worker.worker_id)
        if found is None:
            raise NotFound
        assignments.give_back(db, found[0], "returned", server.clock())
    return redirect(url_for("worker_site.index"), 303)
