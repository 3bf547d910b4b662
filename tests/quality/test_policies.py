"""Policies by name."""

from __future__ import annotations

import pytest

from quality.policies import parse
from quality.votes import Thresholds


@pytest.mark.parametrize("spec", ["majority:1", "majority:9", "imagenet", "weighted", "dawid-skene"])
def test_a_name_gives_the_policy_that_bears_it(spec):
    assert parse(spec).spec == spec


def test_thresholds_are_passed_on():
    assert parse("imagenet", Thresholds(accept=0.8)).thresholds.accept == 0.8


@pytest.mark.parametrize("spec", ["", "majority", "majority:0", "majority:x", "imagenett", "majority:9 "])
def test_another_name_is_refused_with_the_choices(spec):
    with pytest.raises(ValueError, match=r"majority:K .* imagenet"):
        parse(spec)
