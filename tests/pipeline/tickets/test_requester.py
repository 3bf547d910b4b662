"""Tickets: whole pages first, a part of a page alone, withdrawn when idle, and never beyond the budget."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from pipeline import runner
from pipeline.hits.kinds import KINDS
from pipeline.runner import BudgetReached
from pipeline.settings import Pay
from pipeline.states import State
from pipeline.store.models import Assignment, Candidate, Hit, Outbox, Vote
from pipeline.tickets.market import page_size, spending, standing
from pipeline.tickets.pay import reward_cents

CAT, MUG = "n02123045", "n03063599"
LABEL = KINDS["label_images"]


def test_whole_pages_go_out_first_and_a_part_only_alone(light_world: Any) -> None:
    world = light_world
    world.add(50)
    world.tick()
    assert [hit.items for hit in world.rows(Hit)] == [48, 48, 48]
    assert {hit.ticket.reward_cents for hit in world.crowd.hits.values()} == {LABEL.reward_cents}
    world.play(lambda kind, *_: "no")
    assert world.states() == {"rejected": 50}
    assert world.count(Vote) == 150


@pytest.mark.parametrize(
    ("items", "size", "cents"), [(48, 48, 40), (47, 48, 40), (24, 24, 20), (13, 24, 20), (1, 1, 1)]
)
def test_parts_of_a_page_are_halves_of_halves_and_paid_in_proportion(
    items: int, size: int, cents: int
) -> None:
    assert page_size(LABEL, items) == size
    assert reward_cents(LABEL, size, 1.0, Pay(1, {}, False)) == cents


def test_no_more_tickets_than_the_settings_allow(make_world: Callable[..., Any], new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "crowd.open_hits=2", "label.policy=majority:9")
    world.add(50)
    world.tick()
    assert world.count(Hit) == 2
    assert world.tick().still
    world.workers = tuple("ABCDEFGHIJKL")
    world.play(lambda kind, *_: "no")
    assert world.count(Vote) == 450


def test_a_ticket_names_its_words_page_and_terms(light_world: Any) -> None:
    light_world.add(1)
    light_world.tick()
    ticket = light_world.crowd.open_hits()[0].ticket
    assert "tabby" in ticket.title
    assert ticket.page == f"http://127.0.0.1:8021/hits/label_images/{CAT}"
    assert (ticket.seconds_allowed, ticket.auto_approval_seconds) == (
        LABEL.seconds_allowed,
        LABEL.auto_approval_seconds,
    )


def test_idle_tickets_leave_the_market(light_world: Any) -> None:
    """All work on the synset was done with fewer tickets than had been put out."""
    world = light_world
    world.add(1)
    world.tick()
    world.set("label", policy="majority:1")
    world.workers = ("WORKER",)
    world.play(lambda *_: "no")
    assert world.states() == {"rejected": 1}
    assert world.hit_states() == {"paid": 1, "lapsed": 2}
    assert [hit.submitted != [] for hit in world.crowd.hits.values()] == [True]
    with world.store.reading() as session:
        money = spending(session, 100)
        assert (money.paid, money.committed, money.left) == (1, 0, 99)
        assert standing(session, 100).complete


def test_a_ticket_that_nobody_takes_lapses_and_is_put_out_again(light_world: Any) -> None:
    world = light_world
    world.add(1, state=State.ACCEPTED)
    world.tick()
    world.clock.move(days=8)
    world.tick()
    world.tick()
    assert world.hit_states() == {"lapsed": 1, "open": 1}
    assert world.crowd.deleted == ["HIT1"]


def test_finished_hits_of_others_hide_none_of_ours(light_world: Any) -> None:
    """A requester's account may hold hundreds of finished HITs that wait for somebody."""
    world = light_world
    world.add(1)
    world.tick()
    world.work(lambda *_: "no")
    foreign = (f"FOREIGN{n}" for n in range(1000))
    reviewable = world.crowd.reviewable

    class Busy:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.crowd, name)

        def reviewable(self) -> Any:
            yield from foreign
            yield from reviewable()

    assert world.tick(Busy()).fetched == 3


def test_a_list_that_lags_behind_is_asked_again(light_world: Any) -> None:
    world = light_world
    world.add(1)
    world.tick()
    world.work(lambda *_: "no")

    class Lagging:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.crowd, name)

        def submitted(self, _hit_id: str) -> list[Any]:
            return []

    assert world.tick(Lagging()).fetched == 0
    assert set(world.hit_states()) == {"open"}
    assert world.tick().fetched == 3


def test_the_budget_ends_the_run_and_more_money_goes_on(
    make_world: Callable[..., Any], new_sqlite: Any
) -> None:
    world = make_world(new_sqlite(), "crowd.budget_cents=50", "crowd.poll_seconds=0.0")
    world.add(48)

    def live() -> None:
        for _ in runner.run(world.tools, world.crowd_tools(), lambda _: None):
            world.work(lambda *_: "no")

    with pytest.raises(BudgetReached, match="50 cents is used up: 40 are paid"):
        live()
    assert world.crowd.cents_paid == 40
    assert world.count(Vote) == 48
    world.set("crowd", budget_cents=119)
    with pytest.raises(BudgetReached, match="80 are paid"):
        live()
    world.set("crowd", budget_cents=120)
    live()
    assert (world.crowd.cents_paid, world.states()) == (120, {"rejected": 48})
    assert {row.state for row in world.rows(Outbox)} == {"confirmed"}


def test_no_budget_posts_nothing(make_world: Callable[..., Any], new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "crowd.budget_cents=0")
    world.add(1)
    with pytest.raises(BudgetReached):
        list(runner.run(world.tools, world.crowd_tools(), lambda _: None))
    assert not world.crowd.hits


def test_fees_count(make_world: Callable[..., Any], new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "crowd.budget_cents=143", "crowd.fee_rate=0.2")
    world.add(48)
    world.play(lambda *_: "no")
    assert [row.fee_cents for row in world.rows(Hit)] == [8, 8]
    assert sum(row.paid_cents for row in world.rows(Assignment)) == 96


STEPS = st.lists(
    st.one_of(
        st.just(("tick", 0)),
        st.tuples(st.just("add"), st.integers(1, 60)),
        st.tuples(st.just("work"), st.integers(0, 3)),
        st.tuples(st.just("abandon"), st.integers(0, 3)),
        st.tuples(st.just("hours"), st.sampled_from([1, 9, 200])),
        st.tuples(st.just("raise"), st.integers(0, 60)),
    ),
    max_size=14,
)


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(budget=st.integers(0, 130), steps=STEPS)
def test_the_budget_is_never_exceeded(
    make_world: Callable[..., Any], new_sqlite: Any, budget: int, steps: list[tuple[str, int]]
) -> None:
    world = make_world(new_sqlite(), f"crowd.budget_cents={budget}", "label.policy=majority:1")
    pool = world.add(60, state=State.REFUSED)
    for step, number in [("add", 30), *steps, ("tick", 0)]:
        if step == "tick":
            world.tick()
        elif step == "add":
            revive(world, pool[:number])
        elif step == "work":
            world.workers = (f"WORKER{number}",)
            world.work(lambda *_: "no")
        elif step == "abandon":
            for hit in world.crowd.open_hits()[:number]:
                hit.taken_by = ("GONE", "GONE")
        elif step == "hours":
            world.clock.move(hours=number)
        else:
            budget += number
            world.set("crowd", budget_cents=budget)
        with world.store.reading() as session:
            money = spending(session, budget)
        assert world.crowd.exposure <= money.paid + money.committed <= budget
        assert money.paid <= world.crowd.cents_paid


def revive(world: Any, candidates: list[int]) -> None:
    """Let candidates wait for labels, at once."""
    with world.store.writing() as session:
        waiting = (Candidate.id.in_(candidates), Candidate.state == "refused")
        session.execute(update(Candidate).where(*waiting).values(state="collected"))
