"""What workers wrote."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from crowd_server.operator_site.act import acting, existing
from crowd_server.operator_site.visitor import operators_only
from crowd_server.people import inbox
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Operator
from crowd_server.store.models.post import Message

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
    text = request.form.get("text", "").strip()
    try:
        with acting(operator) as act:
            letter = existing(act.db, Message, message_id)
            if not letter.from_worker:
                raise NotFound
            letter.read_at = letter.read_at or act.now
            if text:
                subject = letter.subject if letter.subject.startswith("Re: ") else f"Re: {letter.subject}"
                inbox.write(act.db, letter.worker_id, act.now, subject=subject[:200], text=text)
                act.note("message sent", letter.worker_id, about=subject)
    except inbox.MessageError as error:
        return Response(_index(str(error)), 400)
    flash("Answered." if text else "Put away.")
    return redirect(url_for("operator_messages.index"), 303)
