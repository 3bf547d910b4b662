"""Counts of what streams by."""

from collections import Counter

from pipeline.release.images import Box, Boxed, Votes
from pipeline.release.tally import LEAST_SURE, SAMPLES, Tally


def test_everything_is_counted(images):
    tally = Tally()
    for image in images:
        tally.add(image, size=100)
    assert tally.images == 12
    assert tally.splits == Counter(train=8, val=2, test=2)
    assert tally.boxes == tally.split_boxes.total() == 12
    assert tally.bytes == 1200
    assert tally.licenses == Counter({"CC BY 4.0": 11, "": 1})
    cats = tally.of("n02121808")
    assert cats.boxed == Counter(complete=4, partial=1, none=1)
    assert cats.instances == Counter({1: 4})
    assert cats.frequencies == [0, 0, 0, 6, 0]
    assert tally.frequencies == [0, 0, 0, 12, 0]


def test_boxes_that_overlap_are_kept_for_review(make_image):
    tally = Tally()
    pair = (Box(0, 0, 63, 47), Box(0, 0, 63, 35), Box(0, 0, 9, 9))
    tally.add(make_image(boxes=pair), size=1)
    assert tally.overlap_count == 1
    assert (tally.overlaps[0].first, tally.overlaps[0].second) == pair[:2]
    assert tally.overlaps[0].iou == 0.75


def test_scales_are_shares_of_the_picture(make_image):
    tally = Tally()
    tally.add(make_image(boxes=(Box(0, 0, 63, 47), Box(0, 0, 31, 23), Box(0, 0, 0, 0))), size=1)
    assert tally.scales == [1, 1, 0, 0, 1]


def test_few_images_are_held(make_image):
    tally = Tally()
    for seed in range(40):
        votes = Votes(yes=40 - seed, no=seed, unsure=0)
        image = make_image(
            seed, votes=votes, selection_frequency=votes.yes / 40, boxes=(), boxed=Boxed.NONE, data=b"x"
        )
        tally.add(image, size=1)
    assert len(tally.of("n02121808").samples) == SAMPLES
    assert [image.votes.no for image in tally.least_sure] == list(range(39, 39 - LEAST_SURE, -1))


def test_nobody_was_unsure_of_gold_that_nobody_saw(make_image):
    tally = Tally()
    tally.add(make_image(1), size=1)
    tally.add(make_image(2, votes=Votes(0, 0, 0), selection_frequency=0.0), size=1)
    assert tally.images == 2
    assert tally.frequencies == [0, 0, 0, 1, 0]
    assert [image.votes.yes for image in tally.least_sure] == [3]


def test_an_unknown_synset_has_nothing():
    assert Tally().of("n00000000").images == 0
    assert Tally().of("n00000000").mean_confidence is None
