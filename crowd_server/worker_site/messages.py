"""Messages from requesters and the operator, and answers to them."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.people import inbox
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.worker_site.visitor import signed_in

messages = Blueprint("worker_messages", __name__, template_folder="templates")

SHOWN = 200


@messages.get("/messages")
@signed_in
def index(worker: Worker) -> str:
    """All messages, the latest first; to see them is to have read them."""
    server = the_server()
    with server.database.writing() as db:
        letters = inbox.of_worker(db, worker.worker_id, SHOWN)
        fresh = {letter.id for letter, _ in letters if letter.read_at is None and not letter.from_worker}
        inbox.mark_read(db, worker.worker_id, server.clock())
    return render_template("worker_site/messages.html", letters=letters, fresh=fresh)


@messages.get("/messages/write", defaults={"message_id": None})
@messages.get("/messages/<int:message_id>/answer")
@signed_in
def form(worker: Worker, message_id: int | None) -> str:
    """Write to the operator, or answer a message."""
    return _form(worker, message_id, None)


def _form(worker: Worker, message_id: int | None, error: str | None) -> str:
    with the_server().database.reading() as db:
        answered = None if message_id is None else inbox.received(db, worker.worker_id, message_id)
    if message_id is not None and answered is None:
        raise NotFound
    return render_template("worker_site/write.html", answered=answered, error=error, typed=request.form)


@messages.post("/messages/write", defaults={"message_id": None})
@messages.post("/messages/<int:message_id>/answer")
@signed_in
def send(worker: Worker, message_id: int | None) -> AnyResponse:
    """Send it; an answer to a requester goes by way of the operator."""
    server = the_server()
    try:
        with server.database.writing() as db:
            answered = None if message_id is None else inbox.received(db, worker.worker_id, message_id)
            if message_id is not None and answered is None:
                raise NotFound
            inbox.write(
                db, worker.worker_id, server.clock(), from_worker=True,
                subject=request.form.get("subject", ""), text=request.form.get("text", ""),
                requester_id=answered.requester_id if answered else None,
            )  # fmt: skip
    except inbox.MessageError as error:
        return Response(_form(worker, message_id, str(error)), 400)
    flash("Your message was sent.")
    return redirect(url_for("worker_messages.index"), 303)
