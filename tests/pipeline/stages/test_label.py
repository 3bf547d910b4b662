"""Voting: enough votes, none too many, nobody twice."""

import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from pipeline import runner
from pipeline.hits.desk import NothingToDo
from pipeline.review.exclusion import exclude
from pipeline.review.gold import set_gold
from pipeline.stages import label
from pipeline.store import ballots
from pipeline.store.models import Candidate, LeaseItem, Synset, Vote, VoteModel
from pipeline.verification import verify
from pipeline.votes.vote_models import Lesson, VoteModels

CAT, MUG = "n02123045", "n03063599"
KINDS = ("label_images",)


def votes_by_candidate(world: Any) -> dict[int, Counter[str]]:
    cast: dict[int, Counter[str]] = {}
    for vote in world.rows(Vote, Vote.kind == "label_images"):
        cast.setdefault(vote.subject, Counter())[vote.answer] += 1
    return cast


def only_labels(world: Any, answer: Any) -> None:
    """Vote until nothing moves, and draw nothing."""
    world.play(lambda _, one, who: answer(one, who), KINDS)


def test_a_majority_gets_as_many_votes_as_decide_and_no_more(world: Any) -> None:
    good = world.add(30)
    bad = world.add(30, MUG)
    only_labels(world, lambda one, _: "yes" if one in good else "no")
    cast = votes_by_candidate(world)
    assert all(cast[one] == {"yes": 3} for one in good)
    assert all(cast[one] == {"no": 3} for one in bad)
    assert world.states() == {"accepted": 30, "rejected": 30}


def test_every_lease_became_a_vote_and_nobody_saw_an_image_twice(world: Any) -> None:
    world.add(60)
    only_labels(world, lambda one, who: "yes" if (one + len(who)) % 3 else "no")
    leased = world.rows(LeaseItem, LeaseItem.kind == "label_images")
    votes = world.rows(Vote, Vote.kind == "label_images")
    assert {item.state for item in leased} == {"answered"}
    assert len(leased) == len(votes)
    pairs = Counter((vote.subject, vote.worker_id) for vote in votes)
    assert set(pairs.values()) == {1}
    assert {row.pending for row in world.rows(Candidate)} == {0}


def test_the_event_of_a_verdict_holds_what_decided_it(world: Any) -> None:
    (one,) = world.add(1)
    only_labels(world, lambda *_: "yes")
    (event,) = world.events("voted")
    (model,) = {row.id for row in world.rows(VoteModel)} & {event.data["model"]}
    assert event.subject == str(one)
    assert event.data == {
        "yes": 3,
        "no": 0,
        "unsure": 0,
        "confidence": pytest.approx(event.data["confidence"]),
        "policy": "majority:3",
        "model": model,
    }
    row = world.rows(Candidate)[0]
    assert (row.yes, row.no, row.unsure, row.confidence) == (3, 0, 0, event.data["confidence"])


def test_imagenet_gives_every_seed_ten_votes_and_learns_from_them(make_world: Any, database_url: str) -> None:
    world = make_world(database_url, "label.policy=imagenet", "label.seed_images=6", "label.accept=0.9")
    world.add(24)
    only_labels(world, lambda one, _: "no" if one % 4 == 0 else "yes")
    cast = votes_by_candidate(world)
    seeds = {row.id for row in world.rows(Candidate, Candidate.seed)}
    assert len(seeds) == 6
    assert all(cast[seed].total() == 10 for seed in seeds)
    others = [cast[row.id].total() for row in world.rows(Candidate, ~Candidate.seed)]
    assert max(others) < 10
    assert world.states() == {"accepted": 18, "rejected": 6}
    assert world.count(VoteModel) > 1


def test_seeds_are_chosen_when_all_that_was_found_is_collected(light_world: Any) -> None:
    light_world.add(3)
    light_world.add(1, state="found", picture=None, wanted=0)
    label.tick(light_world.tools)
    assert [row.seeded for row in light_world.rows(Synset)] == [False, True]
    assert light_world.count(Candidate, Candidate.seed) == 0


def test_a_synset_can_have_a_policy_of_its_own(light_world: Any) -> None:
    light_world.add(2)
    mugs = light_world.add(2, MUG)
    with light_world.store.writing() as session:
        session.execute(update(Synset).where(Synset.wnid == MUG).values(policy="majority:5"))
    only_labels(light_world, lambda *_: "yes")
    cast = votes_by_candidate(light_world)
    assert {one: count.total() for one, count in cast.items()} == {
        one: 5 if one in mugs else 3 for one in cast
    }


def test_nobody_who_cannot_tell_decides(world: Any) -> None:
    (one,) = world.add(1)
    only_labels(world, lambda _, who: "unsure" if who in ("WORKER0", "WORKER1") else "yes")
    assert votes_by_candidate(world)[one]["yes"] >= 1
    assert sum(world.states().values()) == 1
    assert world.rows(Candidate)[0].state in ("accepted", "unsure")


def test_a_picture_that_everybody_reports_does_not_wait_for_ever(world: Any) -> None:
    (one,) = world.add(1)
    only_labels(world, lambda *_: "report")
    assert world.states() == {"unsure": 1}
    assert votes_by_candidate(world)[one] == {"report": 3}
    assert len(world.events("reported")) == 3


def test_an_answer_that_comes_after_its_lease_counts(world: Any) -> None:
    (one,) = world.add(1)
    world.tick()
    hit = world.crowd.open_hits()[0]
    late = json.dumps(world.answers(world.ask(hit, "SLOW"), "SLOW", lambda *_: "no"))
    world.clock.move(hours=2)
    world.tick()
    assert {item.state for item in world.rows(LeaseItem)} == {"expired"}
    world.crowd.submit(hit, late)
    only_labels(world, lambda *_: "yes")
    assert votes_by_candidate(world)[one] == {"yes": 2, "no": 1}
    assert world.states() == {"accepted": 1}
    with pytest.raises(NothingToDo):
        world.tools.desk.preview("label_images", CAT)


def told(world: Any) -> dict[int, tuple[Any, ...]]:
    """What stands of each candidate."""
    return {row.id: (row.yes, row.no, row.unsure, row.confidence) for row in world.rows(Candidate)}


def noisy(one: int, who: str) -> str:
    """An answer that depends on the image and the worker: mostly right, sometimes nothing."""
    luck = (one * 7919 + sum(map(ord, who)) * 104729) % 100
    return "unsure" if luck < 5 else "yes" if (one % 3 > 0) == (luck < 80) else "no"


def test_step_by_step_and_all_at_once_come_to_the_same(make_world: Any, database_url: str) -> None:
    """Every open candidate stands where all votes, read anew, lead under the newest model."""
    world = make_world(database_url, "label.policy=weighted", "label.accept=0.99", "label.reject=0.01")
    ids = world.add(70)
    with world.store.writing() as session:
        for truth in (0, 1):
            these = [one for one in ids[:12] if (one % 3 > 0) == truth]
            session.execute(update(Candidate).where(Candidate.id.in_(these)).values(gold=truth))
    world.workers, compared = world.workers[:6], 0
    for _ in range(12):
        world.work(lambda _, one, who: noisy(one, who), KINDS)
        world.tick()
        with world.store.reading() as session:
            newest = VoteModels().newest(session, "weighted")
            numbered = ballots.load(session, newest.group.synsets, newest.workers)
            open_ones = {row.id for row in world.rows(Candidate, Candidate.state == "collected")}
        anew = newest.policy.decide(numbered.ballots, newest.model)
        stands = told(world)
        for one, confidence in zip(numbered.ids, anew.confidence.tolist(), strict=True):
            if one in open_ones:
                compared += 1
                assert stands[one][3] == confidence
    assert compared > 100
    assert world.count(VoteModel) < 12, "some steps judged only what had new votes"


def test_votes_counted_before_a_crash_are_decided_on_after_it(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(5)
    world.tick()
    world.work()
    with monkeypatch.context() as broken:
        broken.setattr(label, "_decide", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world.tick()
    assert world.count(Vote) == 15
    assert world.states() == {"collected": 5}
    assert {row.wanted for row in world.rows(Candidate)} == {0}, "none is asked for before the count is told"
    label.tick(world.tools)
    assert world.states() == {"accepted": 5}


def test_pages_open_while_a_policy_learns(make_world: Any, database_url: str, monkeypatch: Any) -> None:
    world = make_world(database_url, "label.policy=weighted")
    world.add(100)
    world.tick()
    hits, opened, learn = world.crowd.open_hits(), [], Lesson.learn

    def learn_slowly(lesson: Lesson) -> Any:
        opened.append(world.ask(hits[1], "OTHER"))
        return learn(lesson)

    world.crowd.submit(hits[0], json.dumps(world.answers(world.ask(hits[0], "A"), "A", lambda *_: "yes")))
    monkeypatch.setattr(Lesson, "learn", learn_slowly)
    label_only(world)
    assert len(opened) == 1
    assert opened[0].items


def label_only(world: Any) -> int:
    """Take in what was submitted, and let the label stage act."""
    moved = runner.take_in(world.tools, world.crowd_tools(), {"label": label.tick})[1]
    return moved["label"]


def test_who_is_excluded_while_a_policy_learns_stays_out(
    make_world: Any, database_url: str, monkeypatch: Any
) -> None:
    world = make_world(database_url, "label.policy=weighted")
    world.add(20)
    world.tick()
    world.work(lambda *_: "yes")
    learn, settings = Lesson.learn, world.tools.settings.label

    def meanwhile(lesson: Lesson) -> Any:
        monkeypatch.setattr(Lesson, "learn", learn)
        with world.store.writing() as session:
            exclude(session, settings, "WORKER0", "a test", world.clock())
        return learn(lesson)

    monkeypatch.setattr(Lesson, "learn", meanwhile)
    label_only(world)
    last = world.rows(VoteModel)[-1]
    assert "WORKER0" not in last.document["workers"]
    world.workers = world.workers[1:]
    only_labels(world, lambda *_: "yes")
    with world.store.reading() as session:
        assert not any(verify(session)["yes, no and unsure, from the votes"])
        assert not any(verify(session)["votes on synsets, from the votes"])


def test_more_candidates_than_a_statement_holds(world: Any) -> None:
    """SQLite takes 250,000 values, PostgreSQL 65,535."""
    (one,) = world.add(1)
    with world.store.reading() as session:
        numbered = ballots.load(session, [CAT], {}, range(one, one + 300_000))
    assert numbered.ids == [one]


def test_known_images_that_come_back_are_on_no_page_twice_and_decided_at_once(light_world: Any) -> None:
    world = light_world
    world.add(20)
    world.tick()
    back = world.add(2, yes=3, votes_floor=6, wanted=3, confidence=0.9)
    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == back[0]).values(gold=1))
    world.ask(world.crowd.open_hits()[0], "A")
    shown = Counter(item.subject for item in world.rows(LeaseItem))
    assert (shown[back[0]], shown[back[1]]) == (1, 1)
    with world.store.writing() as session:
        set_gold(session, world.tools.settings.label, {back[1]: 1}, world.clock())
    assert [row.state for row in world.rows(Candidate, Candidate.gold == 1)] == ["accepted"] * 2


def test_a_policy_that_is_taken_up_again_asks_for_no_more_than_it_needs(light_world: Any) -> None:
    world = light_world
    world.add(6)
    for policy, wanted in (("majority:3", 3), ("majority:9", 9), ("majority:3", 3)):
        world.set("label", policy=policy)
        world.tick()
        assert {row.wanted for row in world.rows(Candidate)} == {wanted}
    learnt = world.count(VoteModel)
    world.tick()
    assert world.count(VoteModel) == learnt
