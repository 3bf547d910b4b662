"""What the report counts, where a run is so small that it can be counted by hand."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from pipeline import run_figures
from pipeline.copies import report as copies_report
from pipeline.release.figures import Share
from pipeline.states import State
from pipeline.store.models import Assignment, Candidate, Pair
from quality.agreement import krippendorff_alpha

CAT, MUG = "n02123045", "n03063599"


def figures(world: Any) -> Any:
    with world.store.reading() as session:
        return run_figures.read(session, world.tools.settings, "1")


def pair(left: int, right: int, verdict: str, by: str = "") -> Pair:
    facts = {"distance": 1, "probability": 0.5, "measured": {}}
    return Pair(left=left, right=right, verdict=verdict, decided_by=by, **facts)


def test_pairs_are_counted_however_many_there_are(world: Any, few_values: Any) -> None:
    cats, mugs = world.add(40), world.add(2, MUG)
    with world.store.writing() as session:
        session.add_all(pair(cats[0], other, "copy", "pixels") for other in cats[1:])
        session.add_all([pair(cats[0], mugs[0], "copy", "people"), pair(cats[1], mugs[0], "doubtful")])
        session.add(pair(cats[2], mugs[1], "different", "people"))
    with few_values(world.store):
        found = figures(world).duplicates
    assert (found.pairs, found.within_synset, found.across_synsets) == (40, 39, 1)
    assert (found.judged, found.doubtful) == (2, 1)


def test_copies_that_ended_at_collection_are_in_groups_too(world: Any) -> None:
    cats, mugs = world.add(6), world.add(1, MUG)
    with world.store.writing() as session:
        session.add_all([pair(cats[0], cats[1], "copy", "pixels"), pair(cats[4], mugs[0], "copy", "pixels")])
        for copy, kept in ((cats[1], cats[0]), (cats[2], cats[0]), (cats[3], mugs[0])):
            dropped = session.get_one(Candidate, copy)
            dropped.state, dropped.duplicate_of = State.DUPLICATE, kept
    found = figures(world).duplicates
    assert (found.groups, found.dropped, found.sizes) == (2, 3, {3: 2})
    assert (found.pairs, found.within_synset, found.across_synsets) == (2, 2, 2)
    with world.store.reading() as session:
        groups = copies_report.read(session, before_labelling=False).groups
    assert Counter(map(len, groups)) == found.sizes


def test_what_is_held_was_not_refused_pay(light_world: Any) -> None:
    world = light_world
    world.add(4)
    world.play(kinds=["label_images"])
    with world.store.writing() as session:
        handed_in = session.scalars(select(Assignment))
        for one, state in zip(handed_in, ("held", "refused", "rejected"), strict=True):
            one.state = state
    labels, *_ = figures(world).crowd.kinds
    assert (labels.assignments, labels.paid, labels.refused, labels.held) == (3, 0, 2, 1)


def test_labels_on_images_of_known_truth_are_held_against_it(light_world: Any) -> None:
    world = light_world
    cats = world.add(3)

    def shy(_kind: str, cat: int, worker: str) -> str:
        return "unsure" if worker == "WORKER0" and cat == cats[0] else "yes"

    world.play(shy, ["label_images"])
    (before, *_) = figures(world).crowd.kinds
    with world.store.writing() as session:
        for cat, truth in zip(cats, (1, 0, None), strict=True):
            session.get_one(Candidate, cat).gold = truth
    labels, drawings = figures(world).crowd.kinds
    assert (before.gold, labels.gold, drawings.gold) == (None, Share(2, 5), None)


def test_gold_took_no_votes_to_be_decided(light_world: Any) -> None:
    world = light_world
    world.add(1, state=State.BOXED, yes=3, no=1)
    world.add(2, state=State.REJECTED, no=2)
    world.add(1, state=State.BOXED, gold=1)
    world.add(1, state=State.REJECTED, gold=0, no=5)
    assert figures(world).synsets[0].votes_per_image == {4: 1, 2: 2}


def test_agreement_is_that_of_votes_on_decided_images(light_world: Any) -> None:
    world = light_world
    world.add(1, state=State.BOXED, yes=3, no=1)
    world.add(2, state=State.REJECTED, no=2)
    world.add(1, yes=1, no=1)
    assert figures(world).crowd.agreement == pytest.approx(krippendorff_alpha([[3, 1], [0, 2], [0, 2]]))


def test_without_votes_there_is_no_agreement(light_world: Any) -> None:
    assert figures(light_world).crowd.agreement is None
