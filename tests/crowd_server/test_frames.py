"""Task pages that the server itself hands out, and the frame around them."""

import re

import pytest
import requests
from sqlalchemy import update

from crowd_server.app import create_app
from crowd_server.frames import _sandbox
from crowd_server.questions.documents import ROOT, read_answers
from crowd_server.store.models.hits import Hit

PAGE = """<!doctype html><form action="https://www.mturk.com/mturk/externalSubmit" method="post">
<input type="hidden" name="assignmentId" id="assignmentId"></form>
<script src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script><script>parent.document</script>"""
HTML = (
    f'<HTMLQuestion xmlns="{ROOT}2011-11-11/HTMLQuestion.xsd"><HTMLContent><![CDATA[{PAGE}]]></HTMLContent>'
    "<FrameHeight>450</FrameHeight></HTMLQuestion>"
)
FORM = f"""<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd"><Overview><Title>Dogs</Title></Overview>
<Question>
<QuestionIdentifier>breed</QuestionIdentifier><IsRequired>true</IsRequired>
<QuestionContent><FormattedContent><![CDATA[<p>Which <b>breed</b>?</p>]]></FormattedContent></QuestionContent>
<AnswerSpecification><SelectionAnswer><Selections>
<Selection><SelectionIdentifier>whippet</SelectionIdentifier><Text>whippet</Text></Selection>
<Selection><SelectionIdentifier>beagle</SelectionIdentifier><Text>beagle</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question></QuestionForm>"""


def test_an_answer_of_many_fields_is_taken_however_it_is_sent(crowd, post_hit):
    hit = post_hit(crowd.requester(), Title="Many fields", MaxAssignments=2)
    for number, worker in enumerate(crowd.workers(2)):
        task = worker.accept(hit["HITGroupId"])
        fields = {"assignmentId": task.assignment_id} | {f"f{n}": "x" for n in range(1500)}
        sent = (
            {"files": {name: (None, value) for name, value in fields.items()}} if number else {"data": fields}
        )
        reply = requests.post(crowd.url + "/mturk/externalSubmit", timeout=20, **sent)
        assert reply.status_code == 200, reply.text


def sandbox(page):
    return re.search(r'<iframe[^>]* sandbox="([^"]*)"', page.text)[1].split()


def test_an_external_page_keeps_its_own_origin_and_cannot_leave_the_frame(crowd, post_hit):
    hit = post_hit(crowd.requester())
    (worker,) = crowd.workers()
    page = worker.get(f"/groups/{hit['HITGroupId']}/preview")
    assert "allow-same-origin" in sandbox(page)
    assert not any(token.startswith("allow-top-navigation") for token in sandbox(page))
    source = re.search(r'<iframe[^>]* src="([^"]+)"', page.text)[1]
    assert "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE" in source
    assert "workerId" not in source


def test_an_external_page_on_the_sites_own_address_does_not(crowd, post_hit):
    hit = post_hit(crowd.requester(), url=f"{crowd.url}/earnings", Title="On the site itself")
    assert "allow-same-origin" not in sandbox(crowd.workers()[0].get(f"/groups/{hit['HITGroupId']}/preview"))


def test_an_html_question_has_an_origin_of_its_own_and_posts_here(crowd, post_hit):
    lab = crowd.requester()
    hit = post_hit(lab, Question=HTML, Title="A page")
    (worker,) = crowd.workers()
    task = worker.accept(hit["HITGroupId"])
    assert task.frame.startswith(f"{crowd.url}/frames/{hit['HITId']}?")
    page = requests.get(task.frame, timeout=5)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "Set-Cookie" not in page.headers
    assert f'action="{crowd.url}/mturk/externalSubmit"' in page.text
    script = re.search(r'src="([^"]+\.js)"', page.text)[1]
    assert "turkSetAssignmentID" in requests.get(script, timeout=5).text
    assert task.submit(word="yes").status_code == 200
    assert requests.get(f"{crowd.url}/frames/NOSUCH", timeout=5).status_code == 404


def test_a_question_form(crowd, post_hit):
    lab = crowd.requester()
    hit = post_hit(lab, Question=FORM, Title="A form")
    (worker,) = crowd.workers()
    task = worker.accept(hit["HITGroupId"])
    page = requests.get(task.frame, timeout=5)
    assert "<p>Which <b>breed</b>?</p>" in page.text
    assert f'value="{task.assignment_id}"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in policy
    assert f"script-src {crowd.url}/frames/draft.js; default-src 'none';" in policy, (
        "one script, which is ours"
    )
    assert re.findall("<script[^>]*>", page.text) == [f'<script src="{crowd.url}/frames/draft.js">']
    assert task.submit(breed="cat").status_code == 409
    assert task.submit().status_code == 409
    assert task.submit(breed="whippet").status_code == 200
    (row,) = lab.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    assert read_answers(row["Answer"]) == {"breed": "whippet"}
    assert "<SelectionIdentifier>whippet</SelectionIdentifier>" in row["Answer"]


@pytest.mark.parametrize(
    "question", ["<a>", FORM.replace("Selection>", "Script>"), FORM.replace("breed", "<b/>")]
)
def test_a_task_that_cannot_be_shown_says_what_to_do(crowd, post_hit, question):
    hit = post_hit(crowd.requester(), Question=FORM, Title="Will break")
    with crowd.books.writing() as session:  # as an older release may have let it in
        session.execute(update(Hit).where(Hit.hit_id == hit["HITId"]).values(question=question))
    page = requests.get(f"{crowd.url}/frames/{hit['HITId']}", timeout=5)
    assert page.status_code == 500
    assert "This task is broken" in page.text
    assert "report it" in page.text
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]


def test_what_cannot_be_submitted(crowd, post_hit):
    hit = post_hit(crowd.requester(), MaxAssignments=2, Title="To be submitted wrongly")
    one, two = crowd.workers(2)
    task = one.accept(hit["HITGroupId"])
    assert task.submit().status_code == 409, "no answer"
    assert task.submit(workerId=two.worker_id, answer="x").status_code == 409, "another worker's"
    submit = f"{crowd.url}/mturk/externalSubmit"
    assert requests.post(submit, data={"assignmentId": "3GUESS", "answer": "x"}, timeout=5).status_code == 409
    assert requests.post(submit, data={"answer": "x"}, timeout=5).status_code == 409
    assert (
        requests.post(
            submit, data={"assignmentId": task.assignment_id, "a": "x" * 5_000_000}, timeout=5
        ).status_code
        == 413
    )
    assert two.get(f"/assignments/{task.assignment_id}").status_code == 404
    assert two.post(f"/assignments/{task.assignment_id}/return").status_code == 404
    assert task.submit(answer="x").status_code == 200


@pytest.mark.parametrize(
    ("public_url", "target", "own_origin"),
    [
        ("https://crowd.example", "https://crowd.example/earnings", False),
        ("https://crowd.example", "https://crowd.example:443/earnings", False),
        ("https://crowd.example:443", "https://CROWD.example/earnings", False),
        ("https://crowd.example", "https://crowd.example.:8443/task", False),
        ("https://crowd.example", "https://crowd.example:8443/task", False),
        ("https://crowd.example", "https://tasks.example/task", True),
        (None, "http://localhost:80/task", False),
        (None, "http://localhost:8000/task", True),
    ],
)
def test_no_task_page_on_our_host_keeps_its_origin(database, public_url, target, own_origin):
    app = create_app(database, public_url=public_url, is_local=public_url is None)
    with app.test_request_context(base_url=public_url or "http://localhost"):
        assert ("allow-same-origin" in _sandbox(target)) == own_origin
