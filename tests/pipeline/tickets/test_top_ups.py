"""Bonuses: what rewards fell short by, paid once for each worker and batch, within the budget."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline import run_figures, runner
from pipeline.crowd import CrowdRefused
from pipeline.runner import BudgetReached
from pipeline.store.models import Assignment, Fact, Hit, Outbox, Worker
from pipeline.store.outcomes import spent
from pipeline.store.tickets import tickets
from pipeline.tickets.held import decide
from pipeline.tickets.market import spending
from pipeline.tickets.top_ups import CREDITED, TOGETHER
from pipeline.verification import verify

SECONDS = 36.0  # for one image; at 1000 cents an hour 10 cents, where a page of one image pays 1


def paying_world(make_world: Callable[..., Any], url: str, images: int, *knobs: str) -> Any:
    world = make_world(url, "label.policy=majority:1", "crowd.budget_cents=100000", *knobs)
    world.set("pay", target_hourly_cents=1000)
    world.add(images)
    return world


def hand_in(world: Any, worker: str, seconds: float) -> None:
    """Do one HIT in so many seconds an image."""
    hit = world.crowd.open_hits()[0]
    question = world.ask(hit, worker)
    answer = world.answers(question, worker, lambda *_: "no")
    world.crowd.submit(hit, json.dumps(answer | {"active_seconds": seconds * len(question.items)}))


def work(world: Any, worker: str, hits: int, seconds: float = SECONDS) -> None:
    for _ in range(hits):
        world.tick()
        hand_in(world, worker, seconds)
    for _ in range(4):
        world.tick()


def settle(world: Any) -> bool:
    done = runner.is_finished(world.crowd_tools())
    for _ in range(3):
        world.tick()
    return done


def bonuses(world: Any) -> list[tuple[str, int]]:
    rows = world.rows(Outbox, Outbox.action == "bonus")
    return [(row.payload["worker_id"], row.payload["cents"]) for row in rows]


@pytest.fixture
def slow(make_world: Callable[..., Any], new_sqlite: Callable[[], str]) -> Any:
    """One page of four images for a cent an image, done by one worker in 36 seconds an image."""
    world = paying_world(make_world, new_sqlite(), 4)
    work(world, "A", 1)
    return world


def test_at_the_end_one_bonus_makes_up_the_difference(slow: Any) -> None:
    (paid,) = slow.rows(Assignment)
    (hit,) = slow.rows(Hit, Hit.state == "paid")
    assert bonuses(slow) == [], "a single page waits for more, or for a day"
    assert not settle(slow)
    assert bonuses(slow) == [("A", 40 - hit.reward_cents)]
    assert slow.crowd.cents_paid == 40
    assert settle(slow)
    assert slow.crowd.cents_paid == 40, "once"
    assert hit.hit_id in slow.crowd.deleted
    assert paid.paid_cents == hit.reward_cents
    with slow.store.reading() as session:
        assert not any(verify(session).values())


def test_a_day_is_long_enough_to_wait(slow: Any) -> None:
    with slow.store.writing() as session:
        session.add(Fact(name="pace:label_images", value="36.0"))
    slow.tick()
    assert bonuses(slow) == []
    slow.clock.move(hours=25)
    slow.tick()
    assert len(bonuses(slow)) == 1


def test_a_page_left_open_earns_no_more_than_twice_the_median(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str]
) -> None:
    world = paying_world(make_world, new_sqlite(), 1, "label.policy=majority:3")
    for worker, seconds in (("A", 36), ("B", 36), ("IDLE", 36_000)):
        work(world, worker, 1, seconds)
    settle(world)
    paid = {row.worker_id: row.paid_cents + (row.bonus_cents or 0) for row in world.rows(Assignment)}
    assert paid == {"A": 10, "B": 10, "IDLE": 10 * CREDITED}


def test_ten_assignments_are_settled_with_one_bonus(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str]
) -> None:
    world = paying_world(make_world, new_sqlite(), 48 * TOGETHER)
    with world.store.writing() as session:
        session.add(Fact(name="pace:label_images", value="3.0"))
    work(world, "A", TOGETHER, 6.0)
    earned = sum(row.paid_cents for row in world.rows(Assignment))
    assert bonuses(world) == [("A", 48 * TOGETHER * 6 * 1000 // 3600 - earned)]
    assert world.hit_states()["paid"] == TOGETHER


def test_the_excluded_get_their_rewards_alone(slow: Any) -> None:
    with slow.store.writing() as session:
        session.add(Worker(worker_id="A", excluded_at=slow.clock(), reason="a script"))
    assert not settle(slow)
    assert bonuses(slow) == []
    assert settle(slow)


def test_who_is_paid_less_on_purpose_gets_no_bonus(
    make_world: Callable[..., Any], new_sqlite: Callable[[], str]
) -> None:
    world = paying_world(make_world, new_sqlite(), 4, "pay.rewards={label_images = 8}")
    world.set("pay", underpay=True)
    work(world, "A", 1)
    settle(world)
    assert world.crowd.cents_paid == 1
    assert bonuses(world) == []


def test_what_the_budget_does_not_reach_for_is_said_and_paid_once_it_does(slow: Any) -> None:
    (hit,) = slow.rows(Hit, Hit.state == "paid")
    slow.set("crowd", budget_cents=hit.reward_cents + 1)
    with pytest.raises(BudgetReached, match=f"bonuses of {40 - hit.reward_cents} cents"):
        runner.is_finished(slow.crowd_tools())
    assert bonuses(slow) == []
    slow.set("crowd", budget_cents=40)
    settle(slow)
    assert slow.crowd.cents_paid == 40


def test_fees_on_bonuses_are_kept_within_the_budget_and_counted(slow: Any) -> None:
    (hit,) = slow.rows(Hit, Hit.state == "paid")
    bonus = 40 - hit.reward_cents
    fee = round(bonus / 5)
    slow.set("crowd", budget_cents=hit.reward_cents + bonus + fee - 1, fee_rate=0.2)
    with pytest.raises(BudgetReached, match=f"bonuses of {bonus + fee} cents, fees included"):
        runner.is_finished(slow.crowd_tools())
    assert bonuses(slow) == []
    slow.set("crowd", budget_cents=hit.reward_cents + bonus + fee)
    settle(slow)
    assert bonuses(slow) == [("A", bonus)]
    with slow.store.reading() as session:
        money = spending(session, slow.tools.settings.crowd.budget_cents)
        assert (money.left, money.paid) == (0, money.ceiling)
        assert sum(one.paid_cents for one in tickets(session)) == money.paid
        assert sum(one["cents"] for one in spent(session)) == money.paid
        (figures,) = run_figures.read(session, slow.tools.settings, "1").crowd.kinds
        assert (figures.fee_cents, figures.bonus_cents) == (fee, bonus)
        assert not any(verify(session).values())


class Refusing:
    """A crowd that pays no bonus, for a reason."""

    def __init__(self, world: Any, code: str) -> None:
        self.world, self.code = world, code

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.crowd, name)

    def bonus(self, *_: Any, **__: Any) -> None:
        raise CrowdRefused(f"AWS.MechanicalTurk.{self.code}", "no")


def test_a_bonus_for_which_there_is_no_money_waits_and_stops_the_run(slow: Any) -> None:
    runner.is_finished(slow.crowd_tools())
    with pytest.raises(CrowdRefused):
        slow.tick(Refusing(slow, "InsufficientFunds"))
    assert {row.state for row in slow.rows(Outbox, Outbox.action == "bonus")} == {"sent"}
    slow.tick()
    assert slow.crowd.cents_paid == 40


def test_a_bonus_that_is_refused_for_good_counts_as_not_paid(slow: Any) -> None:
    slow.set("crowd", fee_rate=0.2)
    runner.is_finished(slow.crowd_tools())
    slow.tick(Refusing(slow, "RequestError"))
    (row,) = slow.rows(Assignment)
    (hit,) = slow.rows(Hit, Hit.state == "paid")
    assert (row.bonus_cents, row.bonus_fee_cents, len(slow.events("bonus refused"))) == (0, 0, 1)
    assert hit.hit_id not in slow.crowd.deleted, "a person can still pay it"
    with slow.store.reading() as session:
        assert not any(verify(session).values())
    assert settle(slow)


def test_pay_for_what_could_not_be_read_makes_up_for_no_other_work(slow: Any) -> None:
    slow.add(1)
    slow.tick()
    slow.tick()
    (hit,) = slow.crowd.open_hits()
    slow.ask(hit, "A")
    unread = slow.crowd.submit(hit, "nothing that can be read")
    slow.tick()
    with slow.store.writing() as session:
        decide(session, unread, "approve", {}, slow.clock())
    slow.tick()
    settle(slow)
    timed, other = sorted(slow.rows(Assignment), key=lambda row: row.assignment_id == unread)
    assert (other.state, other.active_seconds) == ("paid", None)
    assert bonuses(slow) == [("A", 40 - timed.paid_cents)]
