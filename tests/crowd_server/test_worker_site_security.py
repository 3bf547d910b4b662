"""Attacks on the sites: each is tried, and each comes to nothing."""

import re
import time

import pytest
import requests
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner

from crowd_server import house
from crowd_server.app import create_app
from crowd_server.clock import real_time
from crowd_server.people import accounts
from crowd_server.store import schema
from crowd_server.store.engine import Database
from crowd_server.store.models.hits import HitType
from crowd_server.worker_site.visitor import local_path

OPEN = {"worker_hits.index", "work.preview", "worker_door.sign_in_form", "worker_door.sign_up_form",
        "operator_door.sign_in_form", "looks.static", "health", "telemetry.metrics"}  # fmt: skip
FOR_MACHINES = ("api", "frames")
SCRIPT = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def lab(crowd):
    return crowd.requester()


@pytest.fixture(scope="module")
def pair(crowd):
    return crowd.workers(2)


@pytest.fixture(scope="module")
def routes(crowd):
    """Every route of both sites: endpoint, method, a path with made-up parts."""
    app = create_app(Database(crowd.database))
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in FOR_MACHINES:
            continue
        path = re.sub(r"<int:[^>]+>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", "A1", path)
        found += [(rule.endpoint, method, path) for method in rule.methods & {"GET", "POST"}]
    assert len(found) > 50
    return found


def test_every_form_needs_the_sessions_own_token(crowd, routes, pair):
    worker, other = pair
    foreign = re.search(r'name="csrf_token" value="([^"]+)"', other.get("/account").text)[1]
    for endpoint, method, path in routes:
        if method == "POST":
            for forged in ({}, {"csrf_token": foreign}, {"csrf_token": "x"}):
                reply = worker.web.post(crowd.url + path, data=forged, timeout=20)
                assert reply.status_code == 400, endpoint
                assert "out of date" in reply.text
    assert worker.get("/account").url.endswith("/account"), "nothing was done: still signed in"


def test_every_page_but_a_few_needs_a_session(crowd, routes):
    for endpoint, method, path in routes:
        if method == "GET" and endpoint not in OPEN and endpoint.split(".")[0] != "telemetry":
            reply = requests.get(crowd.url + path, allow_redirects=False, timeout=20)
            assert reply.status_code == 303, endpoint
            assert "/signin" in reply.headers["Location"], endpoint


def test_a_worker_is_no_operator(crowd, routes, pair):
    for endpoint, method, path in routes:
        if endpoint.startswith("operator_") and endpoint not in OPEN and method == "GET":
            reply = pair[0].web.get(crowd.url + path, allow_redirects=False, timeout=20)
            assert reply.headers["Location"] == "/operator/signin", endpoint


def test_every_page_has_a_strict_policy_and_is_never_framed(crowd, pair):
    for path in ("/", "/signin", "/account", "/earnings", "/nothing", "/operator/signin", "/signup"):
        headers = pair[0].get(path).headers
        policy = headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'",
                     "frame-ancestors 'none'", "frame-src 'none'"):  # fmt: skip
            assert rule in policy, path
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_hold_no_inline_script_style_or_handler(crowd, lab, post_hit, pair):
    hit = post_hit(lab, Title="Plain pages")
    task = pair[0].accept(hit["HITGroupId"])
    for path in ("/", "/account", "/earnings", "/messages", f"/assignments/{task.assignment_id}"):
        page = pair[0].get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!tasks\.example\.org)', page), path


def test_what_others_wrote_is_shown_and_never_run(crowd, lab, post_hit, pair):
    hit = post_hit(lab, Title="Escaped")
    with Database(crowd.database).writing() as db:  # the API refuses markup; suppose that it had not
        row = db.query(HitType).filter_by(title="Escaped").one()
        row.title, row.description, row.keywords = SCRIPT, SCRIPT, SCRIPT
    group = hit["HITGroupId"]
    pair[1].post("/account", name=SCRIPT + '" onfocus="alert(1)')
    task = pair[1].accept(group)
    pages = ["/", f"/?q={SCRIPT}", f"/groups/{group}/preview", f"/assignments/{task.assignment_id}",
             f"/hits/{hit['HITId']}/report", "/account", "/earnings", "/nothing/<script>"]  # fmt: skip
    for path in pages:
        page = pair[1].get(path).text
        assert "<script>alert" not in page, path
        assert '" onfocus="' not in page, path
    assert "&lt;script&gt;" in pair[1].get("/").text
    task.give_back()


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", r"/\evil.example", "/%0d%0aX: y\r\nX: y",
     "javascript:alert(1)", "\t//evil.example", "/ //evil", r"\\evil.example", ""],
)  # fmt: skip
def test_no_redirect_leads_elsewhere(crowd, pair, target):
    assert local_path(target, "/") == "/"
    fresh = requests.Session()
    page = fresh.get(crowd.url + "/signin", timeout=20)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    form = {"email": pair[0].email, "password": pair[0].password, "csrf_token": token, "next": target}
    reply = fresh.post(crowd.url + "/signin", data=form, allow_redirects=False, timeout=20)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


def test_sign_in_leads_back_to_where_one_was(crowd, pair):
    asked = requests.get(crowd.url + "/earnings?x=1", allow_redirects=False, timeout=20)
    assert asked.headers["Location"] == "/signin?next=/earnings?x%3D1"
    assert local_path("/earnings?x=1", "/") == "/earnings?x=1"


def test_a_worker_reaches_nothing_of_anothers(crowd, lab, post_hit, pair):
    mine, thief = pair
    hit = post_hit(lab, Title="Mine alone", MaxAssignments=3)
    task = mine.accept(hit["HITGroupId"])
    place = f"/assignments/{task.assignment_id}"
    for path in (place, place + "/state", place + "/appeal"):
        assert thief.get(path).status_code == 404
    for path in (place + "/return", place + "/next", place + "/appeal"):
        assert thief.post(path, text="mine").status_code == 404
    assert task.submit(answer="stolen", workerId=thief.worker_id).status_code == 409
    assert mine.get(place + "/state").json()["state"] == "accepted"
    task.submit(answer="my own")
    lab.approve_assignment(AssignmentId=task.assignment_id)
    lab.notify_workers(Subject="Private", MessageText="For one only", WorkerIds=[mine.worker_id])
    answer = re.search(r"/messages/\d+/answer", mine.get("/messages").text)[0]
    assert thief.get(answer).status_code == 404
    assert thief.post(answer, subject="x", text="x").status_code == 404
    assert "Private" not in thief.get("/messages").text
    assert mine.worker_id not in thief.get("/account/data.json").text


def test_a_requester_learns_no_name_and_no_address(crowd, lab, post_hit, pair):
    worker = pair[0]
    worker.post("/account", name="Ada Lovelace")
    task = worker.work(post_hit(lab, Title="Who did it?")["HITGroupId"])
    lab.reject_assignment(AssignmentId=task.assignment_id, RequesterFeedback="No")
    worker.post(f"/assignments/{task.assignment_id}/appeal", text="Please")
    everything = repr(lab.get_assignment(AssignmentId=task.assignment_id))
    everything += repr(lab.list_assignments_for_hit(HITId=task.fields["hitId"]))
    assert worker.worker_id in everything
    assert worker.email not in everything + task.frame
    assert "Lovelace" not in everything + task.frame


def test_nothing_is_uploaded(crowd, lab, post_hit, pair):
    task = pair[0].accept(post_hit(lab, Title="Upload")["HITGroupId"])
    reply = requests.post(
        crowd.url + "/mturk/externalSubmit",
        data={"assignmentId": task.assignment_id},
        files={"answer": ("shell.php", b"<?php")},
        timeout=20,
    )
    assert reply.status_code == 409, "a file is no answer"
    big = requests.post(crowd.url + "/mturk/externalSubmit", data={"a": "x" * 5_000_000}, timeout=20)
    assert big.status_code == 413


def cookie(crowd, worker, age):
    """A session cookie as the server would have made it `age` seconds ago."""
    app = create_app(Database(crowd.database))
    with Database(crowd.database).reading() as db:
        app.secret_key = house.secret(db)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)

    class Earlier(TimestampSigner):
        def get_timestamp(self):
            return int(time.time() - age)

    signer.signer = Earlier
    return signer.dumps({"worker": worker.worker_id, "version": 1, "_permanent": True})


def test_a_session_ends_after_half_a_day(crowd, pair):
    for age, status in ((60, 200), (12 * 3600 + 60, 303)):
        reply = requests.get(
            crowd.url + "/account",
            cookies={"crowd_session": cookie(crowd, pair[1], age)},
            allow_redirects=False,
            timeout=20,
        )
        assert reply.status_code == status


def test_the_cookie_is_for_this_site_and_not_for_scripts(crowd):
    headers = requests.get(crowd.url + "/signin", timeout=20).headers["Set-Cookie"]
    assert "HttpOnly" in headers
    assert "SameSite=Lax" in headers


def test_sign_out_ends_copied_sessions_too(crowd):
    (worker,) = crowd.workers()
    stolen = requests.Session()
    stolen.cookies.update(worker.web.cookies)
    assert stolen.get(crowd.url + "/account", allow_redirects=False, timeout=20).status_code == 200
    worker.post("/signout")
    assert stolen.get(crowd.url + "/account", allow_redirects=False, timeout=20).status_code == 303


def test_guessing_passwords_is_slowed_down(crowd, pair, move_clock):
    victim = pair[1]
    guess = {"email": victim.email, "password": "not the password"}
    page = requests.Session()
    form = page.get(crowd.url + "/signin", timeout=20)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)[1]

    def attempt(**fields):
        return page.post(
            crowd.url + "/signin", data={"csrf_token": token} | fields, allow_redirects=False, timeout=20
        ).status_code

    assert [attempt(**guess) for _ in range(12)] == [403] * 10 + [429] * 2
    assert attempt(email=victim.email, password=victim.password) == 429, "the right one is not told apart"
    assert attempt(email="nobody@example.org", password="whatever it is") == 429, "nor another account"
    move_clock(15 * 60 + 1)
    assert attempt(email=victim.email, password=victim.password) == 303


def test_behind_a_tls_proxy(database):
    with database.writing() as db:
        accounts.add_worker(db, "ada@example.org", "a long password", real_time())
    browser = create_app(database, public_url="https://crowd.example").test_client()
    proxy = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Host": "crowd.example",
    }
    page = browser.get("/signin", headers=proxy, base_url="https://crowd.example")
    assert "Secure" in page.headers["Set-Cookie"]
    assert page.headers["Set-Cookie"].startswith("__Host-crowd_session="), "no neighbouring host can set it"
    assert "Path=/" in page.headers["Set-Cookie"]
    assert "Domain=" not in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    form = {"email": "ada@example.org", "password": "a long password", "csrf_token": token}
    for referrer, status in (("https://evil.example/", 400), ("https://crowd.example/signin", 303)):
        sent = proxy | {"Referer": referrer}
        reply = browser.post("/signin", data=form, headers=sent, base_url="https://crowd.example")
        assert reply.status_code == status


@pytest.mark.parametrize("kind", ["new_sqlite", "new_postgres"])
def test_what_no_database_holds_is_refused(kind, request):
    database = Database(request.getfixturevalue(kind)())
    schema.upgrade(database)
    with database.writing() as db:
        now = real_time()
        worker = accounts.add_worker(db, "ada@example.org", "a long password", now, password_hash="x")
        operator = accounts.add_operator(db, "boss@example.org", "a long password", now)
    app = create_app(database)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    with browser.session_transaction() as session:
        session.update(worker=worker.worker_id, operator=operator.id, version=1)
    huge, nul = 2**31, {"text": "\0", "subject": "s", "name": "a\0b", "email": "\0", "assignmentId": "\0"}
    replies = [
        (browser.get("/?q=%00"), 400),
        (browser.get("/signup?code=%00"), 400),
        (browser.get("/groups/%00/preview"), 404),
        (browser.get("/frames/%00"), 404),
        (browser.get("/earnings/9999-12-31"), 404),
        (browser.get(f"/messages/{huge}/answer"), 404),
        (browser.get(f"/messages/{huge - 1}/answer"), 404),
        (browser.get(f"/messages/{'9' * 3000}/answer"), 404),
        (browser.post(f"/operator/disputes/reports/{huge}/close"), 404),
        (browser.post("/account", data=nul), 400),
        (browser.post("/messages/write", data=nul), 400),
        (browser.post("/signin", data=nul), 400),
        (browser.post("/mturk/externalSubmit", data=nul), 409),
    ]
    for reply, status in replies:
        assert reply.status_code == status, reply.request.full_path
    database.close()


def test_an_answer_may_hold_what_text_cannot(crowd, lab, post_hit, pair):
    task = pair[0].accept(post_hit(lab, Title="A strange key")["HITGroupId"])
    assert task.submit(answer="a\0b").status_code == 200
    (row,) = lab.list_assignments_for_hit(HITId=task.fields["hitId"])["Assignments"]
    assert "a\ufffdb" in row["Answer"]
