import json

import pytest

from pipeline.crowd import CrowdRefused
from pipeline.errors import SynsetterError, UserError
from pipeline.stages import label
from pipeline.store.models import Assignment, Hit, Outbox


@pytest.fixture
def held(labelled):
    """The id of an assignment that answers nothing, and is held."""
    labelled.tick()
    hit = labelled.crowd.open_hits()[0]
    labelled.crowd.accept(hit, "WORKER0")
    assignment = labelled.crowd.submit(hit, "nonsense")
    labelled.tick()
    return assignment


def state_of(world, assignment):
    return world.rows(Assignment, Assignment.assignment_id == assignment)[0].state


def test_held_shows_the_reason_and_the_answer(held, synsetter):
    [one] = synsetter.json("hits held")
    assert (one["assignment_id"], one["worker_id"], one["answer"]) == (held, "WORKER0", "nonsense")
    assert "nonsense" in synsetter("hits held")
    assert one["reason"] in synsetter("hits held")


def test_pay_pays_once(labelled, held, synsetter):
    assert f"{held} is paid" in synsetter("hits pay", held)
    assert labelled.crowd.payments == [held]
    with pytest.raises(UserError, match="is paid, not held"):
        synsetter("hits pay", held)
    assert labelled.crowd.payments == [held]
    assert synsetter("hits held") == "Nothing is held.\n"


def test_reject_tells_the_worker_why_and_frees_the_money(labelled, held, synsetter):
    synsetter("hits reject", held, "--reason", "There is no answer in it.")
    assert labelled.crowd.rejections == {held: "There is no answer in it."}
    assert labelled.crowd.payments == []
    assert state_of(labelled, held) == "rejected"
    assert labelled.hit_states()["rejected"] == 1
    assert labelled.crowd.deleted == [], "its worker can appeal"


def test_a_crowd_that_refuses_gives_the_decision_back(labelled, held, synsetter, monkeypatch):
    def refuse(*_):
        raise CrowdRefused("RequestError", "approved by itself meanwhile")

    monkeypatch.setattr(labelled.crowd, "reject", refuse)
    with pytest.raises(SynsetterError, match="approved by itself"):
        synsetter("hits reject", held, "--reason", "Nothing in it.")
    assert state_of(labelled, held) == "held"
    monkeypatch.undo()


def test_a_decision_can_be_tried_again_after_a_refusal(labelled, held, synsetter, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            labelled.crowd, "approve", lambda _: (_ for _ in ()).throw(CrowdRefused("X", "no funds"))
        )
        with pytest.raises(SynsetterError, match="no funds"):
            synsetter("hits pay", held)
    synsetter("hits pay", held)
    assert labelled.crowd.payments == [held]


def test_a_running_pipeline_carries_the_decision_out(labelled, held, synsetter):
    with labelled.store.only_pipeline():
        assert "The pipeline that is running" in synsetter("hits pay", held)
        assert state_of(labelled, held) == "approved"
    labelled.tick()
    assert state_of(labelled, held) == "paid"


def test_unknown_assignments_are_the_users_fault(labelled, synsetter):
    with pytest.raises(UserError, match="no assignment NONE"):
        synsetter("hits pay NONE")


def test_list_counts_tickets(labelled, synsetter):
    labelled.tick()
    [row] = synsetter.json("hits list")
    assert (row["kind"], row["states"]) == ("label_images", {"open": 3})
    assert "label_images" in synsetter("hits list")


def test_close_takes_everything_off_and_takes_in_what_comes(labelled, synsetter):
    labelled.tick()
    first, *_ = labelled.crowd.open_hits()
    question = labelled.ask(first, "WORKER1")
    told = synsetter("hits close")
    assert "taken off the market: 3" in told
    assert "may finish: 1" in told
    assert labelled.crowd.open_hits() == []

    assignment = labelled.crowd.submit(
        first, json.dumps(labelled.answers(question, "WORKER1", lambda *_: "yes"))
    )
    assert "Nothing is pending" in synsetter("hits close")
    assert labelled.crowd.payments == [assignment]
    assert labelled.count(Hit, Hit.state.in_(("planned", "open", "expiring"))) == 0


def test_close_drops_what_was_never_sent(labelled, synsetter):
    label.tick(labelled.tools)
    labelled.crowd_tools().requester.plan(0)
    assert "taken off the market: 0" in synsetter("hits close")
    assert labelled.crowd.hits == {}
    assert labelled.hit_states() == {"lapsed": 3}
    assert labelled.count(Outbox, Outbox.state == "dropped") == 3
