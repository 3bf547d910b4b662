"""A worker who acts like a browser without JavaScript."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import requests


@dataclass
class Browser:
    """A worker with a cookie jar who reads forms and posts them."""

    site: str
    worker_id: str
    email: str
    password: str
    web: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        return self.web.get(self.site + path, timeout=20)

    def post(self, path: str, page: requests.Response | None = None, **fields: str) -> requests.Response:
        page = page or self.get("/")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        form = {"csrf_token": token[1] if token else "", **fields}
        return self.web.post(self.site + path, data=form, timeout=20)

    def sign_in(self) -> "Browser":
        page = self.post("/signin", self.get("/signin"), email=self.email, password=self.password)
        assert self.worker_id in page.text
        return self

    def groups(self) -> list[str]:
        return re.findall(r"/groups/([A-Z0-9]+)/preview", self.get("/").text)

    def accept(self, group: str) -> "Task":
        page = self.post(f"/groups/{group}/accept")
        assert page.status_code == 200, page.text
        return Task.read(self, page)

    def work(self, group: str, **answers: str) -> "Task":
        task = self.accept(group)
        reply = task.submit(**(answers or {"answer": "yes"}))
        assert reply.status_code == 200, reply.text
        return task


@dataclass
class Task:
    """An accepted assignment as its page shows it."""

    worker: Browser
    assignment_id: str
    frame: str
    fields: dict[str, str]

    @classmethod
    def read(cls, worker: Browser, page: requests.Response) -> "Task":
        source = re.search(r'<iframe[^>]* src="([^"]+)"', page.text)
        assert source, page.text
        frame = source[1].replace("&amp;", "&")
        fields = {name: values[0] for name, values in parse_qs(urlsplit(frame).query).items()}
        return cls(worker, fields["assignmentId"], frame, fields)

    def submit(self, **answers: str) -> requests.Response:
        """Post from inside the frame: without the worker's cookies."""
        target = self.fields["turkSubmitTo"] + "/mturk/externalSubmit"
        return requests.post(target, data={"assignmentId": self.assignment_id, **answers}, timeout=20)

    def give_back(self) -> requests.Response:
        return self.worker.post(f"/assignments/{self.assignment_id}/return")
