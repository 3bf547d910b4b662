import pytest

from pipeline.closing import close
from pipeline.review.exclusion import exclude, include
from pipeline.review.gold import set_gold
from pipeline.store import histories, tickets, worker_figures
from pipeline.store.journal import event, record
from pipeline.store.models import Candidate, Vote
from pipeline.verification import verify


@pytest.fixture
def finished(world):
    """Two boxed images, on each kind of database."""
    ids = world.add(2)
    with world.store.writing() as session:
        record(
            session,
            [event("candidate", one, "collected", {}, world.clock(), after="collected") for one in ids],
        )
    world.play()
    return world


def derived(world):
    names = ("id", "state", "yes", "no", "unsure", "confidence", "wanted")
    return [tuple(getattr(row, name) for name in names) for row in world.rows(Candidate)]


def wrong(world):
    with world.store.reading() as session:
        return [one for found in verify(session).values() for one in found]


def test_excluding_and_including_somebody_changes_nothing_in_the_end(finished):
    before, label = derived(finished), finished.tools.settings.label
    voter = finished.rows(Vote, Vote.kind == "label_images")[0].worker_id
    with finished.store.writing() as session:
        out = exclude(session, label, voter, "a try", finished.clock())
    assert out.reopened == out.looked_at > 0
    assert derived(finished) != before
    assert wrong(finished) == []
    with finished.store.writing() as session:
        include(session, label, voter, finished.clock())
    assert derived(finished) == before
    assert wrong(finished) == []


def test_one_vote_by_one_or_all_at_once_comes_to_the_same(finished):
    """What is derived step by step, with the votes as they came, is what the raw votes say at the end."""
    label = finished.tools.settings.label
    before = derived(finished)
    with finished.store.writing() as session:
        set_gold(session, label, {1: 0}, finished.clock())
    with finished.store.writing() as session:
        set_gold(session, label, {1: 1}, finished.clock())
    with finished.store.writing() as session:
        set_gold(session, label, {1: None}, finished.clock())
    first, second = derived(finished)
    assert first[2:6] == before[0][2:6]
    assert first[1] == "accepted", "it was rejected in between: its boxes are looked at again"
    assert second == before[1]
    assert wrong(finished) == []


def test_the_reads_work_on_both_databases(finished):
    with finished.store.reading() as session:
        assert len(histories.find(session, "1")[0].votes) >= 3
        assert sum(one.assignments for one in worker_figures.read(session)) == len(finished.crowd.payments)
        assert sum(one.paid_cents for one in tickets.tickets(session)) == finished.crowd.cents_paid
        assert tickets.held(session) == []


def test_closing_a_finished_run_finds_nothing(finished):
    left = close(finished.tools, finished.crowd_tools())
    assert (left.with_workers, left.held, left.unconfirmed) == (0, 0, 0)
