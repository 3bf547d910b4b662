"""Rules about workers, as the settings hold them: what is measured, when it tells enough, what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from pipeline.errors import SettingsError

COLLECTORS = {
    "gold": "known images judged rightly",
    "agreement": "answers that are what all votes came to, on images of no known truth",
    "quiz": "definitions known at first asking",
    "pace": "pages done no faster than anybody could see and click",
}
"""What a collector counts, of a worker's labels: always a share, and beyond doubt when its interval is."""

ACTIONS = {
    "note": "an event for people to look at",
    "turn_away": "no more label HITs: the crowd hides them",
    "down_weight": "the votes no longer count, those given before included",
}
"""What follows. What was handed in stays paid, whatever the rule."""

SCOPES = ("all", "family")
"""Whether labels are measured, and the worker acted on, over all synsets or in each family by itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Acts on workers whose 95 % interval lies below a bound, after so many answers that tell."""

    collector: str
    below: float
    after: int
    action: str
    per: str = "all"

    @property
    def per_family(self) -> bool:
        """Whether each family of synsets stands by itself."""
        return self.per == "family"


def parse_rules(tables: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Read rules.

    Raises
    ------
    SettingsError
        If one has other keys than a rule's, or a value that means nothing.
    """
    return [_rule(table) for table in tables]


def _rule(table: Any) -> Rule:
    needed = {field.name for field in fields(Rule) if field.default is MISSING}
    if not isinstance(table, Mapping) or set(table) - {"per"} != needed:
        names = ", ".join(field.name for field in fields(Rule) if field.name in needed)
        raise SettingsError(f"A rule in workers.rules needs {names} and may have per, not {table!r}.")
    rule = Rule(**table)
    for name, known in (("collector", COLLECTORS), ("action", ACTIONS), ("per", SCOPES)):
        if getattr(rule, name) not in list(known):
            raise SettingsError(
                f"In workers.rules, {name} may be {', '.join(known)}; not {getattr(rule, name)!r}."
            )
    numbers = type(rule.below) in (int, float) and type(rule.after) is int
    if not numbers or not 0 <= rule.below <= 1 or rule.after < 1:
        raise SettingsError("In workers.rules, below must lie between 0 and 1, and after be 1 or more.")
    if rule.per_family and rule.action == "down_weight":
        raise SettingsError("In workers.rules, down_weight is about all of a worker's votes: leave per out.")
    return rule
