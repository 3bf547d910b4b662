"""Serve the HIT pages with gunicorn: `python -m sites --config FILE`."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from pipeline import settings as knobs
from pipeline.bootstrap import make_toolbox
from pipeline.errors import SettingsError, SynsetterError, WorldError
from pipeline.toolbox import Toolbox
from sites.app import create_app

THREADS = 8


class Threads(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker of threads, except for an end at once."""

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once."""
        # Its own takes the pool's lock first, and waits for ever when the signal comes while a request is
        # handed to the pool by the same thread.
        Worker.handle_quit(self, sig, frame)


class Pages(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured in code. Its processes share what was read, and open connections of their own."""

    def __init__(self, tools: Toolbox, processes: int) -> None:
        self._tools, self._processes = tools, processes
        super().__init__()

    def load_config(self) -> None:
        """Say where to listen, and when we are ready."""
        sites = self._tools.settings.sites
        options: dict[str, Any] = {
            "bind": f"{sites.host}:{sites.port}",
            "workers": self._processes,
            "threads": THREADS,
            "worker_class": Threads,
            "keepalive": 30,
            "loglevel": "warning",
            "when_ready": lambda _: print(f"The HIT pages are ready at {sites.url}", flush=True),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application, in a worker process."""
        return create_app(self._tools, self._tools.settings.crowd.site)


def _require_free(host: str, port: int) -> None:
    """Try the address before gunicorn does, which would try five times and then tell in many lines."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        reason = str(error.strerror or error).partition(" (while")[0]
        raise WorldError(
            f"Cannot listen at {host}:{port}: {reason}. Stop what listens there, or set "
            "sites.host and sites.port (and sites.url) to an address of this machine."
        ) from error


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m sites", description=__doc__)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    try:
        settings = knobs.load(arguments.config, arguments.assignments)
        if not settings.crowd.site:
            raise SettingsError("crowd.site is empty: give the URL of the worker site that shows our pages.")
        tools = make_toolbox(settings)
        tools.store.close()  # a connection must not be taken along into several processes
        _require_free(settings.sites.host, settings.sites.port)
    except SynsetterError as error:
        print(f"synsetter serve: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    Pages(tools, arguments.processes).run()


if __name__ == "__main__":
    main()
