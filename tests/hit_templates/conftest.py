"""A real browser, the real HIT pages, and a stand-in for the crowd's site on an origin of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from pipeline.hits.kind import template_file
from pipeline.hits.kinds import KINDS
from pipeline.hits.question import Question
from pipeline.hits.submission import Submission
from sites.app import create_app
from sites.sample_desk import SampleDesk

SIZES = {
    "wide": {"width": 1280, "height": 800},
    "zoomed": {"width": 320, "height": 256},  # a screen of 1280 x 1024 at 400 %
    "narrow": {"width": 320, "height": 640},  # a telephone
}
SANDBOX = "allow-scripts allow-forms allow-popups allow-modals allow-same-origin"


class Crowd(BaseHTTPRequestHandler):
    """Frames the page at the address in its query, and takes what is submitted."""

    received: list[tuple[str, list[tuple[str, str]]]] = []

    def do_GET(self) -> None:
        framed = urlsplit(self.path).query.replace("&", "&amp;")
        self._reply(f'<iframe sandbox="{SANDBOX}" src="{framed}" width="1200" height="700"></iframe>')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.received.append((self.path, parse_qsl(body, keep_blank_values=True, strict_parsing=True)))
        self._reply("<p id='thanks'>Thank you</p>")

    def _reply(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


@contextmanager
def serving(server: BaseServer) -> Iterator[str]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Visit:
    """One worker's way through HIT pages; fails the test on any script error or request to elsewhere."""

    def __init__(self, chromium: Browser, site: str, crowd: str) -> None:
        self._browser, self.site, self.crowd = chromium, site, crowd
        self.complaints: list[str] = []
        self._contexts: list[Any] = []

    def open(
        self, kind: str, size: str = "wide", framed: bool = False, preview: bool = False, **how: Any
    ) -> Page:
        """Open a task with its instructions read; `how` goes to the browser's context."""
        narrow = size == "narrow"
        context = self._browser.new_context(viewport=SIZES[size], has_touch=narrow, is_mobile=narrow, **how)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        page.on("request", lambda request: self._check(request.url))
        page.goto(f"{self.crowd}/?{self.address(kind, preview)}" if framed else self.address(kind, preview))
        return page

    def address(self, kind: str, preview: bool) -> str:
        ids = {"assignmentId": "A1", "hitId": "H1", "workerId": "W1", "turkSubmitTo": self.crowd}
        return f"{self.site}/hits/{kind}/n02121620" + ("" if preview else "?" + urlencode(ids))

    def start(self, page: Page | Frame, quiz: int | None = None) -> None:
        """Close the instructions and answer the quiz, if there is one."""
        page.locator("#instructions [data-close]").click()
        if quiz is not None:
            page.locator("#quiz .choice").nth(quiz).click()
            page.locator("#answer-quiz").click()
            if page.locator("#quiz-told").inner_text():
                page.locator("#answer-quiz").click()

    def submit(self, page: Page | Frame, kind: str) -> Submission[Any]:
        """Submit, and read what the crowd received as strictly as the pipeline does."""
        Crowd.received.clear()
        page.locator("#submit").click()
        page.locator("#thanks").wait_for()
        ((path, fields),) = Crowd.received
        assert path == "/mturk/externalSubmit"
        assert [name for name, _ in fields] == ["assignmentId", "answer"]
        assert fields[0][1] == "A1"
        return KINDS[kind].read(example(kind).asked(), fields[1][1])

    def _check(self, url: str) -> None:
        if not url.startswith((self.site, self.crowd, "data:")):
            self.complaints.append(f"request to {url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        assert self.complaints == []


def example(kind: str) -> Question:
    return Question.from_json(json.loads(template_file(kind, "question.example.json")))


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    photos = Path(pytest.importorskip("skimage").__file__).parent / "data"
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Crowd)) as crowd:
        app = create_app(SimpleNamespace(desk=SampleDesk(photos)), crowd)
        with serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as site:
            yield site, crowd


@pytest.fixture
def visit(chromium: Browser, servers: tuple[str, str]) -> Iterator[Visit]:
    visit = Visit(chromium, *servers)
    yield visit
    visit.close()
