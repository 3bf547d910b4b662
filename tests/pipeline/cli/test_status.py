import json

import pytest
from sqlalchemy import update

from pipeline.states import State
from pipeline.store.models import Assignment, Candidate


def waits(synsetter):
    return [(one["who"], one["what"]) for one in synsetter.json("status")[0]["waiting"]]


def test_status_tells_what_each_waits_for(labelled, synsetter):
    labelled.tick()
    assert waits(synsetter) == [
        ("workers", "3 tickets on the market"),
        ("the pipeline", "9 answers wanted of workers"),
    ]
    told = synsetter("status")
    assert "3 HITs open" in told
    assert "(synsetter run)" in told


def test_status_sends_a_finished_run_to_its_release(finished, synsetter):
    assert waits(synsetter) == [("you", "every image is settled")]
    assert "(synsetter release VERSION)" in synsetter("status")
    figures = json.loads(synsetter("status", "--json"))
    assert figures["settled_share"] == 1.0
    assert figures["paid"] == finished.crowd.cents_paid


def test_status_sends_what_came_after_a_version_to_the_next(finished, synsetter, tmp_path):
    synsetter("release", "1.0")
    assert waits(synsetter) == [("auditors", "a version is released")]
    judged = tmp_path / "sample.csv"
    judged.write_text(synsetter("audit", "sample", "--size", "1").replace(",\n", ",yes\n"))
    finished.clock.move(hours=1)
    synsetter("audit", "record", str(judged))
    assert waits(synsetter) == [("you", "there is more than the last version tells")]
    finished.clock.move(hours=1)
    synsetter("release", "1.1")
    assert waits(synsetter) == [("auditors", "a version is released")]


def test_status_names_what_is_held(finished, synsetter):
    with finished.store.writing() as session:
        session.execute(update(Assignment).where(Assignment.kind == "draw_box").values(state="held"))
    assert ("you", "1 submission held") in waits(synsetter)
    assert "(synsetter hits held)" in synsetter("status")


@pytest.mark.parametrize("state", [State.REFUSED, State.UNSURE])
def test_status_says_when_nothing_came_of_it(labelled, synsetter, state):
    with labelled.store.writing() as session:
        session.execute(update(Candidate).values(state=state))
    assert waits(synsetter) == [("you", "every image is settled, and none was accepted")]


def test_status_says_when_the_budget_is_used_up(labelled, synsetter):
    labelled.set("crowd", budget_cents=0)
    labelled.tick()
    told = synsetter("status")
    assert "9 answers wanted, but the budget of 0 cents is used up" in told
    assert "crowd.budget_cents=" in told
