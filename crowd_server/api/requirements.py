"""Qualification requirements as they come in: checked, and completed as replies show them."""

from crowd_server.api.call import Call, Params
from crowd_server.api.qualifications import find_type
from crowd_server.errors import InvalidParameterCombinationError, invalid
from crowd_server.market.requirements import ADULT, LOCALE, SYSTEM

MOST = 10
MOST_VALUES = {"In": 15, "NotIn": 15}
MOST_LOCALES = {"In": 30, "NotIn": 30}


def checked_requirements(call: Call, given: list[Params]) -> list[Params]:
    """The requirements with ActionsGuarded filled in; an error for any that could never be checked."""
    if len(given) > MOST:
        raise invalid("QualificationRequirements", len(given), f"There can be at most {MOST}.")
    return [_checked(call, requirement) for requirement in given]


def _checked(call: Call, requirement: Params) -> Params:
    type_id = requirement["QualificationTypeId"]
    if type_id not in SYSTEM:
        find_type(call, type_id, owned=False)
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
    comparator = requirement["Comparator"]
    name, most = (
        ("LocaleValues", MOST_LOCALES)
        if requirement["QualificationTypeId"] == LOCALE
        else ("IntegerValues", MOST_VALUES)
    )
    values = requirement.get(name, [])
    bare = comparator in ("Exists", "DoesNotExist")
    if name == "LocaleValues" and comparator not in (
        "EqualTo",
        "NotEqualTo",
        "In",
        "NotIn",
        "Exists",
        "DoesNotExist",
    ):
        raise invalid("Comparator", comparator, "A locale can only be equal, or in a list, or not.")
    if bare != (not values):
        raise invalid(name, values, f"{comparator} needs {'no value' if bare else 'a value'}.")
    if len(values) > most.get(comparator, 1):
        raise invalid(name, values, f"{comparator} takes at most {most.get(comparator, 1)}.")
