"""Between which values a setting means something: what lies outside could only fail later, or never end."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from pipeline.errors import SettingsError

BOUNDS: Mapping[str, tuple[float, float]] = {
    "run.seed": (0, inf),
    "run.tick_items": (50, inf),
    "collect.per_synset": (0, inf),
    "collect.same_host": (1, inf),
    "collect.host_interval_seconds": (0, inf),
    "collect.timeout_seconds": (0.1, inf),
    "collect.retries": (0, inf),
    "collect.max_bytes": (1, inf),
    "collect.max_pixels": (1, inf),
    "collect.min_side": (1, inf),
    "collect.processes": (0, inf),
    "label.accept": (0, 1),
    "label.reject": (0, 1),
    "label.cap": (1, inf),
    "label.least": (1, inf),
    "label.seed_images": (0, inf),
    "label.seed_votes": (1, inf),
    "label.recheck_votes": (0, inf),
    "workers.entry_test": (0, 10),
    "boxes.tries": (1, inf),
    "boxes.instances": (1, inf),
    "dedup.doubtful": (0, 1),
    "dedup.votes": (1, inf),
    "crowd.budget_cents": (0, inf),
    "crowd.fee_rate": (0, inf),
    "crowd.calls_per_second": (0, inf),
    "crowd.open_hits": (1, inf),
    "crowd.poll_seconds": (0, inf),
    "crowd.patience_hours": (0, inf),
    "sites.port": (1, 65535),
    "rehearsal.workers": (1, inf),
    "rehearsal.skill": (0.001, 1),
    "rehearsal.difficulty": (0, inf),
    "rehearsal.unsure": (0, 1),
    "rehearsal.careless": (0, 1),
    "rehearsal.adversarial": (0, 1),
    "rehearsal.spammers": (0, 1),
    "rehearsal.loose": (0, 1),
    "rehearsal.miss": (0, 1),
    "rehearsal.abandon": (0, 1),
    "rehearsal.hours_a_day": (0.01, 24),
    "pay.target_hourly_cents": (0, inf),
}
ELEMENTS: Mapping[str, type | tuple[type, ...]] = {
    "collect.sources": str,
    "collect.local_folders": str,
    "wordnet.translations": str,
    "dedup.weights": (int, float),
    "release.fractions": (int, float),
    "pay.rewards": int,
    "rehearsal.box_noise": (int, float),
}


def check_bounds(tree: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse numbers out of bounds, and lists and tables of the wrong things.

    Raises
    ------
    SettingsError
        For the first that there is.
    """
    for name, (low, high) in BOUNDS.items():
        if not low <= _value(tree, name) <= high:
            upto = "" if high == inf else f" and at most {high}"
            raise SettingsError(f"{name} must be at least {low}{upto}, not {_value(tree, name)}.")
    for name, kind in ELEMENTS.items():
        value = _value(tree, name)
        for element in value.values() if isinstance(value, Mapping) else value:
            if not isinstance(element, kind) or isinstance(element, bool):
                raise SettingsError(
                    f"{name} must hold {'text' if kind is str else 'numbers'}, not {element!r}."
                )


def _value(tree: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    section, _, key = name.partition(".")
    return tree[section][key]
