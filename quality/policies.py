"""The voting policies by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from quality.confidence import ImageNetTable
from quality.dawid_skene import DawidSkene
from quality.majority import Majority
from quality.votes import Policy, Thresholds
from quality.weighted import Weighted

_BY_NAME: dict[str, Callable[[Thresholds], Policy[Any]]] = {
    "weighted": Weighted,
    "imagenet": ImageNetTable,
    "dawid-skene": DawidSkene,
}


def parse(spec: str, thresholds: Thresholds | None = None) -> Policy[Any]:
    """Make a policy from its name.

    Parameters
    ----------
    spec : `majority:K`, `weighted` (the default), `imagenet` or `dawid-skene`.
    thresholds : when to stop; a majority needs none.

    Raises
    ------
    ValueError
        If there is no such policy.

    Examples
    --------
    >>> parse("majority:9").spec
    'majority:9'
    """
    limits = thresholds or Thresholds()
    if spec in _BY_NAME:
        return _BY_NAME[spec](limits)
    if found := re.fullmatch(r"majority:([1-9][0-9]{0,2})", spec):
        return Majority(int(found[1]))
    raise ValueError(
        f"no voting policy is called {spec!r}; there are majority:K (say majority:9), {', '.join(_BY_NAME)}"
    )
