"""Prices: fair by the pace of the work, or fixed by the settings, and then not below it unless forced."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crowd_server.market import ledger
from pipeline.bootstrap import make_crowd_tools
from pipeline.errors import SettingsError
from pipeline.hits.kinds import KINDS
from pipeline.settings import Pay
from pipeline.store.models import Fact, Hit
from pipeline.tickets.pay import PILOT, PaysTooLittle, fee_cents, measured, paces, reward_cents

LABEL = KINDS["label_images"]


def pay(hourly: int, **rewards: int) -> Pay:
    return Pay(hourly, rewards, underpay=False)


def test_a_price_is_what_the_time_is_worth() -> None:
    assert reward_cents(LABEL, 48, 5.0, pay(1500)) == 100  # 240 s at 1500 cents an hour
    assert reward_cents(LABEL, 24, 5.0, pay(1500)) == 50
    assert reward_cents(LABEL, 48, 0.1, pay(1500)) == LABEL.reward_cents, "never below the kind's own"


@given(st.integers(1, 48), st.floats(0.1, 60), st.integers(1, 5000))
def test_no_price_is_below_the_target(items: int, seconds: float, hourly: int) -> None:
    assert reward_cents(LABEL, items, seconds, pay(hourly)) * 3600 >= items * seconds * hourly - 1e-6


@given(st.integers(0, 10**7), st.integers(0, 100))
@example(11, 20)
@example(100, 7)
@example(1, 1)
def test_a_fee_is_what_our_server_takes(cents: int, percent: int) -> None:
    assert fee_cents(cents, percent / 100) == ledger.fee(cents, percent)


def test_a_fee_can_be_a_part_of_a_percent() -> None:
    assert [fee_cents(cents, 0.075) for cents in (0, 1, 20, 100)] == [0, 1, 2, 8]


def test_a_fixed_price_below_the_target_is_refused_unless_forced() -> None:
    low = pay(1500, label_images=99)
    with pytest.raises(PaysTooLittle, match=r"pay.rewards.label_images = 99 .* are worth 100 cents"):
        reward_cents(LABEL, 48, 5.0, low)
    assert reward_cents(LABEL, 48, 5.0, replace(low, underpay=True)) == 99
    assert reward_cents(LABEL, 48, 5.0, pay(1500, label_images=100)) == 100


def test_nothing_is_published_below_the_target(make_world: Callable[..., Any], new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "pay.rewards={label_images = 1}", "pay.target_hourly_cents=1500")
    world.add(48)
    with pytest.raises(PaysTooLittle, match=r"pay\.underpay"):
        world.tick()
    assert world.count(Hit) == 0


def test_prices_of_kinds_that_do_not_exist_are_refused(
    make_world: Callable[..., Any], new_sqlite: Any
) -> None:
    for rewards, fault in (
        ("{draw_boxes = 5}", "no kind 'draw_boxes'"),
        ("{draw_box = 0}", "at least 1 cent"),
    ):
        world = make_world(new_sqlite(), f"pay.rewards={rewards}")
        with pytest.raises(SettingsError, match=fault):
            make_crowd_tools(world.tools)


def test_a_pilot_fixes_the_pace(light_world: Any) -> None:
    """The tests' page takes 1.5 seconds an image."""
    world = light_world
    world.workers = tuple(f"W{n}" for n in range(PILOT))
    world.set("label", policy=f"majority:{PILOT}")
    world.add(2)
    world.tick()
    world.work(lambda *_: "no")
    with world.store.writing() as session:
        assert paces(session, world.clock())["label_images"] == LABEL.seconds_per_item
    assert not world.count(Fact, Fact.name.startswith("pace:"))
    world.play(lambda *_: "no")
    (fact,) = world.rows(Fact, Fact.name == "pace:label_images")
    assert fact.value == "1.5"
    (told,) = world.events("piloted")
    assert told.data == {"seconds_per_item": 1.5}
    with world.store.reading() as session:
        assert measured(session) == {"label_images": 1.5}
        assert paces(session, world.clock())["label_images"] == 1.5
