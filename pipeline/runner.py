"""The stages in order, one tick after the other, until nothing moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta

from pipeline.desk.submissions import kinds_received
from pipeline.errors import UserError
from pipeline.patience import give_up
from pipeline.review.exclusion import apply_rules
from pipeline.stages import collect, dedup, draw, label, qualify, verify
from pipeline.store.leases import expire_leases
from pipeline.tickets import market
from pipeline.tickets.outbox import Sender
from pipeline.tickets.overruled import take_in_overruled
from pipeline.toolbox import CrowdTools, Toolbox

STAGES = {
    "collect": collect.tick,
    "qualify": qualify.tick,
    "label": label.tick,
    "draw": draw.tick,
    "verify": verify.tick,
    "dedup": dedup.tick,
}

AWAITED = {
    "qualify": {"entry_test"},
    "draw": {"draw_box"},
    "verify": {"check_box", "check_coverage"},
}
"""Stages that only take in answers, with the kinds of HIT that those are of; without any they rest."""

LEASES = 500
HITS = 400
EFFECTS = 1000

APPEALS_EACH = timedelta(hours=1)
"""How often the crowd is asked whether rejections were overruled."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one round did: rows moved by stage, assignments taken in, tickets planned, effects carried out."""

    moved: dict[str, int]
    fetched: int
    planned: int
    sent: int
    short_of_money: bool

    @property
    def still(self) -> bool:
        """Nothing happened at all."""
        return not (any(self.moved.values()) or self.fetched or self.planned or self.sent)


def tick(tools: Toolbox, crowd: CrowdTools) -> Tick:
    """Go once round: take in what workers did, let each stage act, put wanted work on the market."""
    sender = Sender(tools.store, crowd.crowd, tools.clock)
    fetched, moved = take_in(tools, crowd, STAGES)
    planned, short = crowd.requester.plan(EFFECTS)
    return Tick(moved, fetched, planned, sender.send(EFFECTS), short)


def take_in(
    tools: Toolbox, crowd: CrowdTools, stages: Mapping[str, Callable[[Toolbox], int]]
) -> tuple[int, dict[str, int]]:
    """Take in what workers did and let stages act; give assignments fetched and rows moved by stage."""
    fetched = crowd.requester.fetch(HITS)
    with tools.store.writing() as session:
        now = tools.clock()
        idle = expire_leases(session, now, LEASES) + give_up(session, tools.settings, now)
        received = kinds_received(session)
    moved = {"leases": idle} | {
        name: stage(tools) if _has_work(name, received) else 0 for name, stage in stages.items()
    }
    with tools.store.writing() as session:
        moved["rules"] = apply_rules(session, tools.settings, tools.clock())
    return fetched, moved


def _has_work(stage: str, received: Set[str]) -> bool:
    return stage not in AWAITED or not received.isdisjoint(AWAITED[stage])


def standing(tools: Toolbox) -> market.Standing:
    """Tell where the run stands."""
    with tools.store.reading() as session:
        return market.standing(session, tools.settings.crowd.budget_cents)


def is_finished(crowd: CrowdTools) -> bool:
    """Tell, of a run that is complete, whether the last pay is settled too; if not, begin to.

    Raises
    ------
    BudgetReached
        If the budget does not reach for bonuses that workers are owed.
    """
    last = crowd.requester.plan_last_top_ups(EFFECTS)
    if last.short_cents and not last.settled:
        raise BudgetReached(
            f"Every image is settled, but bonuses of {last.short_cents} cents, fees included, for work "
            "that took longer than it was priced for, go beyond crowd.budget_cents. Raise it by as much and "
            "run again."
        )
    return not last.settled


class BudgetReached(UserError):
    """The budget is used up."""


def budget_reached(state: market.Standing) -> BudgetReached:
    """Say what became of the budget."""
    return BudgetReached(
        f"The budget of {state.spending.ceiling:,} cents is used up: {state.spending.paid:,} are paid. "
        "Nothing is lost. Raise crowd.budget_cents and run again."
    )


def run(tools: Toolbox, crowd: CrowdTools, pause: Callable[[float], None] = time.sleep) -> Iterator[Tick]:
    """Tick until the run is complete, pausing while only workers can move it; yield every tick.

    Raises
    ------
    BudgetReached
        If more work is wanted than the budget allows, and nothing that is paid for is still under way.
    """
    collect.look_again(tools)
    looked = None
    while True:
        if looked is None or tools.clock() - looked >= APPEALS_EACH:
            looked = tools.clock()
            take_in_overruled(tools.store, crowd.crowd, looked)
        done = tick(tools, crowd)
        yield done
        if not done.still:
            continue
        state = standing(tools)
        if state.complete:
            if is_finished(crowd):
                return
            continue
        if done.short_of_money and not state.under_way:
            raise budget_reached(state)
        pause(tools.settings.crowd.poll_seconds)
