"""What a worker sends back: one JSON document, read strictly, because anybody can post anything.

A document that is refused costs nobody's pay; it is kept raw and simply yields no votes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

SCHEMA = 1
DOCUMENT = ("schema", "kind", "lease", "active_seconds", "quiz", "comment", "answers")
LONGEST_DOCUMENT = 200_000  # characters; 48 answers take about 5,000
LONGEST_COMMENT = 2_000
LONGEST_TIME = 7 * 24 * 3600.0  # seconds

Box = tuple[int, int, int, int]
Size = tuple[int, int]
Value = TypeVar("Value")
ReadValue = Callable[[object, Size], Value]


class BadAnswer(ValueError):
    """The submitted document does not answer the question that was asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Asked:
    """What was leased: the token, (width, height) by item key, and the quiz's choices (0: no quiz)."""

    lease: str
    sizes: Mapping[str, Size]
    quiz_choices: int = 0


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """One worker's judgement of one item, and the seconds it took."""

    key: str
    value: Value
    seconds: float


@dataclass(frozen=True)
class Submission(Generic[Value]):
    """One finished assignment; `active_seconds` leaves out the time when the page lay idle."""

    active_seconds: float
    quiz: int | None
    comment: str
    answers: list[Answer[Value]]


def read_submission(kind: str, read_value: ReadValue[Value], asked: Asked, raw: str) -> Submission[Value]:
    """Read the document `raw` as the answer to what was `asked`, or raise `BadAnswer` unless it fits."""
    document = fields(_parse(raw), *DOCUMENT, of="the answer")
    _expect("schema", document["schema"], SCHEMA)
    _expect("kind", document["kind"], kind)
    _expect("lease", document["lease"], asked.lease)
    return Submission(
        active_seconds=_seconds(document["active_seconds"]),
        quiz=_quiz(document["quiz"], asked.quiz_choices),
        comment=_comment(document["comment"]),
        answers=_answers(document["answers"], read_value, asked.sizes),
    )


def lease_named(raw: str) -> str:
    """Give the name of the lease that a document answers, unread and unchecked; "" if it has none."""
    try:
        token = json.loads(raw)["lease"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return token if isinstance(token, str) else ""


def fields(value: object, *names: str, of: str) -> dict[str, Any]:
    """Return `value` if it is an object of exactly these fields; raise `BadAnswer` otherwise."""
    if not isinstance(value, dict):
        raise BadAnswer(f"{of} is not an object")
    if wrong := set(value) ^ set(names):
        raise BadAnswer(f"{of} has missing or unknown fields: {_short(', '.join(sorted(wrong)))}")
    return value


def one_of(value: object, allowed: type[Value], of: str) -> Value:
    """Return the member of the string enum `allowed` that `value` names; raise `BadAnswer` otherwise."""
    try:
        return allowed(value)  # type: ignore[call-arg]
    except ValueError:
        raise BadAnswer(f"{of} is {_short(value)}") from None


def _parse(raw: str) -> object:
    if len(raw) > LONGEST_DOCUMENT:
        raise BadAnswer(f"the answer is longer than {LONGEST_DOCUMENT} characters")
    try:
        return json.loads(raw, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except BadAnswer:
        raise
    except (ValueError, RecursionError):
        raise BadAnswer("the answer is not JSON") from None


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise BadAnswer("a field occurs twice")
    return document


def _no_constant(name: str) -> object:
    raise BadAnswer(f"{name} is not a number")


def _expect(name: str, value: object, wanted: object) -> None:
    if type(value) is not type(wanted) or value != wanted:
        raise BadAnswer(f"{name} is {_short(value)}, not the one that was asked")


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_TIME:
        raise BadAnswer(f"seconds are {_short(value)}")
    return float(value)


def _quiz(value: object, choices: int) -> int | None:
    if not choices and value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < choices:
        raise BadAnswer(f"quiz is {_short(value)} of {choices} choices")
    return value


def _comment(value: object) -> str:
    if not isinstance(value, str):
        raise BadAnswer("the comment is not text")
    if len(value) > LONGEST_COMMENT:
        raise BadAnswer(f"the comment is longer than {LONGEST_COMMENT} characters")
    # Half characters and NUL, which no database stores, are no reason to lose a worker's answers.
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _answers(value: object, read_value: ReadValue[Value], sizes: Mapping[str, Size]) -> list[Answer[Value]]:
    if not isinstance(value, list):
        raise BadAnswer("answers are not a list")
    answers = [_answer(entry, read_value, sizes) for entry in value]
    given = {answer.key for answer in answers}
    if len(given) < len(answers):
        raise BadAnswer("an item is answered twice")
    if missing := set(sizes) - given:
        raise BadAnswer(f"{len(missing)} of {len(sizes)} items have no answer")
    return answers


def _answer(entry: object, read_value: ReadValue[Value], sizes: Mapping[str, Size]) -> Answer[Value]:
    answer = fields(entry, "key", "answer", "seconds", of="an answer")
    key = answer["key"]
    if not isinstance(key, str) or key not in sizes:
        raise BadAnswer(f"key {_short(key)} was not asked")
    return Answer(key, read_value(answer["answer"], sizes[key]), _seconds(answer["seconds"]))


def _short(value: object) -> str:
    text = f"a {type(value).__name__}" if isinstance(value, dict | list) else ascii(value)
    return text if len(text) <= 60 else text[:60] + "..."
