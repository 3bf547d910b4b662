"""Task pages in a frame: where the frame points, what it shows, and where its form comes back to.

An ExternalQuestion's page keeps the origin it comes from. Pages that this server itself hands out for a
requester (HTMLQuestion, QuestionForm) are sandboxed into an origin of their own, which has no cookies,
no storage and no way to the site around it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select
from werkzeug.exceptions import HTTPException, NotFound

from crowd_server.errors import CrowdError
from crowd_server.market.floor import FloorError, hand_in
from crowd_server.questions.documents import PREVIEW, frame_url, read_question
from crowd_server.questions.forms import read_form
from crowd_server.server import the_server
from crowd_server.store.models.hits import Assignment, Hit

frames = Blueprint("frames", __name__, template_folder="templates")

SANDBOX = "allow-scripts allow-forms allow-popups allow-modals"
FRAMED = "frame-ancestors 'self'"
QUIET = f"default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; {FRAMED}"
# Where pages written for Amazon post to, and the script that they all loaded from there.
AMAZON = (
    "https://www.mturk.com/mturk/externalSubmit",
    "https://workersandbox.mturk.com/mturk/externalSubmit",
)
AMAZON_SCRIPT = "https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"


@dataclass(frozen=True)
class Frame:
    """An iframe: its address, its sandbox, its height in CSS pixels (0: the window's).

    `is_ours`: the page comes from this server, for a requester; its drafts are kept by the page around it.
    """

    url: str
    sandbox: str
    height: int
    is_ours: bool


def site_url() -> str:
    """This server's address as browsers see it, without a slash at the end."""
    return (the_server().public_url or request.host_url).rstrip("/")


def frame_of(hit: Hit, assignment: Assignment | None = None) -> Frame:
    """The frame of a HIT: a preview, or a worker's assignment."""
    question = read_question(hit.question)
    assignment_id = assignment.assignment_id if assignment else PREVIEW
    worker_id = assignment.worker_id if assignment else None
    external = question.kind == "external"
    target = question.content if external else f"{site_url()}/frames/{hit.hit_id}"
    url = frame_url(target, site_url(), hit.hit_id, assignment_id, worker_id)
    return Frame(url, _sandbox(target), question.frame_height, not external)


def _sandbox(target: str) -> str:
    # A page from another host may keep its origin. One from ours never: cookies know no ports, so it would
    # share them. On a machine that nobody else reaches, another port is another program of the same person.
    ours, theirs = _place(site_url()), _place(target)
    same = theirs == ours if the_server().is_local else theirs[0] == ours[0]
    return SANDBOX if same else SANDBOX + " allow-same-origin"


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)


@frames.errorhandler(CrowdError)
@frames.errorhandler(HTTPException)
def broken(error: CrowdError | HTTPException) -> Response:
    """A page for the frame when the task cannot be shown, whatever the reason."""
    status = error.code or 500 if isinstance(error, HTTPException) else 500
    if status == 413:
        return _outcome("Not submitted", "The answer is too long. Go back and shorten it.", "refused", status)
    if status == 404:
        return _outcome("This task is not here", "Return the HIT, or report it.", "broken", status)
    text = "It is not your fault. Return the HIT (it costs you nothing), or report it as broken."
    return _outcome("This task is broken", text, "broken", status)


@frames.get("/frames/<hit_id>")
def task_page(hit_id: str) -> Response:
    """The page of an HTMLQuestion or a QuestionForm, for whoever was given the HIT's unguessable id."""
    with the_server().database.reading() as session:
        text = session.scalar(select(Hit.question).where(Hit.hit_id == hit_id, Hit.status != "Disposed"))
    if text is None or read_question(text).kind == "external":
        raise NotFound
    question = read_question(text)
    if question.kind == "html":
        page = _moved_here(question.content) + f'<script src="{_draft_script()}"></script>'
        return _framed(page, f"sandbox {SANDBOX}; {FRAMED}")
    page = render_template(
        "frames/question_form.html",
        form=read_form(question.element),
        assignment_id=request.args.get("assignmentId", PREVIEW),
        preview=request.args.get("assignmentId", PREVIEW) == PREVIEW,
        draft_script=_draft_script(),
    )
    return _framed(
        page, f"sandbox allow-scripts allow-forms allow-popups; script-src {_draft_script()}; {QUIET}"
    )


def _draft_script() -> str:
    return site_url() + "/frames/draft.js"


def _moved_here(html: str) -> str:
    for address in AMAZON:
        html = html.replace(address, site_url() + "/mturk/externalSubmit")
    return html.replace(AMAZON_SCRIPT, site_url() + "/frames/external_hit.js")


def _framed(body: str, policy: str, status: int = 200) -> Response:
    response = Response(body, status)
    response.headers["Content-Security-Policy"] = policy
    return response


@frames.get("/frames/external_hit.js")
def external_hit_script() -> Response:
    """The one function that pages written for Amazon expect: put the assignment id into their form."""
    return _script("frames/external_hit.js")


@frames.get("/frames/draft.js")
def draft_script() -> Response:
    """What hands a draft to the page around the task, and takes it back."""
    return _script("frames/draft.js")


def _script(name: str) -> Response:
    response = Response(render_template(name), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=3600"
    return response


@frames.post("/mturk/externalSubmit")
def external_submit() -> Response:
    """What a task page posts. The frame has no cookies: knowing the assignment id is its right."""
    server = the_server()
    now = server.clock()
    server.sweeper.sweep(now)
    try:
        with server.database.writing() as session:
            hand_in(session, request.form, now)
    except FloorError as error:
        return _outcome("Not submitted", str(error), "refused", 409)
    return _outcome("Submitted", "Thank you. Your work is with the requester.", "submitted", 200)


def _outcome(title: str, text: str, outcome: str, status: int) -> Response:
    page = render_template("frames/outcome.html", title=title, text=text, outcome=outcome)
    return _framed(page, QUIET, status)
