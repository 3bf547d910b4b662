"""QuestionForm and answer keys: read, shown harmlessly, answered strictly, graded by each mapping."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from crowd_server.errors import CrowdError, ParameterValidationError
from crowd_server.questions.answer_keys import read_answer_key
from crowd_server.questions.documents import ROOT, read_answers
from crowd_server.questions.forms import FormError, check_answers, read_form, write_form_answers

SELECTION = """<Question><QuestionIdentifier>{id}</QuestionIdentifier><IsRequired>{required}</IsRequired>
<QuestionContent><Text>Which?</Text></QuestionContent><AnswerSpecification><SelectionAnswer>
<MinSelectionCount>1</MinSelectionCount><MaxSelectionCount>{most}</MaxSelectionCount><Selections>
<Selection><SelectionIdentifier>a</SelectionIdentifier><Text>A</Text></Selection>
<Selection><SelectionIdentifier>b</SelectionIdentifier><Text>B</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question>"""
FREE = """<Question><QuestionIdentifier>{id}</QuestionIdentifier>
<QuestionContent><Text>Why?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer><Constraints>{rules}</Constraints></FreeTextAnswer></AnswerSpecification>
</Question>"""


def form(*parts):
    text = f'<QuestionForm xmlns="{ROOT}2017-11-06/QuestionForm.xsd">{"".join(parts)}</QuestionForm>'
    return read_form(ElementTree.fromstring(text))


def select(name="q", required="true", most=1):
    return SELECTION.format(id=name, required=required, most=most)


def content(inside):
    return form(f"<Overview>{inside}</Overview>", select()).parts[0]


@pytest.mark.parametrize("name", ["assignmentId", "csrf_token"])
def test_a_question_cannot_be_called_as_a_field_of_the_site(name):
    with pytest.raises(ParameterValidationError, match=name):
        form(select(name))


def test_of_a_repeated_text_the_first_counts():
    read = form(FREE.format(id="w", rules='<Length maxLength="3"/>'))
    assert check_answers(read, MultiDict([("w", "one"), ("w", "longer")])) == {"w": ["one"]}
    with pytest.raises(FormError):
        check_answers(read, MultiDict([("w", "longer"), ("w", "one")]))


def test_what_is_shown_is_escaped():
    assert content("<Title>a &lt;script&gt;</Title>") == "<h2>a &lt;script&gt;</h2>"
    assert content("<List><ListItem>x</ListItem></List>") == "<ul><li>x</li></ul>"
    formatted = content(
        '<FormattedContent><![CDATA[<p class="x" style="y">a <b>b</b> &amp;<br/>c</p>]]></FormattedContent>'
    )
    assert formatted == "<div><p>a <b>b</b> &amp;<br>c</p></div>"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<p onclick="x">a</p>',
        '<a href="javascript:x">a</a>',
        '<img src="data:text/html,x"/>',
        "<iframe/>",
        "<p>not closed",
        "<svg/>",
    ],
)
def test_formatted_content_with_anything_live_is_refused(inside):
    with pytest.raises(CrowdError):
        content(f"<FormattedContent><![CDATA[{inside}]]></FormattedContent>")
    with pytest.raises(ParameterValidationError):
        content("<Application/>")


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (select(), select()),
        ("<Question/>",),
        (FREE.format(id="f", rules='<Length minLength="x"/>'),),
        (select().replace("<SelectionIdentifier>b<", "<SelectionIdentifier>a<"),),
        (select().replace("SelectionAnswer", "FileUploadAnswer"),),
        (select().replace("<Selection>", "<Script>").replace("</Selection>", "</Script>"),),
        (select().replace("<MinSelectionCount>1", "<MinSelectionCount>3"),),
        (FREE.format(id="f", rules='<IsNumeric minValue="nan"/>'),),
        (FREE.format(id="f", rules='<IsNumeric minValue="2" maxValue="1"/>'),),
        (FREE.format(id="f", rules='<Length minLength="2" maxLength="1"/>'),),
        (FREE.format(id="f", rules=f'<Length minLength="{"9" * 5000}"/>'),),
        (FREE.format(id="workerId", rules=""),),
    ],
)
def test_forms_that_make_no_sense(parts):
    with pytest.raises(ParameterValidationError):
        form(*parts)


def test_answers_that_fit():
    asked = form(select("one"), select("many", most=2), FREE.format(id="free", rules=""))
    answers = check_answers(asked, MultiDict([("one", "a"), ("many", "a"), ("many", "b"), ("free", "<why>")]))
    assert read_answers(write_form_answers(asked, answers)) == {"one": "a", "many": "a|b", "free": "<why>"}


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ('<Length minLength="3"/>', "ab"),
        ('<Length maxLength="3"/>', "abcd"),
        ("<IsNumeric/>", "many"),
        ('<IsNumeric minValue="1" maxValue="9"/>', "10"),
        ("<IsNumeric/>", "1e99"),
    ],
)
def test_text_that_does_not_fit(rules, text):
    with pytest.raises(FormError):
        check_answers(form(FREE.format(id="f", rules=rules)), MultiDict({"f": text}))


@pytest.mark.parametrize("chosen", [[], ["c"], ["a", "b"]])
def test_choices_that_do_not_fit(chosen):
    with pytest.raises(FormError, match="q: "):
        check_answers(form(select()), MultiDict([("q", value) for value in chosen]))


@pytest.mark.parametrize(
    ("most", "given", "answer"),
    [
        (1, [("q.other", "a cat")], {"q": "a cat"}),
        (2, [("q", "a"), ("q.other", "a cat")], {"q": "a|a cat"}),
        (1, [("q", "a"), ("q.other", "a cat")], None),
        (1, [("q.other", " ")], None),
    ],
)
def test_something_else(most, given, answer):
    text = select(most=most).replace("</Selections>", "<OtherSelection/></Selections>")
    asked = form(text)
    if answer is None:
        with pytest.raises(FormError):
            check_answers(asked, MultiDict(given))
    else:
        assert read_answers(write_form_answers(asked, check_answers(asked, MultiDict(given)))) == answer


def test_a_question_that_is_not_required_may_stay_empty():
    assert check_answers(form(select(required="false")), MultiDict()) == {}


KEY = """<AnswerKey xmlns="{root}2005-10-01/AnswerKey.xsd">
<Question><QuestionIdentifier>q</QuestionIdentifier>
<AnswerOption><SelectionIdentifier>a</SelectionIdentifier><AnswerScore>10</AnswerScore></AnswerOption>
<AnswerOption><SelectionIdentifier>a</SelectionIdentifier><SelectionIdentifier>b</SelectionIdentifier>
<AnswerScore>3</AnswerScore></AnswerOption><DefaultScore>-2</DefaultScore></Question>{mapping}</AnswerKey>"""


def key(mapping=""):
    wrapped = mapping and f"<QualificationValueMapping>{mapping}</QualificationValueMapping>"
    return read_answer_key(KEY.format(root=ROOT, mapping=wrapped), form(select(most=2)))


RANGES = """<RangeMapping><SummedScoreRange><InclusiveLowerBound>3</InclusiveLowerBound>
<InclusiveUpperBound>10</InclusiveUpperBound><QualificationValue>7</QualificationValue></SummedScoreRange>
<OutOfRangeQualificationValue>0</OutOfRangeQualificationValue></RangeMapping>"""


@pytest.mark.parametrize(
    ("mapping", "exact", "both", "other"),
    [
        ("", 10, 3, -2),
        ("<PercentageMapping><MaximumSummedScore>16</MaximumSummedScore></PercentageMapping>", 63, 19, -12),
        ("<ScaleMapping><SummedScoreMultiplier>1.5</SummedScoreMultiplier></ScaleMapping>", 15, 5, -3),
        (RANGES, 7, 7, 0),
    ],
)
def test_each_mapping(mapping, exact, both, other):
    graded = key(mapping)
    assert graded.grade({"q": ["a"]}) == exact
    assert graded.grade({"q": ["b", "a"]}) == both
    assert graded.grade({"q": ["b"]}) == graded.grade({}) == other


@pytest.mark.parametrize(
    "mapping",
    [
        "<PercentageMapping><MaximumSummedScore>0</MaximumSummedScore></PercentageMapping>",
        "<ScaleMapping><SummedScoreMultiplier>inf</SummedScoreMultiplier></ScaleMapping>",
        "<NoMapping/>",
    ],
)
def test_mappings_that_make_no_sense(mapping):
    with pytest.raises(ParameterValidationError):
        key(mapping)


@pytest.mark.parametrize("score", ["9" * 4000, "2147483648", "-2147483648", "1_0", "\u0663", "1.5"])
def test_scores_that_no_database_holds(score):
    text = KEY.format(root=ROOT, mapping="").replace(">10<", f">{score}<")
    with pytest.raises(ParameterValidationError):
        read_answer_key(text, form(select(most=2)))


@given(
    score=st.integers(-(2**31) + 1, 2**31 - 1),
    times=st.floats(-(10**6), 10**6, allow_nan=False).map(lambda number: f"{number:.6f}"),
)
def test_no_grade_is_larger_than_a_database_holds(score, times):
    mapping = f"<ScaleMapping><SummedScoreMultiplier>{times}</SummedScoreMultiplier></ScaleMapping>"
    wrapped = f"<QualificationValueMapping>{mapping}</QualificationValueMapping>"
    text = KEY.format(root=ROOT, mapping=wrapped).replace(">10<", f">{score}<")
    grade = read_answer_key(text, form(select(most=2))).grade({"q": ["a"]})
    exact = math.floor(score * float(times) + 0.5)
    assert grade == min(max(exact, -(2**31) + 1), 2**31 - 1)


def test_a_key_must_fit_the_test():
    with pytest.raises(ParameterValidationError):
        read_answer_key(KEY.format(root=ROOT, mapping=""), form(select("another")))
