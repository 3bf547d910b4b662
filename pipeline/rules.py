"""Rules about workers, as the settings hold them: what is measured, when it tells enough, what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pipeline.errors import SettingsError

COLLECTORS = ("gold",)
"""`gold`: the share of known images that a worker judges rightly."""

ACTIONS = ("note", "turn_away")
"""`note`: an event for people to look at. `turn_away`: no more work of the kind; what was done stays paid."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Acts on workers whose 95 % interval lies below a bound, after so many answers that tell."""

    collector: str
    below: float
    after: int
    action: str


def parse_rules(tables: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Read rules.

    Raises
    ------
    SettingsError
        If one has other keys than a rule's, or a value that means nothing.
    """
    return [_rule(table) for table in tables]


def _rule(table: Any) -> Rule:
    keys = [field.name for field in fields(Rule)]
    if not isinstance(table, Mapping) or set(table) != set(keys):
        raise SettingsError(f"A rule in workers.rules needs {', '.join(keys)}, not {table!r}.")
    rule = Rule(**table)
    if rule.collector not in COLLECTORS or rule.action not in ACTIONS:
        known = f"collectors: {', '.join(COLLECTORS)}; actions: {', '.join(ACTIONS)}"
        raise SettingsError(f"workers.rules knows {known}; not {rule.collector!r} and {rule.action!r}.")
    numbers = type(rule.below) in (int, float) and type(rule.after) is int
    if not numbers or not 0 <= rule.below <= 1 or rule.after < 1:
        raise SettingsError("In workers.rules, below must lie between 0 and 1, and after be 1 or more.")
    return rule
