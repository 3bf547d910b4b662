"""Programs in processes of their own, each forked from one that has imported what they take.

A Python that begins anew imports for a second of processor time, and the suite starts a hundred programs.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache

# Each server would compile its templates anew, for half a second.
Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache()}
CONTEXT = get_context("forkserver")
# Not the whole crowd server: each has its metrics' folder named before their library is imported.
CONTEXT.set_forkserver_preload(
    [
        __name__,
        "alembic.command",
        "boto3",
        "crowd_server.__main__",
        "crowd_server.api.endpoint",
        "crowd_server.housekeeping",
        "crowd_server.operator_site.pages",
        "crowd_server.worker_site.pages",
        "gunicorn.app.base",
        "gunicorn.workers.gthread",
        "pipeline.__main__",
        "pipeline.rehearsal.rehearse",
        "pipeline.stages.release",
        "psycopg",
        "pytest",
        "scipy.fftpack",
        "sites.__main__",
        "werkzeug.middleware.proxy_fix",
    ]
)


def start(act: Callable[..., object], *arguments: Any, out: str | Path, err: str | Path) -> ForkServerProcess:
    """Let a process act; what it says goes to the ends of two files."""
    process = CONTEXT.Process(target=_act, args=(act, arguments, str(out), str(err)), daemon=True)
    process.start()
    return process


def heard(process: ForkServerProcess, out: Path, lines: int = 1) -> str:
    """Wait until a process has said so many lines, or has ended; give all that it said."""
    said = ""
    while process.is_alive() and said.count("\n") < lines:
        time.sleep(0.02)
        said = out.read_text() if out.exists() else ""
    return said


def _act(act: Callable[..., object], arguments: tuple[Any, ...], out: str, err: str) -> None:
    for name, stream in ((out, sys.stdout), (err, sys.stderr)):
        with Path(name).open("a") as file:
            os.dup2(file.fileno(), stream.fileno())
    act(*arguments)


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    exit_code: int | None
    out: str
    err: str


def run(
    program: str,
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    patience: float = 60,
) -> Done:
    """Run a command as `python -m program` would, to its end, with `folder` as its own."""
    out, err = folder / "command.out", folder / "command.err"
    for file in (out, err):
        file.unlink(missing_ok=True)
    process = start(command, program, arguments, folder, environment, out=out, err=err)
    process.join(patience)
    assert process.exitcode is not None, f"{program} {arguments} does not end"
    return Done(process.exitcode, out.read_text(), err.read_text())


def command(
    program: str, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Be a command."""
    os.environ.update(environment or {})
    os.chdir(folder)
    sys.argv = [program, *arguments]
    import_module(f"{program}.__main__").main()
