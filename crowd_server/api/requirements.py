"""Qualification requirements as they come in: checked, and completed as replies show them."""

import re

from crowd_server.api.call import Call, Params
from crowd_server.api.qualifications import find_type
from crowd_server.api.wire import INT32
from crowd_server.errors import InvalidParameterCombinationError, invalid
from crowd_server.market.requirements import ADULT, HITS_APPROVED, LOCALE, PERCENT_APPROVED, SYSTEM
from crowd_server.people import countries

MOST = 10
MOST_VALUES = {"In": 15, "NotIn": 15}
MOST_LOCALES = {"In": 30, "NotIn": 30}
PLACING = ("EqualTo", "NotEqualTo", "In", "NotIn", "Exists", "DoesNotExist")
# What the values of system qualifications can be; a requester's own are any that the wire lets through.
REACH = {HITS_APPROVED: (0, INT32), PERCENT_APPROVED: (0, 100), ADULT: (0, 1)}


def checked_requirements(call: Call, given: list[Params]) -> list[Params]:
    """The requirements with ActionsGuarded filled in; an error for any that could never be checked."""
    if len(given) > MOST:
        raise invalid("QualificationRequirements", len(given), f"There can be at most {MOST}.")
    return [_checked(call, requirement) for requirement in given]


def _checked(call: Call, requirement: Params) -> Params:
    type_id = requirement["QualificationTypeId"]
    if type_id not in SYSTEM and not find_type(call, type_id, owned=False).active:
        raise invalid(
            "QualificationTypeId", type_id, "This QualificationType is inactive; activate it first."
        )
    _check_values(requirement)
    if "RequiredToPreview" in requirement and "ActionsGuarded" in requirement:
        raise InvalidParameterCombinationError(
            "ActionsGuarded and RequiredToPreview cannot be given together."
        )
    preview = "PreviewAndAccept" if requirement.get("RequiredToPreview") else "Accept"
    guarded = requirement.get("ActionsGuarded", preview)
    if type_id == ADULT and guarded == "Accept":
        raise invalid(
            "ActionsGuarded", guarded, "The adult content qualification must guard PreviewAndAccept."
        )
    return {**requirement, "ActionsGuarded": guarded, "RequiredToPreview": guarded != "Accept"}


def _check_values(requirement: Params) -> None:
    comparator, is_locale = requirement["Comparator"], requirement["QualificationTypeId"] == LOCALE
    name, other, most = (
        ("LocaleValues", "IntegerValues", MOST_LOCALES)
        if is_locale
        else ("IntegerValues", "LocaleValues", MOST_VALUES)
    )
    values = requirement.get(name, [])
    bare = comparator in ("Exists", "DoesNotExist")
    if is_locale and comparator not in PLACING:
        raise invalid("Comparator", comparator, "A locale can only be equal, or in a list, or not.")
    if requirement.get(other):
        raise invalid(other, requirement[other], f"This qualification is compared with {name}.")
    if bare != (not values):
        raise invalid(name, values, f"{comparator} needs {'no value' if bare else 'a value'}.")
    if len(values) > most.get(comparator, 1):
        raise invalid(name, values, f"{comparator} takes at most {most.get(comparator, 1)}.")
    if is_locale:
        _check_places(values)
    else:
        _check_reach(requirement["QualificationTypeId"], values)


def _check_places(places: list[Params]) -> None:
    for place in places:
        if place["Country"] not in countries.NAMES:
            raise invalid("Country", place["Country"], "It must be a country's two letters, as in ISO 3166.")
        if not re.fullmatch("[A-Z]{2}", place.get("Subdivision", "AA")):
            raise invalid("Subdivision", place["Subdivision"], "It must be two letters, such as a state's.")


def _check_reach(type_id: str, values: list[int]) -> None:
    low, high = REACH.get(type_id, (-INT32, INT32))
    for value in values:
        if not low <= value <= high:
            raise invalid("IntegerValues", value, f"{SYSTEM[type_id]} is from {low} to {high}.")
