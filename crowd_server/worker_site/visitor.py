"""Who is at the worker site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, session, url_for
from sqlalchemy.orm import Session

from crowd_server.models.accounts import Worker
from crowd_server.server import the_server


def current_worker(db: Session) -> Worker | None:
    """The signed-in worker, if the account is still open and the session not revoked."""
    worker_id = session.get("worker")
    worker = db.get(Worker, worker_id) if worker_id else None
    if worker is None or worker.deleted_at or worker.suspended_at:
        return None
    return worker if worker.session_version == session.get("version") else None


def signed_in(page: Callable[..., Any]) -> Callable[..., Any]:
    """Give the page its worker, or send the visitor to sign in."""

    @wraps(page)
    def guarded(**parts: str) -> Any:
        with the_server().database.reading() as db:
            worker = current_worker(db)
        if worker is None:
            return redirect(url_for("worker_site.sign_in_form"), 303)
        return page(worker=worker, **parts)

    return guarded
