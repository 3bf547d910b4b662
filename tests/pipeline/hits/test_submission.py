import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hits.kinds import KINDS
from pipeline.hits.submission import LONGEST_COMMENT, LONGEST_DOCUMENT, Answer, Asked, BadAnswer

ASKED = Asked("lease-1", {"a": (500, 375), "b": (64, 64)}, 3)
LABELS = KINDS["label_images"]


def document(**changes: Any) -> dict[str, Any]:
    answers = [
        {"key": "b", "answer": "no", "seconds": 0.5},
        {"key": "a", "answer": "yes", "seconds": 1},
    ]
    whole = {
        "schema": 1,
        "kind": "label_images",
        "lease": "lease-1",
        "active_seconds": 61.3,
        "quiz": 1,
        "comment": "",
        "answers": answers,
    }
    return {**whole, **changes}


def read(**changes: Any) -> Any:
    return LABELS.read(ASKED, json.dumps(document(**changes)))


def one(**changes: Any) -> list[dict[str, Any]]:
    first, second = document()["answers"]
    return [{**first, **changes}, second]


def test_a_whole_answer_is_read_in_the_order_given() -> None:
    submission = read(comment="too blurry")
    assert submission.answers == [Answer("b", "no", 0.5), Answer("a", "yes", 1.0)]
    assert (submission.active_seconds, submission.quiz, submission.comment) == (61.3, 1, "too blurry")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": 2}, "schema is 2"),
        ({"schema": True}, "schema is True"),
        ({"kind": "draw_box"}, "kind is 'draw_box'"),
        ({"lease": "lease-2"}, "lease is 'lease-2'"),
        ({"lease": None}, "lease is None"),
        ({"active_seconds": -1}, "seconds are -1"),
        ({"active_seconds": 10**400}, "seconds are 1000"),
        ({"active_seconds": float("nan")}, "NaN is not a number"),
        ({"active_seconds": True}, "seconds are True"),
        ({"quiz": None}, "quiz is None of 3 choices"),
        ({"quiz": 3}, "quiz is 3"),
        ({"quiz": True}, "quiz is True"),
        ({"comment": None}, "the comment is not text"),
        ({"comment": "x" * (LONGEST_COMMENT + 1)}, "the comment is longer"),
        ({"answers": {}}, "answers are not a list"),
        ({"answers": []}, "2 of 2 items have no answer"),
        ({"answers": [*one(), *one()]}, "an item is answered twice"),
        ({"answers": one(key="c")}, "key 'c' was not asked"),
        ({"answers": one(key=["b"])}, "key a list was not asked"),
        ({"answers": one(answer="maybe")}, "a label is 'maybe'"),
        ({"answers": one(answer=["yes"])}, "a label is a list"),
        ({"answers": one(seconds=1e300)}, "seconds are 1e+300"),
        ({"answers": one(gold=True)}, "missing or unknown fields: 'gold'"),
        ({"answers": ["yes", "no"]}, "an answer is not an object"),
        ({"more": 1}, "missing or unknown fields: 'more'"),
        ({"lease": "x" * LONGEST_DOCUMENT}, "the answer is longer"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        read(**changes)
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    "raw", ["", "yes", "{", "[]", "null", "1e999", "[" * 5000, '{"schema": 1, "schema": 1}', "9" * 5000]
)
def test_what_is_no_document_is_refused(raw: str) -> None:
    with pytest.raises(BadAnswer):
        LABELS.read(ASKED, raw)


def test_a_quiz_nobody_asked_may_not_be_answered() -> None:
    no_quiz = Asked(ASKED.lease, ASKED.sizes)
    assert LABELS.read(no_quiz, json.dumps(document(quiz=None))).quiz is None
    with pytest.raises(BadAnswer, match="quiz is 1 of 0"):
        LABELS.read(no_quiz, json.dumps(document()))


def test_a_comment_no_database_could_store_is_mended_not_refused() -> None:
    assert read(comment="half \ud83d, nul \0.").comment == "half ?, nul �."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(KINDS)), st.text() | json_values.map(json.dumps))
def test_nothing_posted_ever_crashes_the_reader(kind: str, raw: str) -> None:
    with pytest.raises(BadAnswer):
        KINDS[kind].read(ASKED, raw)


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(document())), json_values)
def test_no_field_of_nonsense_crashes_the_reader(kind: str, field: str, value: object) -> None:
    raw = json.dumps(document() | {"kind": kind} | {field: value})
    try:
        KINDS[kind].read(ASKED, raw)
    except BadAnswer as refused:
        assert refused.reason


@given(st.sampled_from(sorted(KINDS)), json_values)
def test_no_answer_of_nonsense_crashes_the_reader(kind: str, value: object) -> None:
    try:
        KINDS[kind].read(ASKED, json.dumps(document(kind=kind, answers=one(answer=value))))
    except BadAnswer as refused:
        assert refused.reason
