"""The sites in a real browser: tasks in their frame, the clock, the keyboard, small screens, axe."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from crowd_server.clock import real_time
from crowd_server.people import accounts
from crowd_server.questions.documents import ROOT, read_answers
from crowd_server.store.engine import Database

TASK = """<!doctype html><html lang="en"><title>Task</title><form method="post"><h1>Which is it?</h1>
<label>Answer <input name="answer" value="whippet"></label><input type="hidden" name="assignmentId">
<button>Submit</button></form><script>
const sent = new URLSearchParams(location.search), form = document.forms[0];
form.action = sent.get("turkSubmitTo") + "/mturk/externalSubmit";
form.elements.assignmentId.value = sent.get("assignmentId");</script></html>"""

# Everything that a hostile task page can try on the site round it; it submits what it found.
THIEF = """<!doctype html><html lang="en"><title>Thief</title><form method="post">
<input type="hidden" name="assignmentId"><input type="hidden" name="loot"></form>
<iframe id="inner" title="x"></iframe><script>
const sent = new URLSearchParams(location.search), site = sent.get("turkSubmitTo"), form = document.forms[0];
const loot = {}, whole = { credentials: "include" };
const attempt = async (name, act) => {
  try { loot[name] = String(await act()); } catch { loot[name] = "refused"; }
};
(async () => {
  await attempt("page", () => parent.document.body.innerHTML);
  await attempt("cookie", () => document.cookie);
  await attempt("origin", () => self.origin);
  await attempt("data", async () => (await fetch(site + "/account/data.json", whole)).text());
  await attempt("act", async () => (await fetch(site + "/signout", { method: "POST", ...whole })).text());
  await attempt("top", () => { top.location = "about:blank"; return "moved"; });
  await attempt("opener", () => open(site + "/account").document.body.innerHTML);
  await attempt("inner", () => new Promise((done) => {
    const inner = document.querySelector("#inner");
    inner.onload = () => { try { done(inner.contentDocument ? "same" : "other"); } catch { done("other"); } };
    inner.src = site + "/account"; }));
  form.action = site + "/mturk/externalSubmit";
  form.elements.assignmentId.value = sent.get("assignmentId");
  form.elements.loot.value = JSON.stringify(loot);
  form.submit();
})();</script></html>"""

HTML = (
    f'<HTMLQuestion xmlns="{ROOT}2011-11-11/HTMLQuestion.xsd"><HTMLContent><![CDATA[{{}}]]></HTMLContent>'
    "<FrameHeight>450</FrameHeight></HTMLQuestion>"
)
FORM = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd"><Question>
<QuestionIdentifier>breed</QuestionIdentifier><IsRequired>true</IsRequired>
<QuestionContent><Text>Which breed is it?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><Selections>
<Selection><SelectionIdentifier>whippet</SelectionIdentifier><Text>whippet</Text></Selection>
<Selection><SelectionIdentifier>beagle</SelectionIdentifier><Text>beagle</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question></QuestionForm>"""
EMAIL, PASSWORD = "boss@example.org", "quite a long one"


class Tasks(BaseHTTPRequestHandler):
    """A requester's server, on a port and so an origin of its own; remembers the cookies it was sent."""

    cookies: list[str] = []

    def do_GET(self):
        self.cookies.append(self.headers.get("Cookie", ""))
        body = (THIEF if self.path.startswith("/thief") else TASK).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def tasks():
    # `localhost` is another host than the site's 127.0.0.1, as a requester's would be.
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tasks)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def lab(crowd):
    return crowd.requester()


@pytest.fixture(scope="module")
def people(crowd):
    return iter(crowd.workers(20))


@pytest.fixture
def visit(crowd, chromium, people):
    """Open the site as a fresh, signed-in worker; every script error fails the test."""
    contexts, complaints = [], []

    def start(signed_in=True, **how):
        context = chromium.new_context(base_url=crowd.url, **how)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if signed_in:
            page.worker = next(people)
            (cookie,) = page.worker.web.cookies
            context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": crowd.url}])
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def loot_of(lab, hit_id):
    (assignment,) = lab.list_assignments_for_hit(HITId=hit_id)["Assignments"]
    return json.loads(read_answers(assignment["Answer"])["loot"])


@pytest.mark.parametrize("kind", ["external", "html"])
def test_a_task_page_reads_nothing_of_the_session_and_does_nothing_with_it(visit, lab, post_hit, tasks, kind):
    question = {"url": f"{tasks}/thief"} if kind == "external" else {"Question": HTML.format(THIEF)}
    hit = post_hit(lab, Title=f"A thief's {kind} page", **question)
    page = visit()
    page.goto(f"/groups/{hit['HITGroupId']}/preview")
    page.get_by_role("button", name="Accept this HIT").click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    loot = loot_of(lab, hit["HITId"])
    assert {loot.pop(name) for name in ("page", "data", "act", "top", "opener")} == {"refused"}
    assert loot.pop("inner") == "other", "the site cannot be framed by the task"
    assert loot.pop("cookie") == ("" if kind == "external" else "refused")
    assert loot.pop("origin") == (tasks if kind == "external" else "null"), "an origin of its own"
    assert not loot
    assert not any(Tasks.cookies), "the session's cookie was not sent to the requester's server"
    page.goto("/account")
    expect(page.get_by_role("heading", name="Account")).to_be_visible()


def test_submit_goes_on_to_the_next_when_asked_to(visit, lab, post_hit, tasks):
    for _ in range(2):
        group = post_hit(lab, url=f"{tasks}/task", Title="Two of a kind")["HITGroupId"]
    page = visit()
    page.goto(f"/groups/{group}/preview")
    page.get_by_role("button", name="Accept this HIT").click()
    switch = page.get_by_role("button", name="Auto-accept next")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    first = page.url
    page.frame_locator("iframe.task").get_by_role("button", name="Submit").click()
    page.wait_for_url(lambda url: "/assignments/" in url and url != first)
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.frame_locator("iframe.task").get_by_role("button", name="Submit").click()
    expect(page.get_by_text("There are no more HITs for you in this group")).to_be_visible()


def test_the_clock_warns_and_says_when_time_is_over(visit, lab, post_hit, tasks):
    members = {"Title": "Hurry", "AssignmentDurationInSeconds": 600}
    hit = post_hit(lab, url=f"{tasks}/task", **members)
    page = visit()
    page.clock.install()
    # The server's clock does not jump with the page's: asked, it would put the page right again.
    page.route("**/state", lambda route: route.abort())
    page.goto(f"/groups/{hit['HITGroupId']}/preview")
    page.get_by_role("button", name="Accept this HIT").click()
    timer, said = page.locator(".timer"), page.locator("#time-left")
    expect(timer).to_have_text(re.compile(r"Time left\s+(10:00|9:5\d)"))
    expect(said).to_have_attribute("aria-live", "polite")
    expect(said).to_have_text(re.compile(r"^(10 minutes|9 minutes 5\d seconds) left\.$"))
    page.clock.run_for(301_000)
    expect(said).to_have_text("5 minutes left.")
    expect(timer).to_have_class(re.compile("soon"))
    page.clock.run_for(241_000)
    expect(said).to_contain_text("1 minute left.")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.clock.run_for(70_000)
    expect(page.get_by_role("alert")).to_contain_text("The time for this HIT is over")


@pytest.mark.parametrize(
    ("seconds", "said"), [(150, r"2 minutes( \d+ seconds?)? left\."), (45, r"4\d seconds left\.")]
)
def test_what_is_left_on_arrival_is_told_as_it_is(visit, lab, post_hit, tasks, seconds, said):
    hit = post_hit(
        lab, url=f"{tasks}/task", Title=f"Short of time: {seconds}", AssignmentDurationInSeconds=seconds
    )
    page = visit()
    page.goto(f"/groups/{hit['HITGroupId']}/preview")
    page.get_by_role("button", name="Accept this HIT").click()
    expect(page.locator("#time-left")).to_have_text(re.compile(f"^{said}$"))


def test_everything_works_without_javascript(visit, lab, post_hit):
    for _ in range(2):
        group = post_hit(lab, Question=FORM, Title="A form without scripts")["HITGroupId"]
    page = visit(java_script_enabled=False)
    page.goto("/?q=without+scripts")
    page.get_by_role("button", name="Accept").click()
    frame = page.frame_locator("iframe.task")
    frame.get_by_label("whippet").check()
    frame.get_by_role("button", name="Submit").click()
    expect(frame.get_by_role("heading", name="Submitted")).to_be_visible()
    first = page.url
    page.get_by_role("button", name="Submitted? Next").click()
    page.wait_for_url(lambda url: "/assignments/" in url and url != first)
    page.get_by_role("button", name="Return").click()
    expect(page.get_by_role("heading", name="HITs for you")).to_be_visible()
    assert group


def test_the_keyboard_is_enough(crowd, visit, lab, post_hit, people):
    hit = post_hit(lab, Question=FORM, Title="By keyboard alone")
    worker = next(people)
    page = visit(signed_in=False)
    page.goto("/signin?next=/%3Fq=keyboard%2Balone")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for text in (worker.email, worker.password):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{crowd.url}/?q=keyboard+alone")
    accept = page.get_by_role("button", name="Accept")
    for _ in range(40):
        page.keyboard.press("Tab")
        if accept.evaluate("button => button === document.activeElement"):
            break
    outline = accept.evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline == "solid", "the focus shows"
    page.keyboard.press("Enter")
    expect(page.locator("iframe.task")).to_be_visible()
    assert lab.get_hit(HITId=hit["HITId"])["HIT"]["NumberOfAssignmentsPending"] == 1


def pages_of(worker, lab, post_hit, tasks):
    """A worker with something on every page; each page's path."""
    kind = lab.create_qualification_type(
        Name="Knows herons", Description="By test.", QualificationTypeStatus="Active", Test=FORM,
        TestDurationInSeconds=600,
    )["QualificationType"]["QualificationTypeId"]  # fmt: skip
    wants = [{"QualificationTypeId": kind, "Comparator": "Exists"}]
    post_hit(lab, Title="Needs a test", QualificationRequirements=wants)
    for _ in range(4):
        hit = post_hit(lab, url=f"{tasks}/task", Title="Every page has something: " + "pictures " * 9)
    group = hit["HITGroupId"]
    rejected, paid, held = worker.work(group), worker.work(group), worker.accept(group)
    lab.reject_assignment(AssignmentId=rejected.assignment_id, RequesterFeedback="Nothing was ticked.")
    lab.approve_assignment(AssignmentId=paid.assignment_id)
    lab.notify_workers(Subject="Hello", MessageText="More soon", WorkerIds=[worker.worker_id])
    worker.post("/messages/write", subject="Payday?", text="When?")
    worker.post(f"/hits/{hit['HITId']}/report", kind="broken", text="White page")
    worker.post(f"/qualifications/{kind}/request")
    worker.post(f"/assignments/{rejected.assignment_id}/appeal", text="It was full.")
    return ["/", f"/groups/{group}/preview", f"/assignments/{held.assignment_id}",
            f"/assignments/{paid.assignment_id}", "/earnings", "/qualifications", f"/qualifications/{kind}",
            f"/qualifications/{kind}/test", "/messages", "/messages/write",
            f"/assignments/{rejected.assignment_id}/appeal", f"/hits/{hit['HITId']}/report", "/account",
            "/nothing"]  # fmt: skip


@pytest.fixture
def faults_of(axe_finds):
    """What axe finds, and whether the page is wider than a small screen."""

    def faults(page):
        found = [f"{page.url}: {fault}" for fault in axe_finds(page)]
        page.set_viewport_size({"width": 320, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            found.append(f"{page.url} is wider than 320 pixels")
        return found

    return faults


def test_axe_finds_nothing_on_the_workers_pages(visit, faults_of, lab, post_hit, tasks):
    page = visit(color_scheme="light")
    faults = []
    for path in ["/signin", *pages_of(page.worker, lab, post_hit, tasks)]:
        page.set_viewport_size({"width": 1200, "height": 900})
        page.goto(path)
        faults += faults_of(page)
    assert faults == []


def test_axe_finds_nothing_on_the_operators_pages_in_the_dark(crowd, visit, faults_of, lab, people):
    with Database(crowd.database).writing() as db:
        accounts.add_operator(db, EMAIL, PASSWORD, real_time())
    page = visit(signed_in=False, color_scheme="dark")
    page.goto("/operator/signin")
    faults = faults_of(page)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Menu").click()
    links = page.get_by_role("navigation").get_by_role("link")
    expect(links).to_have_count(9)
    paths = [link.get_attribute("href") for link in links.all()]
    for path in paths:
        page.goto(path)
        faults += faults_of(page)
        deeper = page.locator("main table a").first
        if path in ("/operator/requesters/", "/operator/workers/") and deeper.count():
            page.goto(deeper.get_attribute("href"))
            faults += faults_of(page)
    assert faults == []
