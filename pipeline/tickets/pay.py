"""Fair prices: what a page pays, from how long its items take.

What an item takes is the page's own figure at first, and the median active time of a pilot's assignments
once there are enough of them. It is then fixed for the run, so that HITs of a kind stay of one type. Work
that turns out to take longer is made good by `top_ups`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from pipeline.errors import UserError
from pipeline.hits.kind import Kind
from pipeline.hits.kinds import KINDS
from pipeline.settings import Pay
from pipeline.store.insertion import insert_new
from pipeline.store.journal import event, record
from pipeline.store.models import Assignment, Fact

PILOT = 20
"""Assignments of a kind whose median time is believed."""

HOUR = 3600

PACE = "pace:"
"""What the names of facts about kinds begin with."""

_place = func.row_number().over(
    partition_by=Assignment.kind, order_by=(Assignment.submitted_at, Assignment.assignment_id)
)
_worked = (
    select(Assignment.kind, Assignment.active_seconds, Assignment.items, _place.label("place"))
    .where(
        Assignment.kind.in_(bindparam("kinds", expanding=True)),
        Assignment.items > 0,
        Assignment.active_seconds.is_not(None),
    )
    .subquery()
)
FIRST_WORKED = select(_worked.c.kind, _worked.c.active_seconds, _worked.c["items"]).where(
    _worked.c.place <= PILOT
)
PILOTED = select(Fact.name, Fact.value).where(Fact.name.in_([PACE + kind for kind in KINDS]))


class PaysTooLittle(UserError):
    """A reward that the settings fix is below the hourly target."""


def reward_cents(kind: Kind[Any], items: int, seconds: float, pay: Pay) -> int:
    """Price a page: as the settings fix it, else at its part of the kind's own reward or more.

    Raises
    ------
    PaysTooLittle
        If the settings fix less than the hourly target comes to, and do not insist.
    """
    fair = fair_cents(items, seconds, pay.target_hourly_cents)
    if kind.name not in pay.rewards:
        return max(1, math.ceil(max(kind.reward_cents * items / kind.items_per_hit, fair)))
    fixed = max(1, math.ceil(pay.rewards[kind.name] * items / kind.items_per_hit))
    if fixed < fair and not pay.underpay:
        whole = math.ceil(fair_cents(kind.items_per_hit, seconds, pay.target_hourly_cents))
        raise PaysTooLittle(
            f"pay.rewards.{kind.name} = {pay.rewards[kind.name]} earns less than pay.target_hourly_cents: "
            f"{kind.items_per_hit} items of {seconds:.3g} s are worth {whole} cents. Raise it, leave it out "
            "to pay what is fair, or publish it all the same with pay.underpay = true."
        )
    return fixed


def fair_cents(items: int, seconds: float, hourly_cents: int) -> float:
    """Give what items that take so many seconds each are worth at an hourly wage."""
    return items * seconds * hourly_cents / HOUR


def fee_cents(cents: int, rate: float) -> int:
    """Give the crowd's fee on a payment, as our server takes it: half a cent up, and a cent at least."""
    # The rate as it was written: 0.07 as a binary fraction is more than 7 %.
    exact = cents * Decimal(str(rate))
    return max(1, int(exact.to_integral_value(ROUND_HALF_UP))) if exact else 0


def piloted(session: Session) -> dict[str, float]:
    """Give the seconds that an item takes, of the kinds whose pilot is over."""
    return {name.removeprefix(PACE): float(value) for name, value in session.execute(PILOTED)}


def measured(session: Session, kinds: Iterable[str] = KINDS, least: int = 1) -> dict[str, float]:
    """Give the median seconds of an item over a pilot, of the kinds with so many assignments at least."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for kind, seconds, items in session.execute(FIRST_WORKED, {"kinds": list(kinds)}):
        found[kind].append(seconds / items)
    return {kind: round(float(np.median(own)), 2) for kind, own in found.items() if len(own) >= least}


def paces(session: Session, now: datetime) -> dict[str, float]:
    """Give the seconds that an item takes, by kind: as piloted, or as the page says.

    The pace of a kind whose pilot is over by now is fixed from here on.
    """
    known = piloted(session)
    fixed = measured(session, [kind for kind in KINDS if kind not in known], PILOT)
    rows = [{"name": PACE + kind, "value": repr(pace)} for kind, pace in fixed.items()]
    insert_new(session, Fact, rows, ("name",))
    told = [event("pay", kind, "piloted", {"seconds_per_item": pace}, now) for kind, pace in fixed.items()]
    record(session, told)
    return {name: kind.seconds_per_item for name, kind in KINDS.items()} | known | fixed
