"""Task pages in a frame: where the frame points, and where its form comes back to."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template_string, request

from crowd_server.floor import FloorError, hand_in
from crowd_server.models.hits import Assignment, Hit
from crowd_server.questions import PREVIEW, frame_url, read_question
from crowd_server.server import the_server

frames = Blueprint("frames", __name__)

SANDBOX = "allow-scripts allow-forms allow-popups allow-modals"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width">
<body data-outcome="{{ outcome }}"><main><h1>{{ title }}</h1><p>{{ text }}</p></main></body></html>"""


@dataclass(frozen=True)
class Frame:
    """An iframe: its address, its sandbox, its height in CSS pixels (0: the window's)."""

    url: str
    sandbox: str
    height: int


def site_url() -> str:
    """This server's address as browsers see it, without a slash at the end."""
    return (the_server().public_url or request.host_url).rstrip("/")


def frame_of(hit: Hit, assignment: Assignment | None = None) -> Frame:
    """The frame of a HIT: a preview, or a worker's assignment."""
    question = read_question(hit.question)
    assignment_id = assignment.assignment_id if assignment else PREVIEW
    worker_id = assignment.worker_id if assignment else None
    own = question.kind == "external"
    target = question.content if own else f"{site_url()}/frames/{hit.hit_id}"
    url = frame_url(target, site_url(), hit.hit_id, assignment_id, worker_id)
    return Frame(url, _sandbox(target), question.frame_height)


def _sandbox(target: str) -> str:
    # A page from another origin may keep its origin. One from ours never: it would share our cookies.
    ours = urlsplit(site_url())
    theirs = urlsplit(target)
    same = (theirs.hostname, theirs.port) == (ours.hostname, ours.port)
    return SANDBOX if same else SANDBOX + " allow-same-origin"


@frames.post("/mturk/externalSubmit")
def external_submit() -> Response:
    """What a task page posts. The frame has no cookies: knowing the assignment id is its right."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    fields = {name: values[0] for name, values in request.form.lists()}
    try:
        with server.database.writing() as session:
            hand_in(session, fields, now)
    except FloorError as error:
        return _page("Not submitted", str(error), "refused", 409)
    return _page("Submitted", "Thank you. Your work is with the requester.", "submitted", 200)


def _page(title: str, text: str, outcome: str, status: int) -> Response:
    body = render_template_string(PAGE, title=title, text=text, outcome=outcome)
    response = Response(body, status)
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'self'; sandbox"
    return response
