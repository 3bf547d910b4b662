"""What is written in a task survives a reload and the end of the time, and no other task gets it."""

import json
import re

import pytest
from playwright.sync_api import expect

from crowd_server.questions.documents import ROOT, read_answers

CHOICE = """<Selection><SelectionIdentifier>{0}</SelectionIdentifier><Text>{0}</Text></Selection>"""
FORM = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd">
<Question><QuestionIdentifier>breed</QuestionIdentifier><IsRequired>true</IsRequired>
<QuestionContent><Text>Which breed is it?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><Selections>{CHOICE.format("whippet")}{CHOICE.format("beagle")}</Selections>
</SelectionAnswer></AnswerSpecification></Question>
<Question><QuestionIdentifier>why</QuestionIdentifier><DisplayName>Why</DisplayName>
<QuestionContent><Text>How do you know?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer><NumberOfLinesSuggestion>4</NumberOfLinesSuggestion></FreeTextAnswer>
</AnswerSpecification></Question></QuestionForm>"""
PAGE = """<!doctype html><html lang="en"><title>Task</title>
<form method="post" action="https://www.mturk.com/mturk/externalSubmit">
<input type="hidden" name="assignmentId" id="assignmentId">
<input type="hidden" name="token" value="as it was">
<label>Word <input name="word"></label><label>Other word <input name="word"></label>
<label><input type="checkbox" name="sure" value="yes"> Sure</label>
<label>Colours <select name="colours" multiple><option>fawn<option>blue<option>white</select></label>
<output></output><button id="submitButton">Submit</button></form>
<script src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script><script>turkSetAssignmentID();
document.querySelector("[name=word]").addEventListener("input", (event) => {
  document.querySelector("output").value = event.target.value.length; });</script></html>"""
# Asks for drafts, fills the tab, and hands in whatever it was told.
SPY = """<!doctype html><html lang="en"><title>Spy</title>
<form method="post" action="https://www.mturk.com/mturk/externalSubmit">
<input type="hidden" name="assignmentId" id="assignmentId"><input type="hidden" name="loot"></form>
<script src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script><script>
turkSetAssignmentID();
const loot = [];
addEventListener("message", ({ data }) => loot.push(data));
for (const said of [{ crowd: "ready" }, { crowd: "hello" }, { crowd: "draft", draft: "x".repeat(100001) },
  { crowd: "draft", draft: { toString: "x" } }, null, "draft", { crowd: "ready", draft: "draft A B" }])
  parent.postMessage(said, "*");
setTimeout(() => {
  document.forms[0].elements.loot.value = JSON.stringify(loot);
  document.forms[0].submit();
}, 600);
</script></html>"""


def html(page):
    return (
        f'<HTMLQuestion xmlns="{ROOT}2011-11-11/HTMLQuestion.xsd"><HTMLContent><![CDATA[{page}]]>'
        "</HTMLContent><FrameHeight>450</FrameHeight></HTMLQuestion>"
    )


@pytest.fixture(scope="module")
def lab(crowd):
    return crowd.requester()


@pytest.fixture
def page(crowd, chromium):
    (worker,) = crowd.workers()
    context = chromium.new_context(base_url=crowd.url)
    (cookie,) = worker.web.cookies
    context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": crowd.url}])
    page = context.new_page()
    page.worker, complaints = worker, []
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def accept(page, hit):
    page.goto(f"/groups/{hit['HITGroupId']}/preview")
    page.get_by_role("button", name="Accept this HIT").click()
    return page.frame_locator("iframe.task")


def kept(page):
    return page.evaluate("Object.keys(sessionStorage)")


def answers(lab, hit):
    (row,) = lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    return read_answers(row["Answer"])


def test_a_form_is_as_it_was_after_a_reload(page, lab, post_hit):
    hit = post_hit(lab, Question=FORM, Title="A form to come back to")
    task = accept(page, hit)
    task.get_by_label("beagle").check()
    task.get_by_label("Why").fill("Its ears,\nand its nose.")
    page.reload()
    expect(task.get_by_label("beagle")).to_be_checked()
    expect(task.get_by_label("Why")).to_have_value("Its ears,\nand its nose.")
    task.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    assert answers(lab, hit) == {"breed": "beagle", "why": "Its ears,\nand its nose."}
    assert kept(page) == [], "what is handed in needs no draft"


def test_a_requesters_page_is_as_it_was_and_its_own_scripts_know(page, lab, post_hit):
    hit = post_hit(lab, Question=html(PAGE), Title="A page to come back to")
    task = accept(page, hit)
    task.get_by_label("Word", exact=True).fill("whippet")
    task.get_by_label("Other word").fill("hound")
    task.get_by_label("Sure").check()
    task.get_by_label("Colours").select_option(["fawn", "white"])
    page.reload()
    expect(task.get_by_label("Other word")).to_have_value("hound")
    expect(task.get_by_label("Word", exact=True)).to_have_value("whippet")
    expect(task.get_by_label("Sure")).to_be_checked()
    expect(task.get_by_label("Colours")).to_have_values(["fawn", "white"])
    expect(task.locator("output")).to_have_text("7")
    expect(task.locator("[name=token]")).to_have_value("as it was")
    assert page.frames[1].evaluate("self.origin") == "null", "in an origin of its own all the while"


def test_what_is_typed_while_the_draft_is_on_its_way_stays(page, lab, post_hit):
    task = accept(page, post_hit(lab, Question=html(PAGE), Title="Typed at once"))
    task.get_by_label("Other word").fill("new")
    late = [["text word", "old"], ["text word", "old"]]
    page.evaluate(
        """draft => document.querySelector("iframe.task")
             .contentWindow.postMessage({ crowd: "draft", draft }, "*")""",
        json.dumps(late),
    )
    page.wait_for_timeout(200)
    expect(task.get_by_label("Other word")).to_have_value("new")


def test_when_time_is_over_the_draft_waits_for_the_hit_to_be_accepted_again(page, lab, post_hit, move_clock):
    hit = post_hit(lab, Question=FORM, Title="Too slow", AssignmentDurationInSeconds=60)
    task = accept(page, hit)
    task.get_by_label("Why").fill("I was not quick enough.")
    task.get_by_label("whippet").check()
    move_clock(120)
    task.get_by_role("button", name="Submit").click()
    expect(task.get_by_role("heading", name="Not submitted")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("kept in this tab")
    task = accept(page, hit)
    expect(task.get_by_label("Why")).to_have_value("I was not quick enough.")
    task.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    assert answers(lab, hit)["why"] == "I was not quick enough."


def test_one_task_learns_nothing_of_anothers_draft_and_cannot_fill_the_tab(page, lab, post_hit):
    task = accept(page, post_hit(lab, Question=FORM, Title="With a secret"))
    task.get_by_label("Why").fill("a secret")
    (mine,) = kept(page)
    spy = post_hit(lab, Question=html(SPY), Title="A spy")
    accept(page, spy)
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    assert "secret" not in answers(lab, spy)["loot"]
    assert kept(page) == [mine]
    page.go_back()
    assert re.fullmatch(r"draft A\w{13} 3\w{29}", mine), "kept by worker and HIT"
