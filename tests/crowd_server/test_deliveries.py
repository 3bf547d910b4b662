"""Notifications: posted, signed, retried; and never to an address inside."""

import contextlib
import hmac
import json
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select, update

from crowd_server.clock import real_time
from crowd_server.market import courier, notices
from crowd_server.market.addresses import may_connect
from crowd_server.market.deliveries import PostOffice
from crowd_server.people import accounts
from crowd_server.store.models.accounts import AccessKey
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
        proof = (self.headers["X-Crowd-Timestamp"], self.headers["X-Crowd-Signature"])
        self.server.letters.append((self.path, proof, body))
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
    key = crowd.add_requester(1000)
    lab = crowd.client(key.access_key, key.secret_key)
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
    path, (stamp, signature), body = mailbox.letters[0]
    assert path == "/events?x=1"
    assert abs(int(stamp) - time.time()) < 60, "the time of sending, in the receiver's time"
    assert signature == hmac.digest(key.secret_key.encode(), f"{stamp}.".encode() + body, "sha256").hex()


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


@pytest.mark.parametrize("change", [{"Transport": "Email"}, {"Version": "1"}, {"EventTypes": []}])
def test_notifications_that_cannot_be(crowd, failure, mailbox, change):
    given = {**notification(mailbox.url, "Ping"), **change}
    refusal = failure(
        crowd.requester().send_test_event_notification, Notification=given, TestEventType="Ping"
    )
    assert next(iter(change)) in refusal["Error"]["Message"]


def test_a_server_that_others_reach_sends_nothing_to_its_own_machine(start_server, failure, mailbox):
    server = start_server("--host", "0.0.0.0")
    call = server.requester().send_test_event_notification
    refusal = failure(call, Notification=notification(mailbox.url, "Ping"), TestEventType="Ping")
    assert "HTTPS addresses only" in refusal["Error"]["Message"]


def queued(database, url, letters=1, name="Lab"):
    now = real_time()
    with database.writing() as session:
        requester = accounts.add_requester(session, name, 0, now).requester_id
        for _ in range(letters):
            notices.queue(session, now, requester, url, "Ping", about={})
    return now


def deliver(database, now, *, is_local=True):
    """One round of post at a time of one's own, and wait for the postmen."""
    office = PostOffice(database, lambda: now, is_local=is_local)
    given = office.send_out()
    wait_for(lambda: not office.on_the_way)
    return given


def row(database):
    with database.reading() as session:
        return session.scalars(select(Notification)).one()


def test_retries_wait_longer_each_time(database, mailbox):
    now = queued(database, mailbox.url)
    mailbox.statuses = [500, 302, 200]
    deliver(database, now)
    assert (row(database).attempts, row(database).next_at) == (1, now + timedelta(seconds=15))
    assert deliver(database, now + timedelta(seconds=14)) == 0
    deliver(database, now + timedelta(seconds=15))
    assert row(database).next_at == now + timedelta(seconds=45)
    deliver(database, now + timedelta(seconds=60))
    assert row(database).delivered_at is not None
    assert len(mailbox.letters) == 3


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "localhost", "[64:ff9b::7f00:1]", "[::ffff:10.1.1.1]"]
)
def test_nothing_goes_inside(database, host):
    now = queued(database, f"https://{host}/latest")
    deliver(database, now, is_local=False)
    assert "not a public address" in row(database).error


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "::127.0.0.1",
        "::ffff:0:127.0.0.1", "::ffff:10.0.0.1", "fec0::1", "fe80::1", "fd00::1", "ff02::1", "::1", "::",
        "224.0.0.1", "239.1.2.3", "255.255.255.255", "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1",
        "169.254.1.1", "192.0.0.9", "192.88.99.1", "198.18.0.1", "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_everyones(address):
    assert not may_connect(address, is_local=False)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e", "2002:5db8:d70e::"]
)
def test_addresses_that_are(address):
    assert may_connect(address, is_local=False)


def test_loopback_is_for_servers_that_only_this_machine_reaches():
    assert may_connect("127.0.0.1", is_local=True)
    assert not may_connect("10.0.0.1", is_local=True)


@pytest.fixture
def dripping():
    """A server that answers one byte at a time, until the event is set, and counts who came."""
    listener = socket.create_server(("127.0.0.1", 0))
    over, came = threading.Event(), []

    def drip(connection):
        came.append(time.monotonic())
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200")
            while not over.wait(0.05):
                connection.sendall(b" ")

    def listen():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/", came, over
    over.set()
    listener.close()


def test_a_letter_has_one_deadline_however_slowly_the_answer_drips(database, dripping, monkeypatch):
    monkeypatch.setattr(courier, "DEADLINE", 0.5)
    monkeypatch.setattr(courier, "LONGEST_STATUS", 10**9)
    now = queued(database, dripping[0])
    began = time.monotonic()
    deliver(database, now)
    assert time.monotonic() - began < 20
    assert "took longer" in row(database).error or "timed out" in row(database).error


def test_a_slow_destination_holds_up_its_own_requester_only(database, dripping, mailbox, monkeypatch):
    monkeypatch.setattr(courier, "DEADLINE", 60.0)
    now = queued(database, dripping[0], letters=30, name="Slow")
    queued(database, mailbox.url, letters=6, name="Quick")
    office = PostOffice(database, lambda: now + timedelta(seconds=1), is_local=True)
    began = time.monotonic()
    while len(mailbox.letters) < 6 and time.monotonic() - began < 30:
        office.send_out_all()
        office.back.wait(0.05)
    assert len(mailbox.letters) == 6, "while the slow one's letters are still on the way"
    assert len(dripping[1]) == 2, "and only two of them at a time"
    dripping[2].set()
    wait_for(lambda: not office.on_the_way)


def test_no_letter_is_sent_twice_while_it_is_on_the_way(database, dripping, monkeypatch):
    monkeypatch.setattr(courier, "DEADLINE", 1.0)
    now = queued(database, dripping[0])
    deliveries_of_two = [
        PostOffice(database, lambda: now + timedelta(minutes=4), is_local=True) for _ in range(2)
    ]
    assert [office.send_out() for office in deliveries_of_two] == [1, 0], "the lease is longer than any post"
    wait_for(lambda: not any(office.on_the_way for office in deliveries_of_two))


def test_nothing_is_signed_with_no_key(database, mailbox):
    now = queued(database, mailbox.url)
    with database.writing() as session:
        session.execute(update(AccessKey).values(revoked_at=now))
    deliver(database, now)
    assert mailbox.letters == []
    assert "no key" in row(database).error
    assert row(database).next_at is not None, "a new key may be made meanwhile"


def test_what_is_delivered_is_forgotten_after_a_week(database, mailbox):
    now = queued(database, mailbox.url)
    deliver(database, now)
    PostOffice(database, lambda: now + timedelta(days=6), is_local=True).clear_out()
    assert row(database).delivered_at is not None
    queued(database, mailbox.url)
    PostOffice(database, lambda: now + timedelta(days=8), is_local=True).clear_out()
    assert row(database).delivered_at is None, "what is still to go stays"
