"""What the report derives, worked out by hand."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from pipeline.release.figures import Share
from pipeline.release.report import Report, estimate, together
from pipeline.release.tally import Tally


@pytest.fixture
def report(images, synsets, figures):
    tally = Tally()
    for image in images:
        tally.add(image, size=10)
    return Report(figures, tally, synsets)


def test_the_flow_adds_up(report):
    assert report.flow == {
        "candidates": 33,
        "refused": 2,
        "voted_on": 30,
        "rejected": 17,
        "unsure": 1,
        "open": 0,
        "accepted": 12,
        "duplicates": 1,
        "released": 12,
        "fully_boxed": 10,
    }


def test_votes_an_image(report):
    assert report.votes == {"votes": 91, "images": 30, "per_image": 91 / 30}


def test_a_box_costs_its_redraws_and_fees_too(report):
    cost = report.cost
    assert cost["cents"] == 190 + 38
    assert cost["box_cents"] == 90 + 18
    assert cost["cents_per_accepted_box"] == 108 / 7
    assert cost["seconds_per_pass"] == 35
    assert cost["seconds_per_accepted_box"] == pytest.approx((20 + 8) / 0.7 + 7)


def test_shares_of_synsets_are_counted_together(report):
    assert (report.precision.part, report.precision.whole) == (6, 6)
    assert report.precision.share == 1 > report.precision.low > 0.5
    assert together([Share(1, 2), None, Share(2, 3)]) == Share(3, 5)
    assert together([None]) is None


def test_nothing_counted_is_no_estimate():
    assert estimate(None) is None
    assert estimate(Share(0, 0)) is None


def test_a_part_is_not_more_than_the_whole():
    with pytest.raises(ValueError, match="no share"):
        Share(3, 2)


def test_the_json_holds_run_release_and_what_follows(report):
    document = json.loads(report.to_json())
    assert set(document) == {"derived", "findings", "release", "run"}
    assert document["release"]["splits"]["train"]["images"] == 8
    assert document["release"]["synsets"]["n02118333"]["images"] == 0
    assert document["run"]["began_at"] == "2026-01-01T00:00:00+00:00"
    assert document["run"]["synsets"][0]["votes_per_image"] == {"2": 10, "5": 6, "12": 1}
    assert document["derived"]["claimed_precision"] == pytest.approx(0.98)


def test_what_is_derived_can_be_worked_out_again_from_the_run(report):
    counted = [replace(one, votes_per_image=Counter(one.votes_per_image)) for one in report.figures.synsets]
    report = replace(report, figures=replace(report.figures, synsets=tuple(counted)))
    document = json.loads(report.to_json())
    assert document["run"]["synsets"][0]["candidates"] == {"list": 20}
    pairs = [
        (int(votes), images)
        for synset in document["run"]["synsets"]
        for votes, images in synset["votes_per_image"].items()
    ]
    votes, images = sum(votes * count for votes, count in pairs), sum(count for _, count in pairs)
    assert document["derived"]["votes"] == {
        "votes": votes,
        "images": images,
        "per_image": pytest.approx(votes / images),
    }
