"""What the settings say of single synsets: another policy, other limits (`[label.synsets.n02123045]`)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from quality.policies import parse
from quality.votes import Thresholds

if TYPE_CHECKING:
    from pipeline.settings import Label

OVERRIDES: Mapping[str, tuple[type, ...]] = {
    "policy": (str,),
    "accept": (int, float),
    "reject": (int, float),
    "cap": (int,),
}
WNID = re.compile(r"n[0-9]{8}")


def policy_of(label: Label, wnid: str, chosen: str | None) -> str:
    """Name a synset's policy: the settings' for this synset, else the one `chosen` with it, else of all."""
    return str(label.synsets.get(wnid, {}).get("policy") or chosen or label.policy)


def limits_of(label: Label, wnid: str) -> Thresholds:
    """Give a synset's limits: its own where the settings have any."""
    own = label.synsets.get(wnid, {})
    return Thresholds(
        float(own.get("accept", label.accept)),
        float(own.get("reject", label.reject)),
        own.get("cap", label.cap),
        label.least,
        label.seed_votes,
    )


def check_synsets(label: Label) -> None:
    """Refuse what means nothing.

    Raises
    ------
    SettingsError
        For the first that there is.
    """
    for wnid, own in label.synsets.items():
        where = f"label.synsets.{wnid}"
        if not WNID.fullmatch(wnid):
            raise SettingsError(f"{where}: write a wnid such as n02123045.")
        if not isinstance(own, Mapping):
            raise SettingsError(f"{where} must be a table, such as {{ accept = 0.99 }}, not {own!r}.")
        for key, value in own.items():
            _check_key(where, key, value)
        try:
            limits_of(label, wnid)
            parse(policy_of(label, wnid, None))
        except ValueError as error:
            raise SettingsError(f"{where}: {error}.") from error


def _check_key(where: str, key: str, value: Any) -> None:
    if key not in OVERRIDES:
        near = difflib.get_close_matches(key, OVERRIDES, 1)
        meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(OVERRIDES)}."
        raise SettingsError(f"{where}: there is no setting {key!r}; {meant}")
    if type(value) not in OVERRIDES[key]:
        kind = {"policy": "text", "cap": "a whole number"}.get(key, "a number")
        raise SettingsError(f"{where}.{key} must be {kind}, not {value!r}.")
