import json

import pytest
from sqlalchemy import update

from pipeline.errors import UserError
from pipeline.hits.desk import WorkerExcluded
from pipeline.states import State
from pipeline.store.models import Assignment, Box, Candidate, Event, Vote
from pipeline.verification import verify


def worker_of(world, candidate):
    """Somebody who has voted on a candidate."""
    return world.rows(Vote, Vote.kind == "label_images", Vote.subject == candidate)[0].worker_id


def candidate(world, identity):
    return world.rows(Candidate, Candidate.id == identity)[0]


def without(world, worker):
    world.workers = tuple(one for one in world.workers if one != worker)
    return world


def wrong(world):
    with world.store.reading() as session:
        return [one for found in verify(session).values() for one in found]


def test_list_and_show_give_agreement_with_its_interval(finished, synsetter):
    everyone = synsetter.json("workers list")
    assert sum(one["assignments"] for one in everyone) == len(finished.crowd.payments)
    voter = worker_of(finished, 1)
    [one] = synsetter.json(f"workers show {voter}")
    assert one == next(other for other in everyone if other["worker_id"] == voter)
    assert one["labels"]["right"] == one["labels"]["of"] == sum(one["votes"].values())
    assert one["labels"]["low"] > 0.2
    assert one["labels"]["high"] == 1.0
    assert one["gold"] == {"right": 0, "of": 0, "share": None, "low": 0.0, "high": 1.0}
    assert one["median_seconds"] == 1.5
    assert "median" in synsetter(f"workers show {voter}")
    assert voter in synsetter("workers list")
    with pytest.raises(UserError, match="workers list"):
        synsetter("workers show NOBODY")


def test_exclusion_reopens_what_is_no_longer_sure_and_says_why(finished, synsetter):
    voter = worker_of(finished, 1)
    told = synsetter(f"workers exclude {voter}", "--reason", "answers before the page has loaded")
    assert "reopened" in told
    one = candidate(finished, 1)
    assert (one.state, one.yes, one.wanted, one.settled_as) == ("collected", 2, 1, "boxed")
    reopened = finished.rows(Event, Event.name == "reopened", Event.subject == "1")[0]
    assert (reopened.before, reopened.after) == ("boxed", "collected")
    assert reopened.data["worker"] == voter
    assert reopened.data["before"]["yes"] == 3
    [decision] = finished.rows(Event, Event.kind == "worker")
    assert (decision.subject, decision.name) == (voter, "excluded")
    assert decision.data["reason"] == "answers before the page has loaded"
    assert wrong(finished) == []


def test_a_reopened_image_gets_other_votes_and_goes_back_to_where_it_was(finished, synsetter):
    voter = worker_of(finished, 1)
    synsetter(f"workers exclude {voter} --reason bad")
    boxes = finished.count(Box)
    without(finished, voter).play()
    one = candidate(finished, 1)
    assert (one.state, one.yes) == ("boxed", 3)
    assert finished.count(Box) == boxes, "nothing is drawn twice"
    assert wrong(finished) == []


def test_the_excluded_get_no_more_work(labelled, synsetter):
    labelled.tick()
    labelled.work()
    labelled.tick()
    voter = worker_of(labelled, 1)
    synsetter(f"workers exclude {voter} --reason bad")
    labelled.tick()
    hit = labelled.crowd.open_hits()[0]
    with pytest.raises(WorkerExcluded):
        labelled.ask(hit, voter)
    labelled.crowd.give_back(hit)
    assert next(one for one in synsetter.json("workers list") if one["worker_id"] == voter)["excluded"]
    with pytest.raises(UserError, match="excluded since"):
        synsetter(f"workers exclude {voter} --reason again")


def test_inclusion_counts_their_votes_again(finished, synsetter):
    voter = worker_of(finished, 1)
    synsetter(f"workers exclude {voter} --reason bad")
    assert candidate(finished, 1).state == "collected"
    synsetter(f"workers include {voter}")
    one = candidate(finished, 1)
    assert (one.state, one.yes, one.wanted) == ("boxed", 3, 0)
    assert wrong(finished) == []
    with pytest.raises(UserError, match="not excluded"):
        synsetter(f"workers include {voter}")


def test_who_never_worked_cannot_be_excluded(labelled, synsetter):
    with pytest.raises(UserError, match="NOBODY has handed anything in"):
        synsetter("workers exclude NOBODY --reason x")


def test_an_exclusion_has_a_reason(labelled, synsetter):
    with pytest.raises(UserError, match="--reason is empty"):
        synsetter("workers exclude WORKER1 --reason", " ")


def test_an_unchecked_box_is_set_aside_when_its_image_is_reopened(labelled, synsetter):
    while labelled.states().get("drawn", 0) == 0:
        labelled.tick()
        labelled.work()
    drawn = labelled.rows(Candidate, Candidate.state == "drawn")[0]
    voter = worker_of(labelled, drawn.id)
    synsetter(f"workers exclude {voter} --reason bad")
    assert candidate(labelled, drawn.id).state == "collected"
    assert [box.state for box in labelled.rows(Box, Box.candidate_id == drawn.id)] == ["surplus"]
    assert wrong(labelled) == []
    without(labelled, voter).play()
    assert labelled.states() == {"boxed": 3}
    assert wrong(labelled) == []


def test_json_is_one_object_a_line(finished, synsetter):
    lines = synsetter("workers list", "--json").splitlines()
    assert {"worker_id", "excluded", "hourly_cents"} <= set(json.loads(lines[0]))


def test_show_tells_signs_of_not_looking(finished, synsetter):
    """Twenty and more yes, where others say no as well."""
    votes = finished.rows(Vote, Vote.kind == "label_images")
    voter = votes[0].worker_id
    assert "a sign" not in synsetter(f"workers show {voter}")
    facts = {"kind": "label_images", "worker_id": voter, "assignment_id": "A", "seconds": 0.1}
    more = finished.add(30, state=State.REJECTED, wanted=0)
    with finished.store.writing() as session:
        for subject in more:
            when = finished.clock()
            session.add(Vote(subject=subject, answer="yes", voted_at=when, **facts))
            session.add(
                Vote(subject=subject, answer="no", voted_at=when, **facts | {"worker_id": "SOMEBODY"})
            )
    assert "a sign           the same answer" in synsetter(f"workers show {voter}")


def test_json_tells_signs_and_the_alias_of_releases(finished, synsetter):
    voter = worker_of(finished, 1)
    with finished.store.writing() as session:
        mine = (Assignment.worker_id == voter, Assignment.kind == "label_images")
        session.execute(update(Assignment).where(*mine).values(active_seconds=0.1))
    [one] = synsetter.json(f"workers show {voter}")
    assert one["signs"] == ["1 of 1 pages at under 0.3 seconds an image"]
    everyone = synsetter.json("workers list")
    assert one in everyone
    assert [other["signs"] for other in everyone].count([]) == len(everyone) - 1
    aliases = {other["alias"] for other in everyone}
    assert len(aliases) == len(everyone)
    assert not any(other["worker_id"] in other["alias"] for other in everyone)
