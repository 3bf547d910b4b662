"""Who is at the worker site."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, redirect, request, session, url_for
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crowd_server.server import the_server
from crowd_server.store.models.accounts import Worker

WORKER = select(Worker).where(Worker.worker_id == bindparam("worker_id"))
LOCAL_PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f]{0,500}", re.ASCII)


def current_worker(db: Session) -> Worker | None:
    """The signed-in worker, if the account is still open and the session not revoked."""
    worker_id = session.get("worker")
    worker = db.scalars(WORKER, {"worker_id": worker_id}).first() if worker_id else None
    if worker is None or worker.deleted_at or worker.suspended_at:
        return None
    if worker.session_version != session.get("version"):
        return None
    g.worker = worker
    return worker


def signed_in(page: Callable[..., Any]) -> Callable[..., Any]:
    """Give the page its worker, or send the visitor to sign in and come back."""

    @wraps(page)
    def guarded(**parts: Any) -> Any:
        with the_server().database.reading() as db:
            worker = current_worker(db)
        if worker is None:
            back = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("worker_door.sign_in_form", next=back), 303)
        return page(worker=worker, **parts)

    return guarded


def open_session(worker: Worker) -> None:
    """Start a session; nothing of an earlier one stays."""
    session.clear()
    session.permanent = True
    session["worker"] = worker.worker_id
    session["version"] = worker.session_version


def local_path(text: str | None, otherwise: str) -> str:
    """A path on this site to go on to; anything that could lead elsewhere is not followed."""
    return text if text and LOCAL_PATH.fullmatch(text) else otherwise
