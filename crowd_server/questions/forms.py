"""QuestionForm: Mechanical Turk's own form language, read strictly, ready to be shown and answered.

A requester's regular expression is for the browser's `pattern`; run here, it could hold the server up.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from crowd_server.questions.content import block, child_of, content_of, local_name, text_of, wrong
from crowd_server.questions.documents import ANSWERS, RESERVED, UNWRITABLE

OTHER = ".other"
# The field in which the site proves that a form is its own, a qualification test too.
OWN_FIELD = "csrf_token"
LONGEST = 10_000


class FormError(Exception):
    """A worker's answers do not fit the form; the message says which and why."""


@dataclass(frozen=True)
class FreeText:
    """A text answer and its limits."""

    default: str = ""
    lines: int = 1
    shortest: int = 0
    longest: int = LONGEST
    numeric: bool = False
    least: float | None = None
    most: float | None = None
    pattern: str | None = None
    pattern_error: str = "The answer does not have the expected form."

    def problem(self, text: str) -> str | None:
        """Why a text is not an answer, or None."""
        if not self.shortest <= len(text) <= self.longest:
            return f"Write {self.shortest} to {self.longest} characters."
        if self.numeric and (
            not re.fullmatch(r"[+-]?\d{1,15}(\.\d{0,9})?", text) or not self._within(float(text))
        ):
            return "Write a number within the limits."
        return None

    def _within(self, number: float) -> bool:
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)


@dataclass(frozen=True)
class Selection:
    """Choices, by identifier; `style` is a suggestion."""

    choices: dict[str, Markup]
    least: int = 1
    most: int = 1
    style: str = "radiobutton"
    other: bool = False

    def problem(self, chosen: list[str]) -> str | None:
        """Why these are not an answer, or None."""
        if not set(chosen) <= set(self.choices):
            return "Choose from the list."
        return self.wrong_number(len(set(chosen)))

    def wrong_number(self, number: int) -> str | None:
        """Why so many choices are not an answer, or None."""
        if self.least <= number <= self.most:
            return None
        return f"Choose {self.least}." if self.least == self.most else f"Choose {self.least} to {self.most}."


@dataclass(frozen=True)
class FormQuestion:
    """One question of a form."""

    identifier: str
    name: str
    required: bool
    content: Markup
    answer: FreeText | Selection


@dataclass(frozen=True)
class Form:
    """A QuestionForm; `parts` are overviews (markup) and questions in their order."""

    parts: list[Markup | FormQuestion] = field(default_factory=list)

    @property
    def questions(self) -> list[FormQuestion]:
        """The questions alone."""
        return [part for part in self.parts if isinstance(part, FormQuestion)]


def read_form(root: Element) -> Form:
    """The form of a QuestionForm element; ParameterValidationError names what is wrong."""
    parts: list[Markup | FormQuestion] = []
    for element in root:
        name = local_name(element)
        if name == "Overview":
            parts.append(content_of(element))
        elif name == "Question":
            parts.append(_question(element))
        else:
            raise wrong(f"{name} has no place in a QuestionForm.")
    form = Form(parts)
    identifiers = [question.identifier for question in form.questions]
    if not identifiers or len(set(identifiers)) != len(identifiers):
        raise wrong("A QuestionForm needs questions, each with a QuestionIdentifier of its own.")
    if taken := set(identifiers) & {*RESERVED, OWN_FIELD}:
        raise wrong(f"{taken.pop()} cannot be a QuestionIdentifier.")
    return form


def _whole(element: Element, name: str, otherwise: int) -> int:
    text = text_of(element, name, str(otherwise))
    if not re.fullmatch(r"\d{1,6}", text):
        raise wrong(f"{name} must be a whole number.")
    return int(text)


def _question(element: Element) -> FormQuestion:
    identifier, content = text_of(element, "QuestionIdentifier"), child_of(element, "QuestionContent")
    specification = child_of(element, "AnswerSpecification")
    if not identifier or content is None or specification is None or len(specification) != 1:
        raise wrong("A Question needs QuestionIdentifier, QuestionContent and AnswerSpecification.")
    return FormQuestion(
        identifier,
        text_of(element, "DisplayName"),
        text_of(element, "IsRequired", "false") in ("true", "1"),
        content_of(content),
        _answer(specification[0]),
    )


def _answer(element: Element) -> FreeText | Selection:
    kind = local_name(element)
    if kind == "FreeTextAnswer":
        return _free_text(element)
    if kind == "SelectionAnswer":
        return _selection(element)
    raise wrong(f"{kind} is not supported.")


def _free_text(element: Element) -> FreeText:
    constraints = child_of(element, "Constraints")
    found: dict[str, object] = {}
    for rule in constraints if constraints is not None else ():
        given = rule.attrib
        try:
            if local_name(rule) == "IsNumeric":
                found |= {
                    "numeric": True,
                    "least": _number(given.get("minValue")),
                    "most": _number(given.get("maxValue")),
                }
            elif local_name(rule) == "Length":
                found |= {
                    "shortest": int(given.get("minLength", 0)),
                    "longest": int(given.get("maxLength", LONGEST)),
                }
            elif local_name(rule) == "AnswerFormatRegex":
                found |= {"pattern": given["regex"]}
                found |= {"pattern_error": given["errorText"]} if "errorText" in given else {}
        except (ValueError, KeyError, re.error) as error:
            raise wrong(f"{local_name(rule)} is wrong: {error}.") from error
    read = FreeText(
        default=text_of(element, "DefaultText"),
        lines=_whole(element, "NumberOfLinesSuggestion", 1),
        **found,  # type: ignore[arg-type]
    )
    least = -math.inf if read.least is None else read.least
    most = math.inf if read.most is None else read.most
    if read.shortest > read.longest or least > most:
        raise wrong("No answer can be both long and short, or large and small, enough.")
    return read


def _number(text: str | None) -> float | None:
    number = None if text is None else float(text)
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{text} is not a number to compare with")
    return number


def _selection(element: Element) -> Selection:
    holder = child_of(element, "Selections")
    choices: dict[str, Markup] = {}
    other = False
    for choice in holder if holder is not None else ():
        if local_name(choice) == "OtherSelection":
            other = True
            continue
        if local_name(choice) != "Selection":
            raise wrong(f"{local_name(choice)} has no place in Selections.")
        identifier = text_of(choice, "SelectionIdentifier")
        if not identifier or identifier in choices:
            raise wrong("Each Selection needs a SelectionIdentifier of its own.")
        choices[identifier] = Markup("").join(
            block(part) for part in choice if local_name(part) != "SelectionIdentifier"
        )
    if not choices:
        raise wrong("A SelectionAnswer needs Selections.")
    style = text_of(element, "StyleSuggestion", "radiobutton")
    least, most = _whole(element, "MinSelectionCount", 1), _whole(element, "MaxSelectionCount", 1)
    if least > len(choices) + other:
        raise wrong(f"MinSelectionCount asks for {least} of {len(choices) + other} selections.")
    return Selection(choices, least, max(most, least), style, other)


def check_answers(form: Form, fields: MultiDict[str, str]) -> dict[str, list[str]]:
    """A worker's answers by question; FormError lists all that do not fit.

    What was written in place of a choice is under the question's identifier and `OTHER`.
    """
    answers: dict[str, list[str]] = {}
    problems: list[str] = []
    for question in form.questions:
        name = question.identifier
        values = fields.getlist(name)
        if isinstance(question.answer, FreeText):  # of a field that is repeated, the first counts
            values = values[:1]
        given = [value for value in values if value != ""]
        other = fields.get(name + OTHER, "").strip()[:LONGEST]
        if not (given or other or question.required):
            continue
        problem = _problem(question, given, other)
        if problem:
            problems.append(f"{question.name or name}: {problem}")
        answers |= {name: given} | ({name + OTHER: [other]} if other else {})
    if problems:
        raise FormError("\n".join(problems))
    return answers


def _problem(question: FormQuestion, given: list[str], other: str) -> str | None:
    answer = question.answer
    if isinstance(answer, Selection) and other and answer.other:
        return answer.problem(given) if given and answer.most > 1 else answer.wrong_number(len(given) + 1)
    if not given:
        return "An answer is needed."
    return answer.problem(given[0]) if isinstance(answer, FreeText) else answer.problem(given)


def write_form_answers(form: Form, answers: Mapping[str, list[str]]) -> str:
    """The QuestionFormAnswers document of a form."""
    root = Element("QuestionFormAnswers", xmlns=ANSWERS)
    for question in form.questions:
        answer = SubElement(root, "Answer")
        SubElement(answer, "QuestionIdentifier").text = question.identifier
        kind = "FreeText" if isinstance(question.answer, FreeText) else "SelectionIdentifier"
        for value in answers.get(question.identifier, []):
            SubElement(answer, kind).text = UNWRITABLE.sub("\ufffd", value)
        for value in answers.get(question.identifier + OTHER, []):
            SubElement(answer, "OtherSelectionText").text = UNWRITABLE.sub("\ufffd", value)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")
