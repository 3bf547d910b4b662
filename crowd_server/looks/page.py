"""What every page of both sites has: template, style, script, headers, and a page for each error."""

from typing import Any

from flask import Blueprint, Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy import func, select
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from crowd_server.looks import formats
from crowd_server.questions.documents import LOCAL_HOSTS
from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment
from crowd_server.store.models.post import Message

looks = Blueprint(
    "looks", __name__, template_folder="templates", static_folder="static", static_url_path="/look"
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; {images}; "
    "{frames}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LOOPBACK = " ".join(f"http://{host}:*" for host in LOCAL_HOSTS)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Forms are checked for where they come from, so a referrer must reach this site, and no other.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
LAST_PAGE = 10_000
UNFRAMED = ("api", "frames")


def prepare(app: Flask) -> None:
    """Give an application the look: formats, headers, error pages."""
    app.register_blueprint(looks)
    for name in ("money", "span", "stamp"):
        app.template_filter(name)(getattr(formats, name))
    app.context_processor(_shown_everywhere)
    app.before_request(_refuse_nul)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _error_page)
    app.after_request(_guard)


def _refuse_nul() -> None:
    """PostgreSQL has no text that holds a NUL, and nobody types one. A task's answer may hold anything."""
    if "\0" in request.path:
        raise NotFound
    forms = (request.args,) if request.blueprint in UNFRAMED else (request.args, request.form)
    if any("\0" in name + value for form in forms for name, value in form.items(multi=True)):
        raise BadRequest("There is a character in it that no text can hold.")


def _shown_everywhere() -> dict[str, Any]:
    visitors = {"worker": g.get("worker"), "operator": g.get("operator")}
    return {"site_name": _site_name, "waiting": _waiting, **visitors}


def _site_name() -> str:
    server = the_server()
    with server.database.reading() as db:
        return server.sign.read(db, server.clock())


def _waiting(worker: Worker) -> tuple[int, int]:
    """How many HITs are in the worker's queue, and how many messages unread."""
    queued = select(func.count()).where(
        Assignment.worker_id == worker.worker_id, Assignment.state == "accepted"
    )
    unread = select(func.count()).where(
        Message.worker_id == worker.worker_id, Message.read_at.is_(None), ~Message.from_worker
    )
    with the_server().database.reading() as db:
        return db.scalar(queued) or 0, db.scalar(unread) or 0


def page_number() -> int:
    """The page of a list that is asked for; the last that a person could want, where a number is huge."""
    return min(LAST_PAGE, max(1, request.args.get("page", 1, type=int)))


def told(heading: str, text: str = "", status: int = 200) -> Response:
    """A page that says one thing."""
    return Response(render_template("looks/told.html", heading=heading, text=text), status)


def allow_frame() -> None:
    """Let the page being made show a task: any HTTPS page, or one on this machine, as CreateHIT allows."""
    g.frames = f"frame-src 'self' https: {LOOPBACK}"


def allow_pictures() -> None:
    """Let the page being made show pictures that a requester's form links to."""
    g.images = f"img-src 'self' https: {LOOPBACK}"


def _guard(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if (the_server().public_url or "").startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.blueprint in UNFRAMED:
        return response
    images, frames = g.get("images", "img-src 'self'"), g.get("frames", "frame-src 'none'")
    response.headers.setdefault("Content-Security-Policy", POLICY.format(images=images, frames=frames))
    for name, value in PAGE_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _stale_form(_error: CSRFError) -> Response:
    return told(
        "This form is out of date",
        "Nothing was done. Go back, reload the page and send the form again; you may have to sign in first.",
        400,
    )


def _error_page(error: HTTPException) -> Any:
    if request.blueprint in UNFRAMED:
        return error
    if error.code == 404:
        return told("There is nothing here", "The page does not exist, or it is not yours to see.", 404)
    return told(error.name, error.description or "", error.code or 500)
