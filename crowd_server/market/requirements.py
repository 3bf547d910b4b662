"""Qualification requirements: does this worker meet them, and which action does each one guard?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment
from crowd_server.store.models.qualifications import Qualification

MASTERS = ("2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6")
HITS_APPROVED = "00000000000000000040"
LOCALE = "00000000000000000071"
ADULT = "00000000000000000060"
PERCENT_APPROVED = "000000000000000000L0"
SYSTEM = {
    **dict.fromkeys(MASTERS, "Masters"),
    HITS_APPROVED: "Number of HITs approved",
    LOCALE: "Location",
    ADULT: "Adult content",
    PERCENT_APPROVED: "HIT approval rate (%)",
}
FEW_ASSIGNMENTS = 100

COMPARATORS: dict[str, Callable[[int, list[int]], bool]] = {
    "LessThan": lambda value, given: value < given[0],
    "LessThanOrEqualTo": lambda value, given: value <= given[0],
    "GreaterThan": lambda value, given: value > given[0],
    "GreaterThanOrEqualTo": lambda value, given: value >= given[0],
    "EqualTo": lambda value, given: value == given[0],
    "NotEqualTo": lambda value, given: value != given[0],
    "In": lambda value, given: value in given,
    "NotIn": lambda value, given: value not in given,
}

GUARDS = {
    "Accept": {"accept"},
    "PreviewAndAccept": {"accept", "preview"},
    "DiscoverPreviewAndAccept": {"accept", "preview", "discover"},
}


@dataclass(frozen=True)
class Standing:
    """What is known of a worker when requirements are checked."""

    worker: Worker
    values: dict[str, int]

    def meets(self, requirement: dict[str, Any]) -> bool:
        """Whether one requirement is met. A value that the worker lacks meets only DoesNotExist."""
        type_id: str = requirement["QualificationTypeId"]
        comparator: str = requirement["Comparator"]
        if type_id == LOCALE:
            return self._is_from(comparator, requirement.get("LocaleValues", []))
        value = self.values.get(type_id)
        if comparator in ("Exists", "DoesNotExist"):
            return (value is not None) == (comparator == "Exists")
        return value is not None and COMPARATORS[comparator](value, requirement["IntegerValues"])

    def _is_from(self, comparator: str, places: list[dict[str, str]]) -> bool:
        country, subdivision = self.worker.country, self.worker.subdivision
        if comparator in ("Exists", "DoesNotExist"):
            return (country is not None) == (comparator == "Exists")
        inside = any(
            place["Country"] == country and place.get("Subdivision") in (None, subdivision)
            for place in places
        )
        return country is not None and inside == (comparator in ("EqualTo", "In"))

    def unmet(self, requirements: Iterable[dict[str, Any]], action: str = "accept") -> list[dict[str, Any]]:
        """The requirements that bar the worker from `discover`, `preview` or `accept`."""
        return [r for r in requirements if action in GUARDS[r["ActionsGuarded"]] and not self.meets(r)]


def standing(session: Session, worker: Worker) -> Standing:
    """A worker's values: those granted, and those that this server's history says."""
    granted = select(Qualification.qualification_type_id, Qualification.value).where(
        Qualification.worker_id == worker.worker_id, Qualification.granted
    )
    values = {row.qualification_type_id: row.value for row in session.execute(granted)}
    approved, rejected = judged(session, worker.worker_id)
    share = 100 * approved // max(1, approved + rejected)
    values[HITS_APPROVED] = approved
    values[PERCENT_APPROVED] = 100 if approved + rejected < FEW_ASSIGNMENTS else share
    values[ADULT] = int(worker.adult_content)
    return Standing(worker, values)


def judged(session: Session, worker_id: str) -> tuple[int, int]:
    """How many of a worker's assignments were approved, and how many rejected."""
    counts = select(Assignment.state, func.count()).where(
        Assignment.worker_id == worker_id, Assignment.state.in_(("approved", "rejected"))
    )
    by_state = {row[0]: row[1] for row in session.execute(counts.group_by(Assignment.state))}
    return by_state.get("approved", 0), by_state.get("rejected", 0)
