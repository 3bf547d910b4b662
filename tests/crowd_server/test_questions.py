"""Question documents: what is read, what is refused."""

from fnmatch import fnmatch

import pytest

from crowd_server.errors import CrowdError, ParameterValidationError
from crowd_server.looks.page import LOOPBACK
from crowd_server.questions.documents import (
    ROOT,
    check_url,
    frame_url,
    is_loopback,
    read_answers,
    read_question,
    write_answers,
)


def external(url, height="0"):
    return (
        f'<ExternalQuestion xmlns="{ROOT}2006-07-14/ExternalQuestion.xsd">'
        f"<ExternalURL>{url}</ExternalURL><FrameHeight>{height}</FrameHeight></ExternalQuestion>"
    )


def test_an_external_question():
    question = read_question(external("https://example.org/a?b=1&amp;c=2", "400"))
    assert (question.kind, question.content, question.frame_height) == (
        "external",
        "https://example.org/a?b=1&c=2",
        400,
    )


def test_an_html_question():
    text = (
        f'<HTMLQuestion xmlns="{ROOT}2011-11-11/HTMLQuestion.xsd"><HTMLContent><![CDATA[<p>&]]></HTMLContent>'
    )
    question = read_question(text + "<FrameHeight>450</FrameHeight></HTMLQuestion>")
    assert (question.kind, question.content, question.frame_height) == ("html", "<p>&", 450)


def test_a_page_that_is_not_in_cdata_is_not_cut_off():
    text = f'<HTMLQuestion xmlns="{ROOT}2011-11-11/HTMLQuestion.xsd"><HTMLContent>Is it <b>a dog</b>?'
    with pytest.raises(ParameterValidationError, match="CDATA"):
        read_question(text + "</HTMLContent><FrameHeight>0</FrameHeight></HTMLQuestion>")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not XML",
        "<ExternalQuestion/>",
        external("https://example.org/?a=1&b=2"),
        external("https://example.org/", "tall"),
        external("https://example.org/", "-1"),
        external(""),
        external("javascript:alert(1)"),
        external("//example.org"),
        external("http://example.org/"),
        external("http://127.0.0.1.example.org/"),
        external('https://example.org/"onload="x'),
        external("https://example.org/" + "x" * 65535),
        '<!DOCTYPE q [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + external("https://example.org/&e;"),
        '<!DOCTYPE q [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + external("https://example.org/&b;"),
        "<a>" * 5000,
    ],
)
def test_bad_questions(text):
    with pytest.raises(CrowdError):
        read_question(text)


def test_a_bomb_does_not_go_off():
    bomb = '<!DOCTYPE l [<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
    )
    with pytest.raises(ParameterValidationError) as caught:
        read_question(bomb + "]><l>&l9;</l>")
    assert caught.value.turk_code == "AWS.MechanicalTurk.XMLParseError"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("a.localhost", True),
        ("10.0.0.1", False),
        ("x.org", False),
    ],
)
def test_loopback(host, loopback):
    assert is_loopback(host) == loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "tasks.localhost"])
def test_http_is_fine_where_the_sites_policy_lets_it(host):
    check_url(f"http://{host}:8000/task?x=1")
    assert any(fnmatch(f"http://{host}:8000", source) for source in LOOPBACK.split())


@pytest.mark.parametrize("host", ["[::1]", "127.9.9.9", "localhost.example.org"])
def test_http_is_refused_where_a_policy_cannot_name_the_host(host):
    with pytest.raises(CrowdError, match="HTTPS"):
        check_url(f"http://{host}:8000/")


def test_the_frame_keeps_the_address_and_adds_to_it():
    url = frame_url("https://x.org/a?b=c#d", "https://crowd.org", "H", "A", "W")
    assert (
        url == "https://x.org/a?b=c&assignmentId=A&hitId=H&workerId=W&turkSubmitTo=https%3A%2F%2Fcrowd.org#d"
    )
    assert "workerId" not in frame_url("https://x.org", "https://crowd.org", "H")
    assert "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE" in frame_url("https://x.org", "https://crowd.org", "H")


def test_answers_survive_writing_and_reading():
    fields = {"a": "<b>&\"'", "b": "line\nline", "c": "\x00\ud800"}
    assert read_answers(write_answers(fields)) == {"a": "<b>&\"'", "b": "line\nline", "c": "\ufffd\ufffd"}
    assert read_answers("") == {}
