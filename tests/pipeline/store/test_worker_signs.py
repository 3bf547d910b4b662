"""What is odd about a worker's labels."""

from typing import Any

import numpy as np
import pytest

from pipeline.states import State
from pipeline.store.models import Assignment, Hit, Vote
from pipeline.store.worker_signs import signs

CAT = "n02123045"


@pytest.fixture
def judged(light_world: Any) -> Any:
    """Forty images that two honest workers have judged alike: the even ones are good."""
    light_world.add(40, state=State.REJECTED, wanted=0)
    for worker in ("ONE", "TWO"):
        vote(light_world, worker, ["yes" if n % 2 == 0 else "no" for n in range(40)])
    return light_world


def vote(world: Any, worker: str, answers: list[str]) -> None:
    facts = {"kind": "label_images", "worker_id": worker, "assignment_id": "A", "seconds": 1.0}
    with world.store.writing() as session:
        session.add_all(
            Vote(subject=n, answer=answer, voted_at=world.clock(), **facts)
            for n, answer in enumerate(answers, 1)
        )


def page(world: Any, worker: str, seconds: float) -> None:
    now = world.clock()
    with world.store.writing() as session:
        facts = {"reward_cents": 1, "fee_cents": 0, "planned_at": now, "expires_at": now}
        hit = Hit(kind="label_images", wnid=CAT, items=48, state="closed", **facts)
        session.add(hit)
        session.flush()
        times = {"accepted_at": now, "submitted_at": now, "active_seconds": seconds, "items": 48}
        session.add(
            Assignment(
                assignment_id=f"A{hit.id}",
                hit=hit.id,
                kind="label_images",
                worker_id=worker,
                answer="",
                state="paid",
                **times,
            )
        )


def told(world: Any, worker: str) -> list[str]:
    with world.store.reading() as session:
        return signs(session, worker)


def test_honest_work_has_no_signs(judged: Any) -> None:
    page(judged, "ONE", 90.0)
    assert told(judged, "ONE") == []
    assert told(judged, "NOBODY") == []


def test_constant_answers_are_told(judged: Any) -> None:
    vote(judged, "ALWAYS", ["yes"] * 40)
    assert "the same answer 40 times" in told(judged, "ALWAYS")


def test_agreement_at_chance_is_told(judged: Any) -> None:
    luck = np.random.default_rng(0)
    vote(judged, "COIN", luck.permutation(["yes", "no"] * 20).tolist())
    (sign,) = told(judged, "COIN")
    assert sign.endswith("of 40 images; 20 would by chance")


def test_impossible_times_are_told(judged: Any) -> None:
    page(judged, "ONE", 5.0)
    page(judged, "ONE", 60.0)
    assert told(judged, "ONE") == ["1 of 2 pages at under 0.3 seconds an image"]
