"""Simulated workers at a real crowd server, doing HITs whose pages a small stand-in serves."""

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from pipeline.errors import WorldError
from pipeline.hits.kinds import KINDS
from pipeline.hits.question import Item, Question, Synset
from pipeline.rehearsal.browser import Browser
from pipeline.rehearsal.crowd import Crowd, Work
from pipeline.rehearsal.people import people, perfect
from pipeline.rehearsal.servers import Servers
from pipeline.rehearsal.truth import PictureFacts, Truth
from pipeline.settings import Rehearsal, load
from tests.pipeline.rehearsal.forked_servers import ForkedServers

WNID = "n02123045"
EXTERNAL = (
    '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>{}</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>'
)
PAGE = (
    '<!doctype html><script type="application/json" id="question">{question}</script>'
    '<form id="submission" method="post" action="{to}/mturk/externalSubmit"></form>'
)


class Pages:
    """Hands each worker the pictures of a label task that they have not seen, four at a time."""

    def __init__(self, pictures: int) -> None:
        self.pictures = [f"{number}.jpg" for number in range(pictures)]
        self.seen: dict[str, set[str]] = defaultdict(set)
        self.asked: dict[str, Question] = {}
        self.status = 200
        pages = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = pages.page(parse_qs(urlsplit(self.path).query)).encode()
                assert "Cookie" not in self.headers
                self.send_response(pages.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def page(self, fields: dict[str, list[str]]) -> str:
        assignment, worker = fields["assignmentId"][0], fields["workerId"][0]
        if assignment not in self.asked:
            items = [name for name in self.pictures if name not in self.seen[worker]][:4]
            if not items:
                return "<p>Nothing left to do here.</p>"
            self.seen[worker].update(items)
            self.asked[assignment] = Question(
                "label_images",
                f"lease of {assignment}",
                Synset(WNID, ("tabby",), "a </script> cat"),
                tuple(Item(f"{assignment}-{name}", f"/pictures/{name}", 64, 64) for name in items),
                1800,
            )
        question = json.dumps(self.asked[assignment].to_json()).replace("<", "\\u003c")
        return PAGE.format(question=question, to=fields["turkSubmitTo"][0])


class Names:
    def facts(self, pictures: Sequence[str]) -> list[PictureFacts]:
        return [PictureFacts(picture.removeprefix("/pictures/"), WNID, 0) for picture in pictures]

    def same(self, first: str, second: str) -> bool:
        return first == second


TRUTH = Truth({(f"{number}.jpg", WNID): () for number in range(0, 100, 2)}, {})


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ForkedServers(tmp_path_factory.mktemp("rehearsal"), workers=4, balance_cents=100_000) as running:
        yield running


@pytest.fixture
def pages() -> Iterator[Pages]:
    stand_in = Pages(pictures=8)
    thread = threading.Thread(target=stand_in.server.serve_forever)
    thread.start()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()
    thread.join()


@pytest.fixture
def requester(servers: Servers) -> Iterator[Any]:
    arrangement = servers.arrangement
    client = boto3.client(
        "mturk",
        endpoint_url=servers.crowd_url,
        region_name="us-east-1",
        aws_access_key_id=arrangement.access_key,
        aws_secret_access_key=arrangement.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    for hit in client.list_hits(MaxResults=100)["HITs"]:
        client.update_expiration_for_hit(HITId=hit["HITId"], ExpireAt=0)


Post = Callable[..., list[str]]


@pytest.fixture
def post(requester: Any, pages: Pages) -> Post:
    def some(count: int, title: str = "Which show a tabby?") -> list[str]:
        return [
            requester.create_hit(
                Title=title,
                Description="Look at four photos.",
                Reward="0.05",
                MaxAssignments=1,
                AssignmentDurationInSeconds=600,
                LifetimeInSeconds=86400,
                Question=EXTERNAL.format(f"{pages.url}/hits/label_images/{WNID}"),
            )["HIT"]["HITId"]
            for _ in range(count)
        ]

    return some


def crew(servers: Servers, **more: Any) -> Crowd:
    settings: Rehearsal = replace(perfect(load().rehearsal), workers=4, **more)
    browsers = [Browser(servers.crowd_url, account) for account in servers.arrangement.accounts]
    return Crowd(people(settings, 7), browsers, TRUTH, Names())


def answers(requester: Any, hits: Sequence[str]) -> dict[str, str]:
    found = {}
    for hit in hits:
        for assignment in requester.list_assignments_for_hit(HITId=hit)["Assignments"]:
            text = re.search(r"<FreeText>(.*?)</FreeText>", assignment["Answer"], re.DOTALL)
            assert text is not None
            found[assignment["AssignmentId"]] = text[1].replace("&quot;", '"').replace("&lt;", "<")
    return found


def test_everybody_works_until_nothing_is_left(
    servers: Servers, pages: Pages, post: Post, requester: Any
) -> None:
    hits = post(6)
    crowd = crew(servers)
    assert crowd.work() == Work(submitted=6)
    assert crowd.work() == Work()
    documents = answers(requester, hits)
    assert set(documents) == set(pages.asked)
    for assignment, raw in documents.items():
        question = pages.asked[assignment]
        given = KINDS["label_images"].read(question.asked(), raw).answers
        assert [one.value == "yes" for one in given] == [
            TRUTH.shows(item.picture.removeprefix("/pictures/"), WNID) for item in question.items
        ]


def test_work_is_shared_out(servers: Servers, pages: Pages, post: Post) -> None:
    post(8)
    crew(servers).work()
    assert Counter(map(len, pages.seen.values())) == {8: 4}


def test_hits_without_a_question_are_returned_and_left_alone(
    servers: Servers, pages: Pages, post: Post
) -> None:
    post(10)
    crowd = crew(servers)
    assert crowd.work() == Work(submitted=8, returned=4)
    assert crowd.work() == Work(returned=4)
    pages.pictures += ["8.jpg", "9.jpg"]
    assert crowd.work().submitted == 2


def test_work_stops_when_told(servers: Servers, post: Post) -> None:
    post(3)
    crowd, asked = crew(servers), iter([False, False, True])
    assert crowd.work(until=lambda: next(asked)) == Work(submitted=2)
    assert crowd.work() == Work(submitted=1)


def test_abandoned_hits_come_back_when_time_has_passed(servers: Servers, pages: Pages, post: Post) -> None:
    post(2)
    crowd = crew(servers, abandon=1.0)
    first = crowd.work()
    assert first.abandoned == 2
    assert first.submitted == 0
    servers.skip(601)
    assert crowd.work().submitted == 2


def test_a_killed_rehearsal_finishes_what_its_workers_had_accepted(
    servers: Servers, pages: Pages, post: Post, requester: Any
) -> None:
    hits = post(1)
    before = Browser(servers.crowd_url, servers.arrangement.accounts[0])
    before.sign_in()
    accepted = [before.accept(group) for group in before.board().groups]
    assert before.board().queue == tuple(accepted)
    assert crew(servers).work() == Work(submitted=1)
    assert list(answers(requester, hits)) == accepted


def test_a_late_answer_is_no_work_done(servers: Servers, post: Post) -> None:
    post(1)
    browser = Browser(servers.crowd_url, servers.arrangement.accounts[0])
    browser.sign_in()
    assignment = browser.accept(next(iter(browser.board().groups)))
    task = browser.open(str(assignment))
    assert task is not None
    servers.skip(1000)
    assert not browser.submit(task, {"answer": "late"})
    assert browser.open(task.assignment) is None


def test_a_broken_page_is_not_taken_for_a_page_without_work(
    servers: Servers, pages: Pages, post: Post
) -> None:
    post(1)
    pages.status = 500
    with pytest.raises(WorldError, match="HTTP 500"):
        crew(servers).work()


def test_a_wrong_password_is_said(servers: Servers) -> None:
    account = replace(servers.arrangement.accounts[0], password="guess")
    with pytest.raises(WorldError, match="sign in"):
        Browser(servers.crowd_url, account).sign_in()


def test_a_server_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    monkeypatch.setattr("pipeline.rehearsal.browser.PAUSES", (0.0, 0.0))
    with pytest.raises(WorldError, match="cannot be reached"):
        Browser("http://127.0.0.1:9", servers.arrangement.accounts[0]).sign_in()


def test_the_folder_remembers(servers: Servers) -> None:
    record = json.loads((servers.folder / "rehearsal.json").read_text())
    assert record["crowd_port"] == servers.arrangement.crowd_port
    assert len(record["accounts"]) == 4
    assert Path(servers.folder / "crowd.sqlite3").exists()
