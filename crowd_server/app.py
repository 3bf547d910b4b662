"""The Flask application: API, worker site, operator site, health."""

import sys
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, ValidationError

from crowd_server import house
from crowd_server.api.endpoint import api
from crowd_server.clock import Clock, real_time
from crowd_server.faults import Faults
from crowd_server.frames import frames
from crowd_server.looks.page import prepare
from crowd_server.market.sweep import Sweeper
from crowd_server.operator_site.pages import PAGES as OPERATOR_PAGES
from crowd_server.server import Server
from crowd_server.store.engine import Database
from crowd_server.telemetry import watch
from crowd_server.worker_site.pages import PAGES as WORKER_PAGES

MAX_BODY = 4 * 1024 * 1024
# The fields of a form that is sent in parts; reading so many takes a third of a second.
MAX_PARTS = 10_000


class RowNumber(IntegerConverter):
    """The number of a row in a path. There is nothing at a greater one than the database can hold."""

    def to_python(self, value: str) -> int:
        """The number."""
        if len(value) > 10 or int(value) >= 2**31:
            raise ValidationError
        return int(value)


def create_app(
    database: Database,
    *,
    clock: Clock = real_time,
    faults: Faults | None = None,
    public_url: str | None = None,
    is_local: bool = False,
) -> Flask:
    """The application on an upgraded database; `is_local` says that only this machine can reach it."""
    app = Flask(__name__, static_folder=None)
    app.url_map.converters["int"] = RowNumber
    with database.writing() as session:
        secret = house.secret(session)
    app.secret_key = secret
    is_secure = bool(public_url and public_url.startswith("https:"))
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=MAX_PARTS,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        # Browsers let nobody but this very host set a cookie of the longer name.
        SESSION_COOKIE_NAME="__Host-crowd_session" if is_secure else "crowd_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_SECURE=is_secure,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["crowd_server"] = Server(
        database, clock, faults or Faults(), Sweeper(database), public_url, secret, is_local
    )
    csrf = CSRFProtect(app)
    csrf.exempt(api)
    csrf.exempt(frames)
    app.register_blueprint(api)
    app.register_blueprint(frames)
    prepare(app)
    for page in (*WORKER_PAGES, *OPERATOR_PAGES):
        app.register_blueprint(page)
    app.add_url_rule("/health", "health", lambda: _health(database))
    watch(app)
    if public_url:
        # One proxy stands in front and tells who asks, and how it was asked itself.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return app


def _health(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        house.setting(session, "name")
    return {"status": "ok", "python": sys.version.split()[0]}
