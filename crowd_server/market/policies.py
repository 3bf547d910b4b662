"""Review policies as requesters write them: which there are, what they take, and reading their parameters.

A score is a percentage; a threshold of 101 is one that no score reaches.
"""

import re
from dataclasses import dataclass
from typing import Any

KNOWN_ANSWERS = "ScoreMyKnownAnswers/2011-09-01"
PLURALITY = "SimplePlurality/2011-09-01"
LEVELS = {"AssignmentReviewPolicy": KNOWN_ANSWERS, "HITReviewPolicy": PLURALITY}
SHORT_LEVELS = {"AssignmentReviewPolicy": "Assignment", "HITReviewPolicy": "HIT"}

EXTENSION = {"ExtendMaximumAssignments": (2, 25), "ExtendMinimumTimeInSeconds": (60, 31_536_000)}
NUMBERS: dict[str, dict[str, tuple[int, int]]] = {
    KNOWN_ANSWERS: {
        "ApproveIfKnownAnswerScoreIsAtLeast": (0, 101),
        "RejectIfKnownAnswerScoreIsLessThan": (0, 101),
        "ExtendIfKnownAnswerScoreIsLessThan": (0, 101),
        **EXTENSION,
    },
    PLURALITY: {
        "QuestionAgreementThreshold": (0, 100),
        "DisregardAssignmentIfKnownAnswerScoreIsLessThan": (0, 101),
        "ExtendIfHITAgreementScoreIsLessThan": (1, 100),
        "ApproveIfWorkerAgreementScoreIsAtLeast": (0, 101),
        "RejectIfWorkerAgreementScoreIsLessThan": (0, 101),
        **EXTENSION,
    },
}
TEXTS = {
    KNOWN_ANSWERS: ("AnswerKey", "ApproveReason", "RejectReason"),
    PLURALITY: ("QuestionIds", "DisregardAssignmentIfRejected", "ApproveReason", "RejectReason"),
}
NEEDED = {KNOWN_ANSWERS: "AnswerKey", PLURALITY: "QuestionIds"}
MOST_QUESTIONS = 15
LONGEST_ANSWER = 256
DEFAULT_MOST_ASSIGNMENTS = 5


@dataclass(frozen=True)
class Policy:
    """One policy of a HIT, its parameters by key."""

    name: str
    parameters: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, document: dict[str, Any]) -> "Policy":
        """From the API's shape."""
        parameters = {parameter.get("Key", ""): parameter for parameter in document.get("Parameters", [])}
        return cls(document["PolicyName"], parameters)

    def values(self, key: str) -> list[str]:
        """A parameter's values; none when it is absent."""
        return list(self.parameters.get(key, {}).get("Values", []))

    def text(self, key: str, otherwise: str = "") -> str:
        """A parameter's single value."""
        return next(iter(self.values(key)), otherwise)

    def number(self, key: str, otherwise: int | None = None) -> int | None:
        """A parameter's number."""
        return int(self.text(key)) if self.values(key) else otherwise

    def answer_key(self) -> dict[str, set[str]]:
        """Question ids and the answers that are right."""
        entries = self.parameters.get("AnswerKey", {}).get("MapEntries", [])
        return {
            entry.get("Key", ""): {value.strip() for value in entry.get("Values", [])} for entry in entries
        }

    def reached(self, key: str, score: int) -> bool:
        """Whether a score is at least the threshold `key`; never without one."""
        threshold = self.number(key)
        return threshold is not None and score >= threshold

    def missed(self, key: str, score: int) -> bool:
        """Whether a score is below the threshold `key`; never without one."""
        threshold = self.number(key)
        return threshold is not None and score < threshold


def problem(level: str, document: dict[str, Any]) -> str | None:
    """What is wrong with a policy, or None."""
    name = document["PolicyName"]
    if name != LEVELS[level]:
        return f"The policy of this level is {LEVELS[level]}."
    policy = Policy.read(document)
    unknown = set(policy.parameters) - set(NUMBERS[name]) - set(TEXTS[name])
    if unknown:
        return f"{name} has no parameter {', '.join(sorted(unknown))}."
    if not (policy.answer_key() if name == KNOWN_ANSWERS else policy.values("QuestionIds")):
        return f"{name} needs {NEEDED[name]}."
    if len(policy.values("QuestionIds")) > MOST_QUESTIONS:
        return f"There can be at most {MOST_QUESTIONS} QuestionIds."
    return _number_problem(policy)


def _number_problem(policy: Policy) -> str | None:
    for key, (low, high) in NUMBERS[policy.name].items():
        text = policy.text(key, str(low))
        if not (re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high):
            return f"{key} must be a whole number from {low} to {high}."
    return None
