"""The production web server: gunicorn with threads, started from here."""

import os
import shutil
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker
from prometheus_client.multiprocess import mark_process_dead

from crowd_server.app import create_app
from crowd_server.clock import Clock
from crowd_server.faults import Faults
from crowd_server.housekeeping import keep_house
from crowd_server.questions.documents import is_loopback
from crowd_server.store import schema
from crowd_server.store.engine import Database
from crowd_server.telemetry import log_to_stderr

THREADS = 8


class WebServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn with its settings in code."""

    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self.make_app = make_app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the settings."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in each process after the fork, with connections of its own."""
        return self.make_app()


class Threads(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker of threads, except for an end at once."""

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once."""
        # Its own takes the pool's lock first, and waits for ever when the signal comes while a request is
        # handed to the pool by the same thread.
        Worker.handle_quit(self, sig, frame)


def _gone(_arbiter: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def serve(
    database_url: str,
    clock: Clock,
    *,
    host: str,
    port: int,
    faults: Faults,
    workers: int,
    public_url: str | None,
) -> None:
    """Upgrade the database, then serve until told to stop."""
    database = Database(database_url)
    schema.upgrade(database)
    database.close()

    def make_app() -> Flask:
        is_local = public_url is None and is_loopback(host)
        app = create_app(
            Database(database_url), clock=clock, faults=faults, public_url=public_url, is_local=is_local
        )
        keep_house(app.extensions["crowd_server"])
        return app

    def ready(_arbiter: Any) -> None:
        print(f"The crowd server is ready at {public_url or f'http://{host}:{port}'}", flush=True)

    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": Threads,
        "threads": THREADS,
        "keepalive": 30,
        "when_ready": ready,
        "child_exit": _gone,
        "on_exit": lambda _arbiter: shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True),
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    log_to_stderr()
    WebServer(make_app, options).run()
