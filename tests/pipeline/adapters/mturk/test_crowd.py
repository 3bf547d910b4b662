"""boto3 against the real crowd server: what is repeated has one effect, whatever gets lost on the way."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.mturk.crowd import MTurkCrowd
from pipeline.adapters.mturk.documents import answer_of, external_question
from pipeline.crowd import CrowdRefused, CrowdUnreachable, Requirement, Skill, Ticket
from pipeline.errors import SettingsError
from tests.crowd_server.live_server import LiveServer

TICKET = Ticket("Is it a cat?", "Look.", "cat", 5, 600, 3600, 28800, "http://127.0.0.1:9/hits/x/y?a=1&b=2", 0)


class Market:
    """A crowd server with these faults, and a requester with money."""

    def __init__(self, folder: Path, faults: str) -> None:
        database = f"sqlite:///{folder}/crowd.sqlite3"
        self.server = LiveServer(database, folder, ("--faults", faults)).start()
        self.key = self.server.add_requester(1000)
        self.crowd = self.crowd_again()

    def crowd_again(self) -> MTurkCrowd:
        """Another client of the same requester's, who knows nothing yet."""
        return MTurkCrowd(self.server.url, "us-east-1", self.key.access_key, self.key.secret_key)

    def client(self) -> Any:
        retries = {"mode": "standard", "total_max_attempts": 10}  # it must see through faults
        return self.server.client(self.key.access_key, self.key.secret_key, retries=retries)

    def hits(self) -> list[Any]:
        return list(self.client().list_hits(MaxResults=100)["HITs"])

    def worker(self) -> str:
        return self.server.add_workers(1)[0].worker_id

    def holders(self, skill: Skill) -> dict[str, int]:
        """Who holds a qualification of this name; there may be one type of it at most."""
        client = self.client()
        types = client.list_qualification_types(MustBeRequestable=False, MustBeOwnedByCaller=True)
        (type_id,) = [
            one["QualificationTypeId"] for one in types["QualificationTypes"] if one["Name"] == skill.name
        ]
        rows = client.list_workers_with_qualification_type(QualificationTypeId=type_id, Status="Granted")
        return {row["WorkerId"]: row["IntegerValue"] for row in rows["Qualifications"]}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Market]]:
    started: dict[str, Market] = {}

    def start(faults: str = "") -> Market:
        if faults not in started:
            started[faults] = Market(tmp_path_factory.mktemp("market"), faults)
        return started[faults]

    yield start
    for market in started.values():
        market.server.stop()


def token(name: str) -> str:
    return name.ljust(64, "0")


def test_the_same_token_gives_the_same_hit(start: Callable[..., Market]) -> None:
    market = start()
    first = market.crowd.post(TICKET, "run:1", token("a"))
    assert market.crowd.post(TICKET, "run:1", token("a")) == first
    assert market.crowd.find("run:1") == first
    assert market.crowd.find("run:99") is None
    (hit,) = [hit for hit in market.hits() if hit["RequesterAnnotation"] == "run:1"]
    assert (hit["Reward"], hit["MaxAssignments"], hit["Title"]) == ("0.05", 1, TICKET.title)
    assert "a=1&amp;b=2" in hit["Question"]


def test_what_is_withdrawn_can_be_deleted_and_both_may_be_repeated(start: Callable[..., Market]) -> None:
    market = start()
    hit = market.crowd.post(TICKET, "run:2", token("b"))
    before = market.crowd.balance_cents()
    market.crowd.expire(hit)
    market.crowd.expire(hit)
    assert hit in list(market.crowd.reviewable())
    assert market.crowd.submitted(hit) == []
    market.crowd.delete(hit)
    market.crowd.delete(hit)
    market.crowd.expire(hit)
    assert market.crowd.balance_cents() == before + 5


def test_a_rejection_that_is_overruled_is_approved(start: Callable[..., Market]) -> None:
    market = start()
    hit = market.crowd.post(replace(TICKET, title="A group of its own"), "run:5", token("o"))
    (worker,) = market.server.workers()
    worker.work(market.client().get_hit(HITId=hit)["HIT"]["HITGroupId"], answer="nonsense")
    (submitted,) = market.crowd.submitted(hit)
    market.crowd.reject(submitted.assignment_id, "There is no answer in it.")
    assert not market.crowd.is_approved(submitted.assignment_id)
    market.client().approve_assignment(AssignmentId=submitted.assignment_id, OverrideRejection=True)
    assert market.crowd.is_approved(submitted.assignment_id)
    market.crowd.delete(hit)
    assert not market.crowd.is_approved("3NOSUCHASSIGNMENT1234567890123")


@pytest.mark.parametrize("faults", ["drop_after:0.4,seed:5", "error_after:0.4,seed:5", "throttle:0.3,seed:5"])
def test_a_lost_reply_posts_no_second_hit(start: Callable[..., Market], faults: str) -> None:
    market = start(faults)
    ids = [market.crowd.post(TICKET, f"run:{number}", token(str(number))) for number in range(4)]
    again = [market.crowd.post(TICKET, f"run:{number}", token(str(number))) for number in range(4)]
    assert again == ids
    assert len(set(ids)) == 4
    assert sorted(hit["RequesterAnnotation"] for hit in market.hits()) == [f"run:{n}" for n in range(4)]


LOSSES = ["", "drop_after:0.4,seed:5", "error_after:0.4,seed:5", "throttle:0.3,seed:5"]


@pytest.mark.parametrize("faults", LOSSES)
def test_scores_are_given_changed_and_taken_back_whatever_gets_lost(
    start: Callable[..., Market], faults: str
) -> None:
    market, skill = start(faults), Skill("Passed: cats (project x)", "Do the test.")
    worker = market.worker()
    for value in (6, 8, 8):
        market.crowd.qualify(skill, worker, value)
    again = market.crowd_again()
    again.qualify(skill, worker, 9)
    assert market.holders(skill) == {worker: 9}
    for _ in range(2):
        again.qualify(skill, worker, None)
    assert market.holders(skill) == {}


def test_a_hit_says_who_may_have_it(start: Callable[..., Market]) -> None:
    market = start()
    out, passed = Skill("No more HITs (project x)", "Sorry."), Skill("Passed: dogs (project x)", "Do it.")
    asked = (Requirement(out), Requirement(passed, 7))
    for number in range(2):
        market.crowd.post(replace(TICKET, requirements=asked), f"asks:{number}", token(f"asks{number}"))
    one, two = [hit for hit in market.hits() if hit["RequesterAnnotation"].startswith("asks:")]
    assert one["HITTypeId"] == two["HITTypeId"]
    said = [(row["Comparator"], row["ActionsGuarded"]) for row in one["QualificationRequirements"]]
    assert said == [("DoesNotExist", "DiscoverPreviewAndAccept"), ("GreaterThanOrEqualTo", "Accept")]
    assert one["QualificationRequirements"][1]["IntegerValues"] == [7]
    assert market.holders(out) == {}


def test_somebody_who_is_not_there_is_a_refusal(start: Callable[..., Market]) -> None:
    with pytest.raises(CrowdRefused):
        start().crowd.qualify(Skill("Passed: mice (project x)", "Do it."), "ANOBODY", 7)


def test_too_little_money_and_wrong_keys_are_refusals(start: Callable[..., Market]) -> None:
    market = start()
    dear = Ticket("Dear", "Look.", "cat", 5000, 600, 3600, 28800, TICKET.page, 0)
    with pytest.raises(CrowdRefused) as poor:
        market.crowd.post(dear, "run:3", token("c"))
    assert "InsufficientFunds" in poor.value.code
    with pytest.raises(CrowdRefused):
        MTurkCrowd(market.server.url, "us-east-1", "AKNOBODY", "wrong").balance_cents()
    with pytest.raises(CrowdRefused):
        market.crowd.approve("NOSUCHASSIGNMENT1234567890")


def test_nobody_there_is_the_worlds_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(CrowdUnreachable, match=r"cannot be reached.*Check crowd\.endpoint"):
        MTurkCrowd("http://127.0.0.1:9", "us-east-1", "key", "secret").balance_cents()


@pytest.fixture
def web_page() -> Iterator[Callable[[int], str]]:
    """A server of web pages, which answers everything with one status."""
    servers = []

    def serve(status: int) -> str:
        class Pages(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = b"<!doctype html>\n<title>Welcome</title>"
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Pages))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_page_is_no_requester_api(web_page: Callable[[int], str], status: int) -> None:
    crowd = MTurkCrowd(web_page(status), "us-east-1", "key", "secret")
    for ask in (crowd.balance_cents, lambda: list(crowd.reviewable())):
        with pytest.raises(SettingsError, match=r"is no Requester API: .*Set crowd\.endpoint") as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_without_keys_the_settings_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"crowd\.access_key and crowd\.secret_key"):
        MTurkCrowd("http://127.0.0.1:9", "us-east-1").balance_cents()


def test_the_answer_is_found_in_its_xml() -> None:
    space = (
        "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"
    )
    field = "<Answer><QuestionIdentifier>{}</QuestionIdentifier><FreeText>{}</FreeText></Answer>"
    both = field.format("other", "1") + field.format("answer", "{&quot;a&quot;: &lt;1&gt;}")
    assert answer_of(f'<QuestionFormAnswers xmlns="{space}">{both}</QuestionFormAnswers>') == '{"a": <1>}'
    for nothing in (
        "",
        "<",
        "<a/>",
        f'<QuestionFormAnswers xmlns="{space}"/>',
        '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    ):
        assert answer_of(nothing) == ""


def test_addresses_are_escaped() -> None:
    assert "<ExternalURL>https://a/?b=1&amp;c=%3C</ExternalURL>" in external_question(
        "https://a/?b=1&c=%3C", 0
    )
