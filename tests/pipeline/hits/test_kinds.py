import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hits.check_box import Fault, Verdict
from pipeline.hits.check_duplicate import Likeness
from pipeline.hits.draw_box import NoBox
from pipeline.hits.kind import LONGEST_TITLE, template_file
from pipeline.hits.kinds import KINDS
from pipeline.hits.label_images import Look
from pipeline.hits.question import Question
from pipeline.hits.submission import BadAnswer

SIZE = (500, 375)
HOURLY_CENTS = 1500


def value(kind: str, answer: object) -> Any:
    return KINDS[kind].read_value(answer, SIZE)


@pytest.mark.parametrize(
    ("kind", "answer", "meaning"),
    [
        ("label_images", "report", Look.REPORT),
        ("draw_box", {"box": [0, 0, 499, 374]}, (0, 0, 499, 374)),
        ("draw_box", {"none": "all_boxed"}, NoBox.ALL_BOXED),
        ("check_box", {"good": True}, Verdict(True)),
        ("check_box", {"good": None}, Verdict(None)),
        ("check_box", {"good": False, "reason": "cut"}, Verdict(False, Fault.CUT)),
        ("check_coverage", {"covered": False}, False),
        ("check_coverage", {"covered": None}, None),
        ("check_duplicate", "similar", Likeness.SIMILAR),
    ],
)
def test_answers_mean_what_they_say(kind: str, answer: object, meaning: object) -> None:
    assert value(kind, answer) == meaning


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("label_images", None),
        ("label_images", True),
        ("draw_box", {"box": [0, 0, 500, 374]}),
        ("draw_box", {"box": [-1, 0, 10, 10]}),
        ("draw_box", {"box": [10, 10, 5, 20]}),
        ("draw_box", {"box": [10, 10, 10, 20]}),
        ("draw_box", {"box": [0.0, 0, 10, 10]}),
        ("draw_box", {"box": [False, 0, 10, 10]}),
        ("draw_box", {"box": [0, 0, 10]}),
        ("draw_box", {"box": [0, 0, 10, 10**300]}),
        ("draw_box", {"box": "0,0,10,10"}),
        ("draw_box", {"none": "tired"}),
        ("draw_box", {"none": "absent", "box": [0, 0, 10, 10]}),
        ("draw_box", {}),
        ("check_box", {"good": False}),
        ("check_box", {"good": True, "reason": "cut"}),
        ("check_box", {"good": False, "reason": "ugly"}),
        ("check_box", {"good": 1}),
        ("check_box", "good"),
        ("check_coverage", {"covered": 1}),
        ("check_coverage", {}),
        ("check_duplicate", "SAME"),
    ],
)
def test_other_answers_are_refused(kind: str, answer: object) -> None:
    with pytest.raises(BadAnswer):
        value(kind, answer)


edges = st.integers(-2, 502)


@given(st.tuples(edges, edges, edges, edges))
def test_a_box_is_read_just_when_it_lies_in_the_picture(box: tuple[int, int, int, int]) -> None:
    xmin, ymin, xmax, ymax = box
    fits = 0 <= xmin < xmax < SIZE[0] and 0 <= ymin < ymax < SIZE[1]
    try:
        assert value("draw_box", {"box": list(box)}) == box
        assert fits
    except BadAnswer:
        assert not fits


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_terms_are_what_the_crowd_takes_and_pay_fairly(kind: Any) -> None:
    assert len(kind.titled("tabby, tabby cat " * 20, 48)) <= LONGEST_TITLE
    assert "{" not in kind.titled("tabby", 1) + kind.described("tabby", 1)
    seconds = kind.seconds_per_item * kind.items_per_hit
    assert kind.reward_cents >= HOURLY_CENTS * seconds / 3600
    assert 5 * seconds <= kind.seconds_allowed <= 20 * seconds


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_example_answer_answers_the_example_question(kind: Any) -> None:
    question = Question.from_json(json.loads(template_file(kind.name, "question.example.json")))
    answer = template_file(kind.name, "answer.example.json")
    assert question.kind == kind.name
    assert len(question.items) == kind.items_per_hit
    assert len(kind.read(question.asked(), answer).answers) == kind.items_per_hit


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_survives_its_json(kind: str) -> None:
    data = json.loads(template_file(kind, "question.example.json"))
    assert json.loads(json.dumps(Question.from_json(data).to_json())) == data
