"""Notifications: posted, signed, retried; and never to an address inside."""

import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from crowd_server.clock import real_time
from crowd_server.market.deliveries import deliver
from crowd_server.store.models.post import Notification


class Mailbox(ThreadingHTTPServer):
    """A requester's URL; `statuses` are its next answers."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Slot)
        self.letters = []
        self.statuses = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/events?x=1"


class Slot(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.letters.append((self.path, self.headers["X-Crowd-Signature"], body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def mailbox():
    box = Mailbox()
    yield box
    box.shutdown()
    box.server_close()


def notification(url, *events):
    return {"Destination": url, "Transport": "SQS", "Version": "2014-08-15", "EventTypes": list(events)}


def events(mailbox):
    return [json.loads(body)["Events"][0] for _, _, body in mailbox.letters]


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not happen")


def test_events_of_a_hit_type_arrive_signed(crowd, post_hit, mailbox):
    key = crowd.crowd("requesters", "add", "Lab", "--balance-cents", "1000", "--json")
    lab = crowd.client(key["access_key"], key["secret_key"])
    hit = post_hit(lab)
    wanted = (
        "AssignmentAccepted",
        "AssignmentSubmitted",
        "HITReviewable",
        "AssignmentApproved",
        "HITDisposed",
    )
    lab.update_notification_settings(
        HITTypeId=hit["HITTypeId"], Notification=notification(mailbox.url, *wanted)
    )
    (worker,) = crowd.workers()
    task = worker.work(hit["HITGroupId"])
    lab.approve_assignment(AssignmentId=task.assignment_id)
    lab.delete_hit(HITId=hit["HITId"])
    wait_for(lambda: len(mailbox.letters) == len(wanted))
    assert {event["EventType"] for event in events(mailbox)} == set(wanted)
    submitted = next(event for event in events(mailbox) if event["EventType"] == "AssignmentSubmitted")
    assert submitted["HITId"] == hit["HITId"]
    assert submitted["AssignmentId"] == task.assignment_id
    path, signature, body = mailbox.letters[0]
    assert path == "/events?x=1"
    assert signature == hmac.digest(key["secret_key"].encode(), body, "sha256").hex()


def test_switched_off_and_on(crowd, post_hit, mailbox, failure):
    lab = crowd.requester()
    hit_type = post_hit(lab)["HITTypeId"]
    assert failure(lab.update_notification_settings, HITTypeId=hit_type, Active=True)
    lab.update_notification_settings(
        HITTypeId=hit_type, Notification=notification(mailbox.url, "HITCreated"), Active=False
    )
    post_hit(lab)
    lab.update_notification_settings(HITTypeId=hit_type, Active=True)
    made = post_hit(lab)
    wait_for(lambda: mailbox.letters)
    assert [event["HITId"] for event in events(mailbox)] == [made["HITId"]]


def test_a_test_event(crowd, mailbox):
    crowd.requester().send_test_event_notification(
        Notification=notification(mailbox.url, "Ping"), TestEventType="Ping"
    )
    wait_for(lambda: mailbox.letters)
    assert events(mailbox)[0]["EventType"] == "Ping"


@pytest.mark.parametrize(
    "url", ["http://example.org/", "arn:aws:sns:us-east-1:1:topic", "ftp://localhost/", "https:///"]
)
def test_destinations_that_cannot_be(crowd, failure, url):
    call = crowd.requester().send_test_event_notification
    assert failure(call, Notification=notification(url, "Ping"), TestEventType="Ping")
    email = {**notification("a@example.org", "Ping"), "Transport": "Email"}
    assert failure(call, Notification=email, TestEventType="Ping")


def queued(database, url):
    now = real_time()
    from crowd_server.market import notices
    from crowd_server.people import accounts

    with database.writing() as session:
        requester = accounts.add_requester(session, "Lab", 0, now).requester_id
        notices.queue(session, now, requester, url, "Ping", about={})
    return now


def row(database):
    with database.reading() as session:
        return session.scalars(select(Notification)).one()


def test_retries_wait_longer_each_time(database, mailbox):
    now = queued(database, mailbox.url)
    mailbox.statuses = [500, 302, 200]
    deliver(database, now, loopback=True)
    assert (row(database).attempts, row(database).next_at) == (1, now + timedelta(seconds=15))
    assert deliver(database, now + timedelta(seconds=14), loopback=True) == 0
    deliver(database, now + timedelta(seconds=15), loopback=True)
    assert row(database).next_at == now + timedelta(seconds=45)
    deliver(database, now + timedelta(seconds=60), loopback=True)
    assert row(database).delivered_at is not None
    assert len(mailbox.letters) == 3


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "https://169.254.169.254/latest", "https://localhost/"])
def test_nothing_goes_inside(database, url):
    now = queued(database, url)
    deliver(database, now, loopback=False)
    assert "not a public address" in row(database).error
