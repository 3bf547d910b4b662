"""The web application for workers' HIT pages. It sets no cookie and asks nothing of any other site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from pipeline.hits.desk import Desk
from sites import render, tasks

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action {crowd}; frame-ancestors {crowd}"
)


class Toolbox(Protocol):
    """What the pages are given of the pipeline."""

    @property
    def desk(self) -> Desk:
        """Leases questions to assignments."""


def create_app(toolbox: Toolbox, crowd_origin: str) -> Flask:
    """Build the WSGI application; only `crowd_origin` may frame its pages and receive answers.

    `crowd_origin` is the worker site's scheme, host and port; raises ValueError if it is anything else.
    """
    crowd = _origin(crowd_origin)
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.jinja_loader = render.LOADER
    app.register_blueprint(tasks.blueprint(toolbox.desk, crowd))
    app.register_error_handler(HTTPException, _notice)
    app.after_request(_guarded_by(POLICY.format(crowd=crowd)))
    return app


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or url.rstrip("/").count("/") != 2:
        raise ValueError(f"{url!r} is no origin: give scheme://host:port of the worker site")
    return f"{parts.scheme}://{parts.netloc}"


def _notice(error: HTTPException) -> tuple[str, int]:
    return render.notice_page("This page cannot be shown", error.description or error.name), error.code or 500


def _guarded_by(policy: str) -> Callable[[Response], Response]:
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        # The address names the worker; other sites may learn where a visitor comes from, not who it is.
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guard
