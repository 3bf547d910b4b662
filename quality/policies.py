"""The voting policies by name."""

from __future__ import annotations

import re
from typing import Any

from quality.confidence import ImageNetTable
from quality.majority import Majority
from quality.votes import Policy, Thresholds
from quality.weighted import Weighted

_ADAPTIVE: dict[str, type[Weighted] | type[ImageNetTable]] = {"weighted": Weighted, "imagenet": ImageNetTable}


def parse(spec: str, thresholds: Thresholds | None = None) -> Policy[Any]:
    """Make a policy from its name.

    Parameters
    ----------
    spec : `majority:K`, `imagenet` or `weighted`.
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
    if spec in _ADAPTIVE:
        return _ADAPTIVE[spec](limits)
    if found := re.fullmatch(r"majority:([1-9][0-9]{0,2})", spec):
        return Majority(int(found[1]))
    raise ValueError(
        f"no voting policy is called {spec!r}; there are majority:K (say majority:9), {', '.join(_ADAPTIVE)}"
    )
