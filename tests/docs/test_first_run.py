"""The commands that the README gives to curators, run as they stand against a crowd server of their own."""

import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import forked

ROOT = Path(__file__).parents[2]
BLOCKS = re.compile(
    r"^```toml\n(?P<settings>.*?\[crowd\].*?)^```\s+^```console\n(?P<commands>.*?)^```", re.M | re.S
)
PATIENCE_SECONDS = 20.0
PROGRAMS = {"synsetter": "pipeline", "synsetter-crowd": "crowd_server"}


class Curator:
    """Somebody in a folder of their own who types what the page says, at ports that are free."""

    def __init__(self, folder: Path, page: str) -> None:
        found = BLOCKS.search(page)
        assert found
        self.folder, self.settings = folder, found["settings"]
        lines = (line.partition("#")[0].strip() for line in found["commands"].splitlines())
        self.commands = [shlex.split(line) for line in lines if line]
        self.crowd_port, self.pages_port = free_ports(2)
        self.environment = {name: value for name, value in os.environ.items() if name != "SYNSETTER_CONFIG"}
        self.running: list[subprocess.Popen[str]] = []

    def type(self, *begins: str, more: tuple[str, ...] = ()) -> str:
        """Run the one command that begins so, to its end."""
        program, *options = self._words(begins, more)
        done = forked.run(program, *options, folder=self.folder, environment=self.environment)
        assert done.exit_code == 0, done.err
        return done.out

    def start(self, *begins: str, more: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Run it in a terminal of its own."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        command = [sys.executable, "-m", *self._words(begins, more)]
        self.running.append(
            subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True, **pipes)
        )
        return self.running[-1]

    def _words(self, begins: tuple[str, ...], more: tuple[str, ...]) -> list[str]:
        words = next(words for words in self.commands if tuple(words[: len(begins)]) == begins)
        return [PROGRAMS[words[0]], *words[1:], *more]

    def save_settings(self, access_key: str, secret_key: str) -> None:
        text = self.settings.replace(":8765", f":{self.crowd_port}")
        for name, value in (("access_key", access_key), ("secret_key", secret_key)):
            text = text.replace(f'{name} = "..."', f'{name} = "{value}"')
        pages = f'[sites]\nport = {self.pages_port}\nurl = "http://127.0.0.1:{self.pages_port}"\n'
        (self.folder / "synsetter.toml").write_text(f"{text}\n{pages}")

    def exports(self) -> None:
        (exported,) = [words[1] for words in self.commands if words[0] == "export"]
        name, _, value = exported.partition("=")
        self.environment[name] = value


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture
def curator(tmp_path: Path) -> Iterator[Curator]:
    somebody = Curator(tmp_path, (ROOT / "README.md").read_text("utf-8"))
    yield somebody
    for process in somebody.running:
        process.send_signal(signal.SIGINT)
    for process in somebody.running:
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # on a busy machine gunicorn may take its time
            process.wait()
        assert process.stdout
        process.stdout.close()


def test_the_curators_commands_bring_work_to_the_market(curator: Curator, tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    for n in range(3):
        coarse = Image.fromarray(dice.integers(0, 256, (8, 8, 3), np.uint8))
        coarse.resize((96, 96)).save(tmp_path / f"{n}.jpg")
    (tmp_path / "candidates.csv").write_text("wnid,url\n" + "".join(f"n02123045,{n}.jpg\n" for n in range(3)))
    first_line(curator.start("synsetter-crowd", "serve", more=("--port", str(curator.crowd_port))))
    keys = json.loads(curator.type("synsetter-crowd", "requesters", "add", more=("--json",)))
    curator.save_settings(keys["access_key"], keys["secret_key"])
    curator.exports()
    curator.type("synsetter", "database", "upgrade")
    assert "whiskers" not in curator.type("synsetter", "synsets", "show")
    assert "2 added" in curator.type("synsetter", "synsets", "add")
    first_line(curator.start("synsetter", "serve"))
    run = curator.start("synsetter", "run")
    assert open_hits(curator) >= 1
    with urllib.request.urlopen(f"http://127.0.0.1:{curator.crowd_port}/") as site:
        assert site.status == 200
    assert run.poll() is None


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert "ready" in line.lower() or "http" in line, line
    return line


def open_hits(curator: Curator) -> int:
    """Wait for work on the market, as the state database knows it."""
    with closing(sqlite3.connect(curator.folder / "synsetter.sqlite")) as database:
        while curator.running[-1].poll() is None:
            (hits,) = database.execute("SELECT count(*) FROM hits WHERE state = 'open'").fetchone()
            if hits:
                return int(hits)
            time.sleep(0.1)
    raise AssertionError(curator.running[-1].communicate()[0])
