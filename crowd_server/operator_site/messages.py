"""What workers wrote."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server import audit, inbox
from crowd_server.models.accounts import Operator
from crowd_server.models.post import Message
from crowd_server.operator_site.visitor import operators_only
from crowd_server.server import the_server

messages = Blueprint(
    "operator_messages", __name__, template_folder="templates", url_prefix="/operator/messages"
)

SHOWN = 100


@messages.get("/")
@operators_only
def index(operator: Operator) -> str:
    """The latest, the unread ones marked."""
    return _index(None)


def _index(error: str | None) -> str:
    with the_server().database.reading() as db:
        letters = inbox.from_workers(db, SHOWN)
    return render_template("operator_site/messages.html", letters=letters, error=error)


@messages.post("/<int:message_id>")
@operators_only
def answer(operator: Operator, message_id: int) -> AnyResponse:
    """Answer it, or with an empty text just put it away."""
    server, form = the_server(), request.form
    text = form.get("text", "").strip()
    try:
        with server.database.writing() as db:
            letter = db.get(Message, message_id)
            if letter is None or not letter.from_worker:
                raise NotFound
            letter.read_at = letter.read_at or server.clock()
            if text:
                subject = letter.subject if letter.subject.startswith("Re: ") else f"Re: {letter.subject}"
                inbox.write(db, letter.worker_id, server.clock(), subject=subject[:200], text=text)
                audit.note(
                    db, server.clock(), operator.email, "message sent", letter.worker_id, about=subject
                )
    except inbox.MessageError as error:
        return Response(_index(str(error)), 400)
    flash("Answered." if text else "Put away.")
    return redirect(url_for("operator_messages.index"), 303)
