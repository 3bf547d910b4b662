"""The sentences under the charts follow from the figures."""

from dataclasses import replace

import pytest

from pipeline.release.conclusions import conclusions
from pipeline.release.figures import CrowdFigures, DuplicateFigures, Share
from pipeline.release.images import Votes
from pipeline.release.report import Report
from pipeline.release.tally import Tally


@pytest.fixture
def report(images, synsets, figures):
    tally = Tally()
    for image in images:
        tally.add(image, size=10)
    return Report(figures, tally, synsets)


def test_each_sentence_holds_its_figures(report):
    said = conclusions(report)
    assert said["hardness"] == (
        "Hardest to agree on was domestic cat, with 3.6 votes an image; "
        "least to the point was the search for fox: 0 % accepted."
    )
    assert said["votes"] == "76.7 % of the decisions took three votes or fewer."
    assert said["truth"] == "Of 6 accepted labels whose truth is known, 0 are wrong."
    assert said["acceptance"] == "70 % of the drawings passed: an accepted box takes 1.4 of them."
    assert said["tries"] == "71.4 % were right the first time."
    assert said["instances"] == "1.00 objects a picture."
    assert said["wages"] == "Half earned $11.00 or more; one in ten earned $7.00 or less."


def test_what_was_accepted_and_is_not_released_is_told(report):
    cat, *others = report.figures.synsets
    cat = replace(cat, precision=Share(13, 14), drawn=Share(15, 20))
    said = conclusions(replace(report, figures=replace(report.figures, synsets=(cat, *others))))
    assert (report.flow["accepted"], report.tally.boxes) == (12, 12)
    assert said["truth"] == (
        "Of 14 accepted labels (on copies that were dropped since, too) whose truth is known, 1 are wrong."
    )
    assert said["acceptance"].endswith(" 15 passed and 12 are released: not every picture with a box is.")


def test_gold_that_nobody_saw_had_no_share_of_yes(report, make_image):
    for seed in (20, 21):
        unseen = make_image(seed, votes=Votes(0, 0, 0), selection_frequency=0.0)
        report.tally.add(unseen, size=10)
    report.tally.add(make_image(22, votes=Votes(4, 0, 0), selection_frequency=1.0), size=10)
    assert conclusions(report)["frequencies"] == (
        "7.7 % had at least four yes in five votes. 2 pictures of known truth had no votes: not counted."
    )
    alone = Tally()
    alone.add(unseen, size=10)
    assert conclusions(replace(report, tally=alone))["frequencies"] == (
        "1 picture of known truth had no votes: not counted."
    )


def test_without_figures_nothing_is_said(report):
    empty = replace(
        report.figures,
        synsets=(),
        crowd=CrowdFigures(simulated=False, workers=0, kinds=()),
        duplicates=DuplicateFigures(),
    )
    said = conclusions(Report(empty, report.tally, report.synsets))
    silent = {"hardness", "votes", "truth", "acceptance", "tries", "sizes", "wages"}
    assert {name for name, sentence in said.items() if not sentence} == silent
