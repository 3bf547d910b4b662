"""The workers' site on a phone: room for the task, a menu that needs no script, targets for fingertips."""

import pytest
from playwright.sync_api import expect

from crowd_server.questions.documents import ROOT

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
FORM = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd"><Question>
<QuestionIdentifier>why</QuestionIdentifier><QuestionContent><Text>Why?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer/></AnswerSpecification></Question></QuestionForm>"""
TALL = (
    f'<HTMLQuestion xmlns="{ROOT}2011-11-11/HTMLQuestion.xsd"><HTMLContent><![CDATA[<p>Long]]></HTMLContent>'
    "<FrameHeight>2000</FrameHeight></HTMLQuestion>"
)
# What can be touched and stands by itself; a link within a sentence is as large as its words.
TARGETS = """() => [...document.querySelectorAll(":is(main, .top) :is(a, button, select, summary, input)")]
  .filter((one) => one.type !== "hidden" && one.checkVisibility() && !one.closest(".lead, .unseen, .skip"))
  .map((one) => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
  .map(([name, { width, height }]) => [name, [width, height]])"""


@pytest.fixture(scope="module")
def lab(crowd):
    return crowd.requester()


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def phone(crowd, chromium, request):
    (worker,) = crowd.workers()
    context = chromium.new_context(base_url=crowd.url, java_script_enabled=request.param, **PHONE)
    (cookie,) = worker.web.cookies
    context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": crowd.url}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.worker = worker
    yield page
    context.close()


def test_the_task_has_the_screen_and_the_bar_stays(phone, lab, post_hit):
    hit = post_hit(
        lab, Question=TALL, Title="A very long title that no phone has room for, whatever one does"
    )
    phone.goto(f"/groups/{hit['HITGroupId']}/preview")
    phone.get_by_role("button", name="Accept this HIT").click()
    phone.wait_for_url("**/assignments/*")
    bar = phone.locator("header.top")
    assert bar.bounding_box()["height"] <= 64, "a tenth of the screen"
    phone.mouse.wheel(0, 900)
    phone.locator("iframe.task").evaluate("frame => scrollTo(0, 900)")
    assert bar.bounding_box()["y"] == 0
    expect(phone.locator(".timer")).to_be_in_viewport()
    expect(phone.get_by_role("button", name="Return")).to_be_hidden()
    phone.get_by_role("button", name="Menu").tap()
    for name in ("Auto-accept next", "Return"):
        assert phone.get_by_role("button", name=name).bounding_box()["height"] >= 44
    expect(phone.get_by_role("link", name="Report")).to_be_visible()
    phone.once("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="Return").tap()
    expect(phone.get_by_role("heading", name="HITs for you")).to_be_visible()


def test_a_task_that_fits_the_window_fills_it(phone, lab, post_hit):
    hit = post_hit(lab, Title="Fits")
    phone.goto(f"/groups/{hit['HITGroupId']}/preview")
    phone.get_by_role("button", name="Accept this HIT").click()
    frame = phone.locator("iframe.task").bounding_box()
    assert frame["height"] > 0.88 * 640
    assert frame["y"] + frame["height"] <= 641, "and nothing of it is below the edge"


def test_the_menu_leads_everywhere(phone):
    phone.goto("/")
    assert phone.locator("header.top").bounding_box()["height"] <= 64, "one row"
    expect(phone.get_by_role("link", name="Earnings")).to_be_hidden()
    phone.get_by_role("button", name="Menu").tap()
    phone.get_by_role("link", name="Earnings").tap()
    expect(phone.get_by_role("heading", name="Earnings")).to_be_visible()
    phone.get_by_role("button", name="Menu").tap()
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("link", name="Messages")).to_be_hidden()


def test_targets_are_as_large_as_fingertips(phone, lab, post_hit):
    kind = lab.create_qualification_type(
        Name=f"For {phone.worker.worker_id}", Description="By test.", QualificationTypeStatus="Active",
        Test=FORM, TestDurationInSeconds=600,
    )["QualificationType"]["QualificationTypeId"]  # fmt: skip
    wants = [{"QualificationTypeId": kind, "Comparator": "Exists"}]
    post_hit(lab, Title="Asks for something", QualificationRequirements=wants)
    held = post_hit(lab, Title="Held", MaxAssignments=2)
    rejected = phone.worker.work(post_hit(lab, Title="Rejected", MaxAssignments=2)["HITGroupId"])
    lab.reject_assignment(AssignmentId=rejected.assignment_id, RequesterFeedback="Nothing was ticked.")
    phone.worker.accept(held["HITGroupId"])
    for path in ("/", "/earnings", "/qualifications", "/messages", "/account"):
        phone.goto(path)
        measured = dict(phone.evaluate(TARGETS))
        assert {name: size for name, size in measured.items() if min(size) < 24} == {}, path
    phone.goto("/")
    measured = dict(phone.evaluate(TARGETS))
    for name in ("How to get it", "Held", "dog", "Go on with Held"):
        assert measured[name][1] >= 44, name


def test_what_was_rejected_reads_as_not_earned(phone, lab, post_hit):
    task = phone.worker.work(post_hit(lab, Title="Not paid for", Reward="0.37")["HITGroupId"])
    lab.reject_assignment(AssignmentId=task.assignment_id, RequesterFeedback="Nothing was ticked.")
    phone.goto("/earnings")
    row = phone.locator("tr[data-state=rejected]")
    expect(row.locator("s")).to_have_text("$0.37")
    expect(row).to_contain_text("not earned")
    shown = row.locator("time")
    expect(shown).to_contain_text("UTC")
    day = phone.locator("tbody th a").get_attribute("href").rsplit("/", 1)[1]
    assert shown.get_attribute("datetime").startswith(day), "a row is on the day that it is counted on"
