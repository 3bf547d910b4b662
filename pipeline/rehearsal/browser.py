"""A worker's browser: it reads the crowd's pages and ours, and fills in their forms, over real HTTP."""

from __future__ import annotations

import html
import json
import re
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from pipeline.errors import WorldError
from pipeline.hits.question import Question

CSRF = re.compile(r'name="csrf_token"[^>]* value="([^"]*)"')
GROUP = re.compile(r'data-group="([^"]+)" data-available="(\d+)"')
OPEN_GROUP = re.compile(r'action="[^"]*/groups/([^/"]+)/accept"')
QUEUED = re.compile(r'href="[^"]*/assignments/([^/"?]+)"')
FRAME = re.compile(r'<iframe[^>]* src="([^"]*)"')
QUESTION = re.compile(r'<script[^>]* id="question"[^>]*>(.*?)</script>', re.DOTALL)
FORM = re.compile(r'<form[^>]* action="([^"]*/mturk/externalSubmit)"')

CONFLICT = 409  # how the crowd server says that there is none, or that it comes too late
TIMEOUT = 60.0
PAUSES = (0.0, 0.2, 1.0, 3.0)
"""Seconds before each new try when a connection breaks: servers close idle ones, and are started again."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a worker signs in with."""

    worker_id: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Board:
    """What the worker site's first page offers: groups to accept from, and HITs accepted before.

    `groups` tells of each group how many of its HITs are left.
    """

    groups: dict[str, int]
    queue: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """An accepted HIT, open in its frame."""

    assignment: str
    action: str
    question: Question


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of a server."""

    url: str
    status: int
    location: str
    text: str

    def find(self, pattern: re.Pattern[str]) -> str | None:
        """Give what the pattern's group matches first, entities resolved."""
        match = pattern.search(self.text)
        return html.unescape(match[1]) if match else None


@dataclass
class Host:
    """One connection to a server, kept open, and its cookies."""

    origin: str
    connection: HTTPConnection = field(init=False)
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(urlsplit(self.origin).netloc, timeout=TIMEOUT)

    def fetch(self, method: str, path: str, form: dict[str, str] | None = None) -> Page:
        """Send a request and read the answer, over a new connection where the old one is gone.

        Raises
        ------
        WorldError
            If the server cannot be reached or fails.
        """
        for pause in PAUSES:
            time.sleep(pause)
            try:
                page = self._exchange(method, path, form)
                break
            except (OSError, HTTPException) as error:
                self.connection.close()
                broken = error
        else:
            raise WorldError(f"{self.origin} cannot be reached by simulated workers: {broken}.") from broken
        if page.status >= 500:
            raise WorldError(f"{page.url} fails with HTTP {page.status}; look into that server's log.")
        return page

    def _exchange(self, method: str, path: str, form: dict[str, str] | None) -> Page:
        crumbs = [f"{name}={cookie.coded_value}" for name, cookie in self.cookies.items()]
        headers = {"Cookie": "; ".join(crumbs)} if crumbs else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(form) if form is not None else None, headers)
        response = self.connection.getresponse()
        return self._page(path, response, response.read())

    def _page(self, path: str, response: HTTPResponse, body: bytes) -> Page:
        for header in response.headers.get_all("Set-Cookie", ()):
            self.cookies.load(header)
        location = response.headers.get("Location", "")
        return Page(self.origin + path, response.status, location, body.decode("utf-8", "replace"))


class Browser:
    """What one worker does at the crowd's site, whose origin is `site`."""

    def __init__(self, site: str, account: Account) -> None:
        self.account = account
        self._site = Host(site)
        self._others: dict[str, Host] = {}
        self._csrf = ""

    def sign_in(self) -> None:
        """Open a session.

        Raises
        ------
        WorldError
            If the account is refused.
        """
        self._visit("/signin")
        page = self._send("/signin", email=self.account.email, password=self.account.password)
        if page.status != 303:
            raise WorldError(f"The crowd server does not let worker {self.account.worker_id} sign in.")
        self._visit("/")  # where the redirect leads; the new session has a new CSRF token

    def board(self) -> Board:
        """Look at what there is to do."""
        text = self._visit("/").text
        mine = set(OPEN_GROUP.findall(text))
        groups = {group: int(left) for group, left in GROUP.findall(text) if group in mine}
        return Board(groups, tuple(dict.fromkeys(QUEUED.findall(text))))

    def accept(self, group: str) -> str | None:
        """Accept a HIT of a group; give the assignment, or None if there is none for this worker."""
        page = self._send(f"/groups/{group}/accept")
        if not _granted(page, 303):
            return None
        return urlsplit(page.location).path.rsplit("/", 1)[-1]

    def open(self, assignment: str) -> Task | None:
        """Open an accepted HIT; None if its page asks nothing."""
        frame = self._visit(f"/assignments/{assignment}").find(FRAME)
        if frame is None:
            return None
        page = self._at(frame).fetch("GET", _path(frame))
        question, action = QUESTION.search(page.text), page.find(FORM)
        if question is None or action is None:
            return None
        return Task(assignment, action, Question.from_json(json.loads(question[1])))

    def submit(self, task: Task, document: dict[str, Any]) -> bool:
        """Send the page's form to the crowd, as from inside its frame; False if it comes too late."""
        form = {"assignmentId": task.assignment, "answer": json.dumps(document)}
        return _granted(self._at(task.action).fetch("POST", _path(task.action), form), 200)

    def give_back(self, assignment: str) -> None:
        """Return an accepted HIT."""
        _granted(self._send(f"/assignments/{assignment}/return"), 303)

    def _visit(self, path: str) -> Page:
        page = self._site.fetch("GET", path)
        self._csrf = page.find(CSRF) or self._csrf
        return page

    def _send(self, path: str, **fields: str) -> Page:
        return self._site.fetch("POST", path, {"csrf_token": self._csrf, **fields})

    def _at(self, url: str) -> Host:
        # A frame has no cookies of the site around it, even where it posts to that site.
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        return self._others.setdefault(origin, Host(origin))


def _granted(page: Page, status: int) -> bool:
    if page.status not in (status, CONFLICT):
        raise WorldError(f"{page.url} answers HTTP {page.status} to a simulated worker's form.")
    return page.status == status


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
