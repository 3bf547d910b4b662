"""Answer keys of qualification tests: scores for exact selections, and the mapping to a value."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from crowd_server.errors import ParameterValidationError
from crowd_server.questions.documents import ROOT, parse_xml
from crowd_server.questions.forms import Form, Selection

NAMESPACE = f"{{{ROOT}2005-10-01/AnswerKey.xsd}}"
MOST = 2**31 - 1


@dataclass(frozen=True)
class Range:
    """Summed scores from `low` to `high`, both included, and the value that they give."""

    low: int
    high: int
    value: int


@dataclass(frozen=True)
class AnswerKey:
    """Scores by question and exact set of selections, defaults, and one mapping at most."""

    scores: dict[str, dict[frozenset[str], int]]
    defaults: dict[str, int]
    percentage_of: int | None = None
    multiplier: float | None = None
    ranges: tuple[Range, ...] = ()
    out_of_range: int | None = None

    def grade(self, answers: Mapping[str, list[str]]) -> int:
        """The qualification value of a worker's answers, cut off at what 32 bits hold."""
        return min(max(self._value(answers), -MOST), MOST)

    def _value(self, answers: Mapping[str, list[str]]) -> int:
        total = sum(
            options.get(frozenset(answers.get(question, ())), self.defaults.get(question, 0))
            for question, options in self.scores.items()
        )
        if self.percentage_of is not None:
            return _round(100 * total / self.percentage_of)
        if self.multiplier is not None:
            return _round(total * self.multiplier)
        if self.out_of_range is not None:
            return next((r.value for r in self.ranges if r.low <= total <= r.high), self.out_of_range)
        return total


def _round(number: float) -> int:
    return math.floor(number + 0.5)


def read_answer_key(text: str, form: Form) -> AnswerKey:
    """Read a key for a test; ParameterValidationError says what does not fit."""
    root = parse_xml(text, "AnswerKey")
    if root.tag != NAMESPACE + "AnswerKey":
        raise _wrong("The root element must be AnswerKey of 2005-10-01.")
    scores: dict[str, dict[frozenset[str], int]] = {}
    defaults: dict[str, int] = {}
    for question in root.findall(NAMESPACE + "Question"):
        identifier = question.findtext(NAMESPACE + "QuestionIdentifier", "").strip()
        scores[identifier] = _options(question, form, identifier)
        defaults[identifier] = _integer(question, "DefaultScore", 0)
    if not scores:
        raise _wrong("It has no Question.")
    return AnswerKey(scores, defaults, **_mapping(root))


def _wrong(message: str) -> ParameterValidationError:
    return ParameterValidationError(f"There was an error parsing the AnswerKey. {message}", "XMLParseError")


def _integer(element: Element, name: str, otherwise: int | None = None) -> int:
    text = element.findtext(NAMESPACE + name, "" if otherwise is None else str(otherwise)).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text) or abs(int(text)) > MOST:
        raise _wrong(f"{name} must be a whole number from {-MOST} to {MOST}.")
    return int(text)


def _options(question: Element, form: Form, identifier: str) -> dict[frozenset[str], int]:
    asked = {q.identifier: q.answer for q in form.questions}.get(identifier)
    if not isinstance(asked, Selection):
        raise _wrong(f'"{identifier}" is not a question of the test with selections.')
    options: dict[frozenset[str], int] = {}
    for option in question.findall(NAMESPACE + "AnswerOption"):
        chosen = frozenset(
            (part.text or "").strip() for part in option.findall(NAMESPACE + "SelectionIdentifier")
        )
        if not chosen or not chosen <= set(asked.choices):
            raise _wrong(f'An AnswerOption of "{identifier}" names a selection that the test does not have.')
        options[chosen] = _integer(option, "AnswerScore")
    return options


def _mapping(root: Element) -> dict[str, Any]:
    holder = root.find(NAMESPACE + "QualificationValueMapping")
    if holder is None:
        return {}
    if len(holder) != 1:
        raise _wrong("QualificationValueMapping must hold one mapping.")
    mapping = holder[0]
    kind = mapping.tag.removeprefix(NAMESPACE)
    if kind == "PercentageMapping":
        most = _integer(mapping, "MaximumSummedScore")
        if most < 1:
            raise _wrong("MaximumSummedScore must be positive.")
        return {"percentage_of": most}
    if kind == "ScaleMapping":
        return {"multiplier": _multiplier(mapping)}
    if kind == "RangeMapping":
        return {"ranges": _ranges(mapping), "out_of_range": _integer(mapping, "OutOfRangeQualificationValue")}
    raise _wrong(f"{kind} is not a mapping.")


def _multiplier(mapping: Element) -> float:
    try:
        number = float(mapping.findtext(NAMESPACE + "SummedScoreMultiplier", ""))
    except ValueError as error:
        raise _wrong("SummedScoreMultiplier must be a number.") from error
    if not math.isfinite(number) or abs(number) > 10**6:
        raise _wrong("SummedScoreMultiplier is out of range.")
    return number


def _ranges(mapping: Element) -> tuple[Range, ...]:
    return tuple(
        Range(
            _integer(part, "InclusiveLowerBound"),
            _integer(part, "InclusiveUpperBound"),
            _integer(part, "QualificationValue"),
        )
        for part in mapping.findall(NAMESPACE + "SummedScoreRange")
    )
