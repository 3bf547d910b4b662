import io
import json

import pytest
from rich.console import Console

from pipeline.rehearsal import table
from pipeline.rehearsal.forecast import Crew, Outcome, Spent, Verdict, forecast
from pipeline.rehearsal.truth import Truth

CREW = Crew(workers=10, hours_a_day=2.0)
CAT, DOG = "n02121808", "n02084071"
WHOLE, HALF = (0, 0, 99, 99), (0, 0, 99, 49)


def outcome(url: str, verdict: Verdict, *boxes: tuple[int, int, int, int], **more: str) -> Outcome:
    return Outcome(more.pop("wnid", CAT), url, verdict, boxes, **more)


TRUTH = Truth(
    {
        ("a", CAT): (WHOLE,),
        ("b", CAT): (WHOLE, (200, 200, 299, 299)),
        ("c", CAT): (),
        ("d", CAT): (WHOLE,),
        ("e", CAT): (WHOLE,),
    },
    {"a": "tom", "d": "tom", "e": "tom", "b": "tim"},
)


def test_labels_are_held_against_the_truth() -> None:
    made = forecast(
        [
            outcome("a", Verdict.ACCEPTED),
            outcome("b", Verdict.REJECTED),
            outcome("c", Verdict.UNSURE),
            outcome("d", Verdict.UNJUDGED),
            outcome("x", Verdict.ACCEPTED),
            outcome("y", Verdict.REJECTED),
            outcome("z", Verdict.REJECTED, wnid=DOG),
        ],
        TRUTH,
        [],
        CREW,
    )
    cats = made.synsets[CAT]
    assert (cats.candidates, made.all.candidates) == (6, 7)
    assert (cats.precision.part, cats.precision.whole) == (1, 2)
    assert (cats.recall.part, cats.recall.whole) == (1, 3)
    assert (cats.unsure.part, cats.unsure.whole) == (1, 5)
    assert cats.precision.low == pytest.approx(0.0945, abs=1e-4)
    assert made.synsets[DOG].precision.value is None


def test_boxes_are_held_against_the_truth() -> None:
    made = forecast(
        [
            outcome("a", Verdict.ACCEPTED, HALF),
            outcome("b", Verdict.ACCEPTED, WHOLE, (500, 500, 510, 510)),
            outcome("c", Verdict.ACCEPTED, WHOLE),
            outcome("x", Verdict.ACCEPTED, WHOLE),
        ],
        TRUTH,
        [],
        CREW,
    ).all
    assert (made.coverage.part, made.coverage.whole) == (2, 3)
    assert (made.sound_boxes.part, made.sound_boxes.whole) == (2, 3)
    assert made.mean_iou == pytest.approx((1 + 0.5) / 2)


def test_copies_are_counted_beyond_the_first() -> None:
    made = forecast(
        [
            outcome("a", Verdict.ACCEPTED),
            outcome("d", Verdict.UNJUDGED, duplicate_of="a"),
            outcome("e", Verdict.ACCEPTED),
            outcome("b", Verdict.ACCEPTED, duplicate_of="a"),
            outcome("c", Verdict.ACCEPTED, duplicate_of="a"),
        ],
        TRUTH,
        [],
        CREW,
    ).all
    assert (made.copies.part, made.copies.whole) == (1, 2)
    assert made.wrong_copies == 1
    assert made.duplicates == 3


def test_costs_add_up() -> None:
    spent = [Spent("label_images", 10, 480, 400, 3600.0), Spent("draw_box", 5, 50, 550, 5400.0)]
    cost = forecast([], TRUTH, spent, CREW).cost
    assert (cost.cents, cost.worker_hours) == (950, 2.5)
    assert cost.days == pytest.approx(2.5 / 20)
    assert cost.hourly_cents == pytest.approx(380)


def test_nothing_done_is_no_division_by_nothing() -> None:
    made = forecast([], TRUTH, [], CREW)
    assert made.cost.hourly_cents is None
    assert json.loads(json.dumps(made.to_json()))["all"]["precision"]["value"] is None


def test_the_table_says_what_it_would_cost_and_how_good_it_would_be() -> None:
    made = forecast(
        [outcome("a", Verdict.ACCEPTED, WHOLE), outcome("d", Verdict.UNJUDGED, duplicate_of="a")],
        TRUTH,
        [Spent("label_images", 10, 480, 400, 3600.0)],
        CREW,
    )
    console = Console(file=io.StringIO(), width=100)
    console.print(table.render(made))
    text = console.file.getvalue()
    assert "4.00 dollars, 1.0 hours of work: 0.1 days for 10 people" in text
    assert "100.0 (21–100)" in text
    assert "1 of 1" in text
