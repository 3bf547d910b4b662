"""The operator's site over HTTP: requesters and keys, people, money, disputes."""

import csv
import io
import re

import pytest
import requests
from botocore.exceptions import ClientError

from crowd_server.clock import real_time
from crowd_server.market import ledger
from crowd_server.people import accounts
from crowd_server.store.engine import Database

EMAIL, PASSWORD = "boss@example.org", "quite a long one"


class Desk:
    """An operator's browser, without JavaScript."""

    def __init__(self, site):
        self.site, self.web = site, requests.Session()
        self.web.headers["Connection"] = "close"

    def get(self, path):
        return self.web.get(self.site + path, timeout=20)

    def post(self, path, page="/operator/settings/", **fields):
        return self.send(path, self.get(page), **fields)

    def send(self, path, page, **fields):
        """Send a form of a page that was opened before."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        return self.web.post(self.site + path, data={"csrf_token": token, **fields}, timeout=20)

    def sign_in(self, password=PASSWORD):
        return self.post("/operator/signin", "/operator/signin", email=EMAIL, password=password)


@pytest.fixture(scope="module")
def desk(crowd):
    with Database(crowd.database).writing() as db:
        accounts.add_operator(db, EMAIL, PASSWORD, real_time())
    desk = Desk(crowd.url)
    assert "Overview" in desk.sign_in().text
    return desk


@pytest.fixture(scope="module")
def lab(crowd):
    return crowd.requester()


@pytest.fixture(scope="module")
def pool(crowd):
    return iter(crowd.workers(8))


def one(pattern, page):
    found = re.search(pattern, page.text)
    assert found, page.text
    return found[1]


def audit(desk, words):
    return desk.get(f"/operator/audit/?q={words}").text


def seen(page):
    return one(r'name="seen" value="(\d+)"', page)


def book(desk, requester, **fields):
    return desk.post(f"{requester}/money", seen=seen(desk.get(requester)), **fields)


def test_the_wrong_password_opens_nothing(crowd, desk):
    stranger = Desk(crowd.url)
    reply = stranger.sign_in("not the password")
    assert reply.status_code == 403
    assert "/operator/signin" in stranger.get("/operator/").url


def test_a_requester_is_made_pays_in_and_loses_a_key(crowd, desk):
    page = desk.post("/operator/requesters/", name="New & Lab", deposit="12.50")
    assert "New &amp; Lab" in page.text
    keys = re.findall(r'<dd class="id">([^<]+)</dd>', page.text)
    client = crowd.client(keys[0], keys[1])
    assert client.get_account_balance()["AvailableBalance"] == "12.50"
    here = f"/operator/requesters/{keys[2]}"
    assert keys[1] not in desk.get(here).text, "the secret is shown once"
    page = desk.get(here)
    for status in (200, 400):  # a double click
        sent = desk.send(f"{here}/money", page, amount="$1,000", direction="in", seen=seen(page))
        assert sent.status_code == status
    assert "Look again" in sent.text
    book(desk, here, amount="0.50", direction="back")
    assert client.get_account_balance()["AvailableBalance"] == "1012.00"
    too_much = book(desk, here, amount="5000", direction="back")
    assert too_much.status_code == 400
    assert "sufficient funds" in too_much.text
    for amount in ("-3", "0"):
        assert book(desk, here, amount=amount, direction="in").status_code == 400

    second = re.findall(r'<dd class="id">([^<]+)</dd>', desk.post(f"{here}/keys").text)
    desk.post(f"{here}/keys/{keys[0]}/revoke")
    with pytest.raises(ClientError, match="security token"):
        client.get_account_balance()
    other = crowd.client(second[0], second[1])
    assert other.get_account_balance()["AvailableBalance"] == "1012.00"
    shown = desk.get(here)
    for _ in range(2):  # pressed twice, it is still closed
        desk.post(f"{here}/close", wanted=one(r'name="wanted" value="(closed)"', shown))
    with pytest.raises(ClientError):
        other.get_account_balance()
    for _ in range(2):
        desk.post(f"{here}/close", wanted="open")
    assert other.get_account_balance()
    assert desk.post(f"{here}/close").status_code == 400
    assert desk.post(f"/operator/requesters/NOBODY/keys/{second[0]}/revoke").status_code == 404
    for line in ("requester added", "deposit", "refund", "key added", "key revoked", "requester closed"):
        assert line in audit(desk, keys[2])


def test_sign_up_by_invitation_and_open(crowd, desk):
    form = {"email": "ada@example.org", "password": "ten letters", "country": "SE"}

    def sign_up(code="", **fields):
        web = requests.Session()
        page = web.get(f"{crowd.url}/signup?code={code}", timeout=20)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        data = {"csrf_token": token[1] if token else "", "code": code, **form, **fields}
        return page, web.post(f"{crowd.url}/signup", data=data, timeout=20) if token else page

    closed, _ = sign_up()
    assert closed.status_code == 403
    assert "by invitation" in closed.text
    assert sign_up("NOSUCHCODE")[0].status_code == 403

    desk.post("/operator/invitations/", uses="1", days="7", note="Spring class")
    code = one(r"code=([A-Z0-9]+)", desk.get("/operator/invitations/"))
    assert sign_up(code, password="short")[1].status_code == 400
    assert "A password needs at least 10" in sign_up(code, password="short")[1].text
    assert "Welcome" in sign_up(code)[1].text
    assert sign_up(code, email="second@example.org")[0].status_code == 403, "used up"
    desk.post("/operator/invitations/", uses="5", days="7")
    unused = one(r"code=([A-Z0-9]+)", desk.get("/operator/invitations/"))
    desk.post(
        "/operator/invitations/"
        + one(r"invitations/(\d+)/revoke", desk.get("/operator/invitations/"))
        + "/revoke"
    )
    assert sign_up(unused, email="second@example.org")[0].status_code == 403

    desk.post("/operator/settings/", name="Village", fee_percent="0", open_sign_up="yes")
    assert "Welcome" in sign_up(email="third@example.org")[1].text
    taken = sign_up(email="ADA@example.org")[1]
    assert taken.status_code == 400
    assert "already an account" in taken.text
    assert [sign_up(password="short")[1].status_code for _ in range(10)] == [400] * 8 + [429] * 2
    desk.post("/operator/settings/", name="Village", fee_percent="0")
    assert "Village" in desk.get("/operator/").text


def test_settings_are_checked(desk):
    for wrong in ({"name": ""}, {"fee_percent": "101"}, {"fee_percent": "many"}):
        reply = desk.post("/operator/settings/", **{"name": "Village", "fee_percent": "0"} | wrong)
        assert reply.status_code == 400, wrong
        assert 'role="alert"' in reply.text


def test_an_appeal_is_upheld_and_paid(crowd, desk, lab, post_hit, pool):
    worker = next(pool)
    ids = []
    for title in ("Unjust", "Just"):
        task = worker.work(post_hit(lab, Title=title, Reward="0.40")["HITGroupId"])
        lab.reject_assignment(AssignmentId=task.assignment_id, RequesterFeedback="Empty")
        worker.post(f"/assignments/{task.assignment_id}/appeal", text=f"It was full: {title}")
        ids.append(
            one(r"appeals/(\d+)", desk.get("/operator/disputes/")) if not ids else str(int(ids[0]) + 1)
        )
    page = desk.get("/operator/disputes/")
    assert "It was full: Unjust" in page.text
    assert "QuestionFormAnswers" in page.text, "the work itself can be looked at"
    assert desk.post(f"/operator/disputes/appeals/{ids[0]}", verdict="uphold", answer=" ").status_code == 409
    desk.post(f"/operator/disputes/appeals/{ids[0]}", verdict="uphold", answer="It was all there.")
    desk.post(f"/operator/disputes/appeals/{ids[1]}", verdict="dismiss", answer="It was empty.")
    again = desk.post(f"/operator/disputes/appeals/{ids[1]}", verdict="uphold", answer="Changed my mind")
    assert "already been decided" in again.text
    assert 'To be paid out to you</dt><dd class="balance">$0.40' in worker.get("/earnings").text
    messages = worker.get("/messages").text
    assert "It was all there." in messages
    assert "It was empty." in messages
    assert "appeal upheld" in audit(desk, "appeal")


def test_a_reported_hit_goes_and_its_worker_is_compensated(crowd, desk, post_hit, pool):
    desk.post("/operator/settings/", name="Village", fee_percent="20")
    lab = crowd.requester()
    worker, careful = next(pool), next(pool)
    paid = careful.work(post_hit(lab, Title="Brings a fee", Reward="2.00")["HITGroupId"])
    lab.approve_assignment(AssignmentId=paid.assignment_id)
    desk.post("/operator/settings/", name="Village", fee_percent="0")
    hit = post_hit(lab, Title="Broken page", Reward="0.30", MaxAssignments=5)
    worker.accept(hit["HITGroupId"]).give_back()
    worker.post(f"/hits/{hit['HITId']}/report", kind="broken", text="White page")
    page = desk.get("/operator/disputes/")
    assert "White page" in page.text
    number = one(r"reports/(\d+)/close", page)
    assignment = one(r"compensate/(\d+)", page)
    for amount, status in (("0.50", 409), ("0", 409), ("0.30", 200), ("0.30", 409)):
        fields = {"amount": amount, "why": "The page was white.", "seen": seen(page)}
        sent = desk.send(f"/operator/disputes/compensate/{assignment}", page, **fields)
        assert sent.status_code == status, "too much, nothing, right, a second click"
    assert "Compensated 1 time already" in sent.text
    assert worker.get("/messages").text.count("The page was white.") == 1
    assert 'class="balance">$0.30' in worker.get("/earnings").text
    desk.post(f"/operator/disputes/reports/{number}/expire")
    assert hit["HITGroupId"] not in careful.groups()
    desk.post(f"/operator/disputes/reports/{number}/close")
    assert "No report is open" in desk.get("/operator/disputes/").text


def test_payouts_are_booked_once_and_payroll_gets_what_was_booked(crowd, desk, lab, post_hit, pool):
    worker = next(pool)
    worker.post("/account", name='=HYPERLINK("http://evil.example")')

    def earn(dollars):
        task = worker.work(post_hit(lab, Title=f"Pays {dollars}", Reward=dollars)["HITGroupId"])
        lab.approve_assignment(AssignmentId=task.assignment_id)

    earn("1.25")
    assert worker.worker_id in desk.get("/operator/payouts/owed.csv").text
    booked = desk.post("/operator/payouts/", worker=[worker.worker_id, "ANOBODY"])
    batch = one(r"Payout (P[A-Z0-9]+)", booked)
    earn("0.10")
    reply = desk.get(f"/operator/payouts/{batch}/payroll.csv")
    assert "attachment" in reply.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert [(row["worker_id"], row["amount_usd"]) for row in rows] == [(worker.worker_id, "1.25")]
    assert rows[0]["name"].startswith("'="), "no formula for a spreadsheet to run"
    earnings = worker.get("/earnings").text
    assert batch in earnings
    assert 'class="balance">$0.10' in earnings
    assert desk.post("/operator/payouts/").status_code == 400
    assert desk.post("/operator/payouts/", worker="ANOBODY").status_code == 409
    with Database(crowd.database).reading() as db:
        assert ledger.total(db) == 0
    assert "adds up to zero" in desk.get("/operator/").text


def test_a_worker_is_found_written_to_suspended_and_helped(crowd, desk, pool):
    worker = next(pool)
    here = f"/operator/workers/{worker.worker_id}"
    assert worker.worker_id in desk.get(f"/operator/workers/?q={worker.email[:20]}").text
    assert "Nobody found" in desk.get("/operator/workers/?q=100%25").text
    for path in ("/operator/workers/", "/operator/audit/"):
        assert desk.get(f"{path}?page={10**30}").status_code == 200
    desk.post(f"{here}/message", subject="Welcome", text="Glad that you are here.")
    assert "Glad that you are here." in worker.get("/messages").text
    worker.post("/messages/write", subject="Payday?", text="When?")
    letters = desk.get("/operator/messages/")
    assert "Payday?" in letters.text
    desk.post("/operator/messages/" + one(r"messages/(\d+)", letters), text="On Friday.")
    assert "On Friday." in worker.get("/messages").text

    desk.post(f"{here}/country", country="US", subdivision="ca")
    assert worker.get("/account/data.json").json()["account"]["subdivision"] == "CA"
    assert desk.post(f"{here}/country", country="Atlantis").status_code == 400
    wanted = one(r'name="wanted" value="(out)"', desk.get(here))
    for _ in range(2):  # pressed twice, the worker is still out
        desk.post(f"{here}/suspend", why="Two accounts", wanted=wanted)
    assert worker.get("/account").url.endswith("/signin?next=/account")
    assert (
        worker.post(
            "/signin", worker.get("/signin"), email=worker.email, password=worker.password
        ).status_code
        == 403
    )
    assert "Two accounts" in audit(desk, worker.worker_id)
    for _ in range(2):
        desk.post(f"{here}/suspend", wanted="in")
    worker.password = one(r'shown this once: <strong class="id">([^<]+)', desk.post(f"{here}/password"))
    worker.sign_in()
    assert desk.get("/operator/workers/NOBODY").status_code == 404


def test_an_operators_password_is_changed_and_sign_out_ends_all_sessions(crowd, desk):
    other = Desk(crowd.url)
    other.sign_in()
    assert other.post("/operator/settings/password", old="wrong", new="another long one").status_code == 400
    assert (
        "is changed" in other.post("/operator/settings/password", old=PASSWORD, new="another long one").text
    )
    assert desk.get("/operator/").url.endswith("/signin"), "the other browser is signed out"
    desk.sign_in("another long one")
    other.post("/operator/signout")
    assert desk.get("/operator/").url.endswith("/signin")
