"""The adapter against the crowd server that we ship, over the wire."""

from collections.abc import Iterator

import pytest

from pipeline.adapters.mturk_crowd import MTurkCrowd
from pipeline.crowd import CrowdRefused, CrowdUnreachable, Ticket
from pipeline.rehearsal.browser import Browser, Task
from pipeline.rehearsal.servers import Servers

TICKET = Ticket(
    "Label pictures", "Say what they show", "label", 7, 600, 3600, 86400, "https://pages.test/hits", 0
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with Servers(tmp_path_factory.mktemp("crowd"), workers=1, balance_cents=100) as running:
        yield running


@pytest.fixture(scope="module")
def crowd(servers: Servers) -> Iterator[MTurkCrowd]:
    keys = (servers.arrangement.access_key, servers.arrangement.secret_key)
    adapter = MTurkCrowd(servers.crowd_url, "us-east-1", *keys)
    yield adapter
    adapter._client.close()  # a server waits for open connections before it ends


@pytest.fixture(scope="module")
def worker(servers: Servers) -> Iterator[Browser]:
    browser = Browser(servers.crowd_url, servers.arrangement.accounts[0])
    browser.sign_in()
    yield browser
    for host in (browser._site, *browser._others.values()):
        host.connection.close()


def do(crowd: MTurkCrowd, worker: Browser, name: str, servers: Servers) -> tuple[str, str]:
    """Post a HIT and let the worker hand it in; give the ids of both."""
    hit = crowd.post(TICKET, name, name * 8)
    [group] = worker.board().groups
    assignment = worker.accept(group)
    assert assignment
    assert worker.submit(Task(assignment, f"{servers.crowd_url}/mturk/externalSubmit", None), {"said": "ü"})  # type: ignore[arg-type]
    return hit, assignment


def test_repeating_an_effect_changes_nothing(crowd: MTurkCrowd, worker: Browser, servers: Servers) -> None:
    hit = crowd.post(TICKET, "run:1", "t" * 64)
    assert crowd.post(TICKET, "run:1", "t" * 64) == hit
    assert crowd.find("run:1") == hit
    assert crowd.find("run:2") is None
    assert crowd.balance_cents() == 93
    for _ in range(2):
        crowd.expire(hit)
    assert list(crowd.reviewable()) == [hit]
    assert crowd.submitted(hit) == []
    for _ in range(2):
        crowd.delete(hit)
    assert crowd.balance_cents() == 100


def test_work_is_paid_once(crowd: MTurkCrowd, worker: Browser, servers: Servers) -> None:
    before = crowd.balance_cents()
    hit, assignment = do(crowd, worker, "pay", servers)
    [submitted] = crowd.submitted(hit)
    assert (submitted.assignment_id, submitted.worker_id) == (assignment, worker.account.worker_id)
    assert submitted.answer == '{"said": "\\u00fc"}'
    for _ in range(2):
        crowd.approve(assignment)
    assert crowd.balance_cents() == before - 7
    with pytest.raises(CrowdRefused):
        crowd.reject(assignment, "too late")


def test_work_is_rejected_once_and_not_paid(crowd: MTurkCrowd, worker: Browser, servers: Servers) -> None:
    before = crowd.balance_cents()
    _, assignment = do(crowd, worker, "reject", servers)
    for _ in range(2):
        crowd.reject(assignment, "There is no answer in it.")
    assert crowd.balance_cents() == before
    assert "There is no answer in it." in worker._visit("/earnings").text
    with pytest.raises(CrowdRefused):
        crowd.approve(assignment)


def test_a_crowd_that_is_not_there_is_the_worlds_fault() -> None:
    nowhere = MTurkCrowd("http://127.0.0.1:9", "us-east-1", "key", "secret")
    with pytest.raises(CrowdUnreachable, match=r"Check crowd\.endpoint"):
        nowhere.balance_cents()
