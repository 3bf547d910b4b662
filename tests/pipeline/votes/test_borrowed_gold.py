"""Gold borrowed from look-alike synsets: which, how much, and when its truth is forgotten."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from pipeline import run_figures
from pipeline.review.exclusion import exclude
from pipeline.review.gold import set_gold
from pipeline.states import State
from pipeline.store import outcomes, queries
from pipeline.store.models import Candidate, LeaseItem, Pair, Vote
from pipeline.verification import verify
from pipeline.votes import borrowed_gold
from pipeline.votes.page_gold import examples, of_each_truth

CAT, MUG = "n02123045", "n03063599"
SURE = {"confidence": 0.999, "yes": 4}


def borrow(world: Any) -> int:
    with world.store.writing() as session:
        cards = world.tools.desk.cards
        return borrowed_gold.borrow(session, cards, world.tools.settings, [CAT, MUG], world.clock())


def borrowed(world: Any) -> list[Any]:
    return world.rows(Candidate, Candidate.state == State.BORROWED)


@pytest.fixture
def lending(world: Any) -> tuple[Any, list[int]]:
    """Sixty open cats, and six mugs that surely are mugs."""
    world.add(60)
    return world, world.add(6, MUG, State.BOXED, wanted=0, **SURE)


def test_sure_images_of_a_look_alike_become_bad_gold(lending: Any) -> None:
    world, mugs = lending
    assert borrow(world) == of_each_truth(60) == 6
    pictures = {row.picture for row in world.rows(Candidate, Candidate.id.in_(mugs))}
    assert {row.picture for row in borrowed(world)} == pictures
    assert {(row.wnid, row.source, row.gold, row.wanted) for row in borrowed(world)} == {(CAT, "gold", 0, 0)}
    assert borrow(world) == 0


@pytest.mark.parametrize(
    "doubt", [{"confidence": 0.9}, {"yes": 1}, {"no": 1}, {"state": "rejected"}, {"wnid": CAT}]
)
def test_what_is_not_sure_is_not_borrowed(light_world: Any, doubt: dict[str, Any]) -> None:
    light_world.add(60)
    (mug,) = light_world.add(1, MUG, State.BOXED, wanted=0, **SURE)
    with light_world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == mug).values(**doubt))
    assert borrow(light_world) == 0


def test_copies_are_not_borrowed(light_world: Any) -> None:
    world = light_world
    world.add(60)
    mugs = world.add(3, MUG, State.BOXED, wanted=0, **SURE)
    with world.store.writing() as session:
        world_row = session.get_one(Candidate, mugs[0])
        session.execute(update(Candidate).where(Candidate.id == 1).values(picture=world_row.picture))
        facts = {"distance": 1, "probability": 0.5, "measured": {}, "verdict": "doubtful", "decided_by": ""}
        session.add(Pair(left=2, right=mugs[1], **facts))
    assert borrow(world) == 1


def test_borrowed_gold_counts_as_nothing_but_gold(lending: Any) -> None:
    world, _ = lending
    borrow(world)
    with world.store.reading() as session:
        assert queries.candidates_per_synset(session) == {CAT: 60, MUG: 6}
        assert len(queries.pictures_of_synset(session, CAT).ids) == 60
        assert len(outcomes.candidates(session)) == 66
        figures = run_figures.read(session, world.tools.settings, "1")
        found = verify(session)
    assert [(one.wnid, one.candidates.total()) for one in figures.synsets] == [(CAT, 60), (MUG, 6)]
    ours = {f"candidate {row.id}" for row in borrowed(world)}
    assert not ours & {one.subject for differences in found.values() for one in differences}


def test_pages_mix_it_in_and_its_votes_rate_workers_only(lending: Any) -> None:
    world, _ = lending
    borrow(world)
    world.tick()
    hit = next(hit for hit in world.crowd.open_hits() if hit.task[1] == CAT)
    question = world.ask(hit, "WORKER")
    gold = world.rows(LeaseItem, LeaseItem.gold)
    assert len(gold) == 3
    assert len(question.synset.bad) == 1
    assert world.tools.desk.picture(question.synset.bad[0].rpartition("/")[2])[0][:2] == b"\xff\xd8"
    world.crowd.submit(hit, json.dumps(world.answers(question, "WORKER", lambda *_: "no")))
    world.tick()
    votes = world.count(Vote, Vote.subject.in_([item.subject for item in gold]))
    assert (votes, {row.state for row in borrowed(world)}) == (3, {"borrowed"})


def test_examples_rate_nobody(lending: Any) -> None:
    world, _ = lending
    borrow(world)
    world.tick()
    for hit in [hit for hit in world.crowd.open_hits() if hit.task[1] == CAT][:2]:
        world.ask(hit, "WORKER")
    with world.store.reading() as session:
        shown = examples(session, CAT)
    rated = {item.subject for item in world.rows(LeaseItem, LeaseItem.gold)}
    assert (len(shown.bad), len(rated)) == (1, 5)
    assert not rated & set(shown.bad)


@pytest.mark.parametrize("disputed", [True, False])
def test_truth_that_has_become_doubtful_is_forgotten(lending: Any, disputed: bool) -> None:
    world, mugs = lending
    borrow(world)
    gold = borrowed(world)[0]
    assert gold.borrowed_from in mugs
    change = (gold.id, {"yes": 3}) if disputed else (gold.borrowed_from, {"state": State.COLLECTED})
    with world.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == change[0]).values(**change[1]))
    borrow(world)
    assert [row.id for row in borrowed(world) if row.gold is None] == [gold.id]
    assert world.rows_of_events(gold.id)[-1].data == {"truth": None, "before": 0}


def test_only_its_lender_can_take_it_back(lending: Any) -> None:
    """A picture is offered more than once, to several synsets, and is none of most of them."""
    world, _ = lending
    borrow(world)
    (other,) = world.add(1, MUG, State.REJECTED, wanted=0)
    with world.store.writing() as session:
        same = {"picture": borrowed(world)[0].picture}
        session.execute(update(Candidate).where(Candidate.id == other).values(**same))
    borrow(world)
    assert all(row.gold == 0 for row in borrowed(world))


def test_what_a_curator_has_called_good_is_not_doubted_for_being_called_good(lending: Any) -> None:
    world, _ = lending
    borrow(world)
    gold = borrowed(world)[0].id
    with world.store.writing() as session:
        set_gold(session, world.tools.settings.label, {gold: 1}, world.clock())
        session.execute(update(Candidate).where(Candidate.id == gold).values(yes=3))
    borrow(world)
    assert [row.gold for row in borrowed(world) if row.id == gold] == [1]


def test_votes_of_the_excluded_put_it_in_no_doubt(lending: Any) -> None:
    world, _ = lending
    borrow(world)
    world.tick()
    world.work(lambda *_: "yes", ("label_images",))
    world.tick()
    assert sum(row.yes for row in borrowed(world)) > 0
    with world.store.writing() as session:
        for worker in {vote.worker_id for vote in world.rows(Vote)}:
            exclude(session, world.tools.settings.label, worker, "a bot", world.clock())
    assert {row.yes for row in borrowed(world)} == {0}
