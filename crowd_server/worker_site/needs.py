"""What a HIT asks of a worker, in words: which qualification, whether it is there, and how to get it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd_server.market.requirements import (
    ADULT,
    GUARDS,
    HITS_APPROVED,
    LOCALE,
    PERCENT_APPROVED,
    SYSTEM,
    Standing,
)
from crowd_server.people import countries
from crowd_server.store.models.qualifications import QualificationType

WORDS = {
    "LessThan": "less than {}",
    "LessThanOrEqualTo": "at most {}",
    "GreaterThan": "more than {}",
    "GreaterThanOrEqualTo": "at least {}",
    "EqualTo": "{}",
    "NotEqualTo": "not {}",
    "In": "one of {}",
    "NotIn": "none of {}",
}
WAYS = {
    HITS_APPROVED: "You have {value}. Do HITs that do not ask for this first.",
    PERCENT_APPROVED: "Yours is {value} %. It rises with each approved HIT.",
    LOCALE: "Your account page says where you work from.",
    ADULT: "You can agree to adult content on your account page.",
}


@dataclass(frozen=True)
class Need:
    """One requirement as a worker reads it. `type_id` leads to its page when it can be asked for."""

    text: str
    met: bool
    way: str = ""
    type_id: str | None = None


def needs(
    standing: Standing | None, requirements: Iterable[dict[str, Any]], names: Mapping[str, str]
) -> list[Need]:
    """The requirements of a HIT type, those met first; of a visitor without standing none is.

    A requester's bar is no requirement to those whom it does not bar, so they are not told of it.
    """
    if standing is None:
        return [Need(_text(asked, names), met=False) for asked in requirements if not _is_bar(asked)]
    found = [
        _need(standing, asked, names)
        for asked in requirements
        if not (_is_bar(asked) and standing.meets(asked))
    ]
    return sorted(found, key=lambda need: not need.met)


def _is_bar(requirement: dict[str, Any]) -> bool:
    """Whether it hides a HIT from those who hold something, as a block by qualification does."""
    hides = "discover" in GUARDS[requirement["ActionsGuarded"]]
    return hides and requirement["Comparator"] == "DoesNotExist"


def names_of(session: Session, all_requirements: Iterable[Iterable[dict[str, Any]]]) -> dict[str, str]:
    """The names of the qualification types that these requirements speak of."""
    ids = {r["QualificationTypeId"] for requirements in all_requirements for r in requirements}
    query = select(QualificationType.qualification_type_id, QualificationType.name).where(
        QualificationType.qualification_type_id.in_(ids - set(SYSTEM)), QualificationType.deleted_at.is_(None)
    )
    return SYSTEM | {row[0]: row[1] for row in session.execute(query)} if ids else {}


def _need(standing: Standing, requirement: dict[str, Any], names: Mapping[str, str]) -> Need:
    type_id = requirement["QualificationTypeId"]
    text, met = _text(requirement, names), standing.meets(requirement)
    if met or type_id not in names:
        return Need(text, met)
    if type_id in SYSTEM:
        way = WAYS.get(type_id, "It is not given on this server.")
        return Need(text, met, way.format(value=standing.values.get(type_id, 0)))
    if requirement["Comparator"] == "DoesNotExist":
        return Need(text, met, "This is for people who have not had it; there are other HITs.")
    has = standing.values.get(type_id)
    return Need(text, met, "" if has is None else f"Your score is {has}.", type_id)


def _text(requirement: dict[str, Any], names: Mapping[str, str]) -> str:
    name = names.get(requirement["QualificationTypeId"], "A qualification that is not given any more")
    return name + _asked(requirement)


def _asked(requirement: dict[str, Any]) -> str:
    comparator = requirement["Comparator"]
    if comparator == "Exists":
        return ""
    if comparator == "DoesNotExist":
        return ": not had yet"
    places = [_place(place) for place in requirement.get("LocaleValues", ())]
    values = places or [str(value) for value in requirement.get("IntegerValues", ())]
    return ": " + WORDS[comparator].format(", ".join(values))


def _place(place: dict[str, str]) -> str:
    country = countries.NAMES.get(place["Country"], place["Country"])
    return f"{country} ({place['Subdivision']})" if place.get("Subdivision") else country
