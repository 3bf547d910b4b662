"""check_coverage: does every instance have a box? (Su, Deng and Fei-Fei 2012, coverage verification)."""

from __future__ import annotations

from pipeline.hits.kind import load_kind
from pipeline.hits.submission import BadAnswer, Size, fields


def read_coverage(value: object, _size: Size) -> bool | None:
    """Read `{"covered": true}`, `{"covered": false}` or, where nobody can tell, `{"covered": null}`."""
    covered = fields(value, "covered", of="a check")["covered"]
    if covered is None or isinstance(covered, bool):
        return covered
    raise BadAnswer("covered is neither true, false nor null")


KIND = load_kind("check_coverage", read_coverage)
