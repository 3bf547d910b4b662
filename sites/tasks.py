"""HIT pages: the task behind a ticket, its pictures, and the files the pages are made of."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request, send_from_directory

from pipeline.hits.desk import Desk, LeaseRefused, NothingToDo, UnknownPicture, WorkerExcluded
from pipeline.hits.kinds import KINDS
from pipeline.hits.submission import LONGEST_DOCUMENT, BadAnswer
from sites.render import HIT_TEMPLATES, VERSION, notice_page, task_page

PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)


def blueprint(desk: Desk, crowd: str) -> Blueprint:
    """Routes of the HIT pages; answers go to the origin `crowd` and nowhere else."""
    pages = Blueprint("tasks", __name__)

    @pages.get("/hits/<kind>/<wnid>")
    def task(kind: str, wnid: str) -> str:
        if kind not in KINDS or not IDENTIFIER.fullmatch(wnid):
            abort(404, "There is no such HIT.")
        if request.args.get("assignmentId", PREVIEW) == PREVIEW:
            return task_page(desk.preview(kind, wnid))
        assignment_id = _identifier("assignmentId")
        submit_to = submit_address(request.args.get("turkSubmitTo", ""), crowd)
        question = desk.open(kind, wnid, _identifier("hitId"), assignment_id, _identifier("workerId"))
        return task_page(question, assignment_id, submit_to)

    @pages.get("/pictures/<token>")
    def picture(token: str) -> Response:
        content, media_type = desk.picture(token)
        kept_for_a_reload = {"Cache-Control": "private, max-age=3600"}
        return Response(content, mimetype=media_type, headers=kept_for_a_reload)

    @pages.post("/marks")
    def marks() -> dict[str, Any]:
        if (request.content_length or 0) > LONGEST_DOCUMENT:
            abort(413)
        try:
            marked = desk.mark(request.get_data(as_text=True))
        except BadAnswer as error:
            abort(400, f"These answers cannot be read: {error.reason}.")
        return asdict(marked)

    @pages.get("/assets/<version>/<path:name>")
    def asset(version: str, name: str) -> Response:
        if not name.endswith((".css", ".js")):
            abort(404)
        response = send_from_directory(HIT_TEMPLATES, name)
        if version == VERSION:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    pages.register_error_handler(NothingToDo, _nothing_to_do)
    pages.register_error_handler(LeaseRefused, _lease_refused)
    pages.register_error_handler(WorkerExcluded, _worker_excluded)
    pages.register_error_handler(UnknownPicture, _unknown_picture)
    return pages


def submit_address(turk_submit_to: str, crowd: str) -> str:
    """Where the form of a page goes: externalSubmit under `turk_submit_to`, which must be on `crowd`.

    Anything else is refused (HTTP 400): whoever passes a link on must not learn workers' answers.
    """
    path = _path_on(crowd, turk_submit_to)
    if path is None:
        abort(400, "This link does not come from the site where you accept HITs. Open the HIT there again.")
    return f"{crowd}{path.rstrip('/')}/mturk/externalSubmit"


def _path_on(origin: str, url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return None
    there = f"{parts.scheme}://{parts.netloc}" == origin and not parts.query and not parts.fragment
    return parts.path if there else None


def _identifier(name: str) -> str:
    value = request.args.get(name, "")
    if not IDENTIFIER.fullmatch(value):
        abort(
            400,
            f"This link is damaged ({name}). Open the HIT again where you accepted it.",
        )
    return value


def _nothing_to_do(_error: NothingToDo) -> tuple[str, int]:
    text = (
        "Every item of this HIT is done, or you have judged it before. "
        "Please return the HIT: that costs you nothing. Thank you for coming."
    )
    return notice_page("Nothing left to do here", text), 409


def _lease_refused(_error: LeaseRefused) -> tuple[str, int]:
    text = (
        "This assignment is over, or it belongs to another worker. "
        "If you have accepted the HIT just now, open it again from your list of accepted HITs."
    )
    return notice_page("This assignment is not open", text), 403


def _worker_excluded(_error: WorkerExcluded) -> tuple[str, int]:
    text = (
        "This requester takes no more answers from your account for this project. Please return the HIT: "
        "that costs you nothing, and what you have handed in is paid as before. If you think that this is a "
        "mistake, write to the requester."
    )
    return notice_page("This project goes on without you", text), 403


def _unknown_picture(_error: UnknownPicture) -> tuple[str, int]:
    return notice_page("No such picture", "The address of this picture is wrong or out of date."), 404
