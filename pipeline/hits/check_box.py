"""check_box: is this one box good? (Su, Deng and Fei-Fei 2012, quality verification)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.hits.kind import load_kind
from pipeline.hits.submission import BadAnswer, Size, fields, one_of


class Fault(StrEnum):
    """What is wrong with a box: not tight, cuts parts off, not the object, or several instances in it."""

    LOOSE = "loose"
    CUT = "cut"
    WRONG_OBJECT = "wrong_object"
    SEVERAL = "several"


@dataclass(frozen=True)
class Verdict:
    """Good, bad for a reason, or (None) the worker cannot tell."""

    good: bool | None
    fault: Fault | None = None


def read_verdict(value: object, _size: Size) -> Verdict:
    """Read `{"good": true}`, `{"good": null}` or `{"good": false, "reason": fault}`."""
    if isinstance(value, dict) and value.get("good") is False:
        reason = fields(value, "good", "reason", of="a check")["reason"]
        return Verdict(False, one_of(reason, Fault, "the reason"))
    good = fields(value, "good", of="a check")["good"]
    if good is not True and good is not None:
        raise BadAnswer("a check is neither good, bad nor unsure")
    return Verdict(good)


KIND = load_kind("check_box", read_verdict)
