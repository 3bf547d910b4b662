import contextlib
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from pipeline.hits.desk import LeaseRefused, NothingToDo
from pipeline.hits.kinds import KINDS
from pipeline.hits.question import Question
from sites.sample_desk import SampleDesk
from sites.tasks import submit_address

CROWD = "https://crowd.example:8443"
IDS = {"assignmentId": "A1", "hitId": "H1", "workerId": "W1", "turkSubmitTo": CROWD}
QUESTION = re.compile(r'<script type="application/json" id="question">(.*?)</script>', re.DOTALL)


def question_on(page: str) -> Question:
    (text,) = QUESTION.findall(page)
    return Question.from_json(json.loads(text))


@pytest.mark.parametrize("kind", KINDS)
def test_an_accepted_assignment_gets_its_leased_question(client: FlaskClient, kind: str) -> None:
    page = client.get(f"/hits/{kind}/n02121620", query_string=IDS)
    question = question_on(page.text)
    assert (page.status_code, question.kind, question.lease) == (200, kind, "example-lease")
    assert f'action="{CROWD}/mturk/externalSubmit"' in page.text
    assert 'name="assignmentId" value="A1"' in page.text


@pytest.mark.parametrize("query", [{}, {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "H1"}])
def test_a_preview_leases_nothing_and_submits_nowhere(client: FlaskClient, query: dict[str, str]) -> None:
    page = client.get("/hits/label_images/n02121620", query_string=query)
    assert question_on(page.text).lease == ""
    assert 'action=""' in page.text
    assert "Preview." in page.text


def test_words_from_outside_stay_words(client: FlaskClient, desk: SampleDesk, monkeypatch: Any) -> None:
    evil = '</script><script>alert(1)</script>" onload="x'
    plain = SampleDesk.open

    def hostile(self: SampleDesk, *ids: str) -> Question:
        data = plain(self, *ids).to_json()
        data["synset"] = {**data["synset"], "gloss": evil, "words": [evil]}
        return Question.from_json(data)

    monkeypatch.setattr(SampleDesk, "open", hostile)
    page = client.get("/hits/label_images/n02121620", query_string=IDS)
    assert "<script>alert" not in page.text
    assert question_on(page.text).synset.gloss == evil


@pytest.mark.parametrize(
    "target",
    [
        "",
        "https://evil.example",
        "http://crowd.example:8443",
        "https://crowd.example",
        "https://crowd.example:8443.evil.example",
        "https://crowd.example:8443@evil.example",
        "https://evil.example/?https://crowd.example:8443",
        "//crowd.example:8443",
        "https://[",
        "javascript:alert(1)",
        CROWD + "\\@evil.example",
        CROWD + "/?next=https://evil.example",
        CROWD + "/#x",
    ],
)
def test_answers_go_to_the_crowd_and_nowhere_else(client: FlaskClient, target: str) -> None:
    page = client.get("/hits/label_images/n02121620", query_string={**IDS, "turkSubmitTo": target})
    assert page.status_code == 400
    assert "Open the HIT there again" in page.text


@pytest.mark.parametrize(
    ("target", "address"),
    [
        (CROWD, CROWD + "/mturk/externalSubmit"),
        (CROWD + "/", CROWD + "/mturk/externalSubmit"),
        (CROWD + "/worker/", CROWD + "/worker/mturk/externalSubmit"),
    ],
)
def test_the_submit_address_joins_with_or_without_a_slash(target: str, address: str) -> None:
    assert submit_address(target, CROWD) == address


@given(st.text() | st.text().map(lambda tail: CROWD + tail))
def test_no_submit_address_ever_leaves_the_crowd(target: str) -> None:
    with contextlib.suppress(BadRequest):
        assert submit_address(target, CROWD).startswith(CROWD + "/")


@pytest.mark.parametrize("name", ["assignmentId", "hitId", "workerId"])
@pytest.mark.parametrize("value", ["", "a b", "x" * 200, "A\0", "ä", "'--"])
def test_damaged_identifiers_are_refused(client: FlaskClient, name: str, value: str) -> None:
    page = client.get("/hits/label_images/n02121620", query_string={**IDS, name: value})
    assert page.status_code == 400
    assert name in page.text


@pytest.mark.parametrize("path", ["/hits/label_cats/n1", "/hits/label_images/a%20b", "/hits", "/", "/x/../y"])
def test_other_addresses_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [(NothingToDo, 409, "costs you nothing"), (LeaseRefused, 403, "another worker")],
)
def test_a_worker_is_told_kindly_why_there_is_no_task(
    client: FlaskClient, monkeypatch: Any, refusal: type[Exception], status: int, words: str
) -> None:
    def refuse(*_: str) -> Question:
        raise refusal

    monkeypatch.setattr(SampleDesk, "open", refuse)
    page = client.get("/hits/label_images/n02121620", query_string=IDS)
    assert (page.status_code, words in page.text, QUESTION.findall(page.text)) == (status, True, [])


def test_pictures_are_served_and_forged_names_are_not(client: FlaskClient) -> None:
    picture = client.get("/pictures/chelsea.png")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert "private" in picture.headers["Cache-Control"]
    assert client.get("/pictures/chelsea").status_code == 404
    assert client.get("/pictures/..%2f..%2fetc%2fpasswd").status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("page.css", 200),
        ("label_images/page.js", 200),
        ("label_images/hit.toml", 404),
        ("label_images/answer.example.json", 404),
        ("../sites/app.py", 404),
        ("nothing.js", 404),
    ],
)
def test_only_scripts_and_styles_are_assets(client: FlaskClient, name: str, status: int) -> None:
    assert client.get(f"/assets/now/{name}").status_code == status


def test_scripts_and_styles_are_kept_by_browsers_until_they_change(client: FlaskClient) -> None:
    page = client.get("/hits/label_images/n02121620", query_string=IDS)
    (style,) = re.findall(r'href="(/assets/[^"]*/page.css)"', page.text)
    assert "immutable" in client.get(style).headers["Cache-Control"]
    assert "immutable" not in client.get("/assets/before/page.css").headers["Cache-Control"]


def test_the_example_question_is_asked_in_order(client: FlaskClient) -> None:
    page = client.get("/hits/check_box/n13388245?" + urlencode(IDS))
    assert [item.key for item in question_on(page.text).items][:2] == ["item-01", "item-02"]
