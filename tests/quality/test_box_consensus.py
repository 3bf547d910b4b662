"""Agreement of several workers' boxes, on worked examples and on real MTurk boxes."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from quality.box_consensus import cluster_instances, consensus_boxes, median_box
from quality.boxes import iou_matrix, match_optimal

DATA = Path(__file__).resolve().parents[2] / "../shared/data/boxes"


def test_one_slip_does_not_move_the_median():
    draws = [[10, 10, 50, 50], [11, 10, 50, 52], [10, 9, 49, 51], [10, 10, 50, 51], [400, 300, 410, 310]]
    assert median_box(draws).tolist() == [10, 10, 50, 51]


def test_no_draws_have_no_median():
    with pytest.raises(ValueError, match="no boxes"):
        median_box([])


def test_two_boxes_of_one_worker_are_two_instances():
    twins = [[0, 0, 99, 99], [2, 0, 101, 99]]
    assert cluster_instances(twins, ["ann", "ann"]).tolist() == [0, 1]
    assert cluster_instances(twins, ["ann", "bob"]).tolist() == [0, 0]


def test_neighbours_are_told_apart():
    left, right = [0, 0, 49, 99], [30, 0, 79, 99]
    nudge = np.array([2, -1, 1, 3])
    drawn = np.array([left, right, left + nudge, right + nudge, right - nudge])
    assert cluster_instances(drawn, [1, 1, 2, 2, 3]).tolist() == [0, 1, 0, 1, 1]


def test_no_boxes_no_instances():
    assert cluster_instances([], []).shape == (0,)
    assert consensus_boxes([], [], looked=5).shape == (0, 4)


def test_an_instance_needs_enough_of_those_who_looked():
    drawn, workers = [[0, 0, 9, 9], [0, 0, 9, 9], [80, 80, 89, 89]], [1, 2, 3]
    assert consensus_boxes(drawn, workers, looked=4).tolist() == [[0, 0, 9, 9]]
    assert len(consensus_boxes(drawn, workers, looked=4, least_share=0.25)) == 2


def test_those_who_drew_must_have_looked():
    with pytest.raises(ValueError, match="only 1 looked"):
        consensus_boxes([[0, 0, 1, 1], [0, 0, 1, 1]], ["a", "b"], looked=1)


def rows(name):
    with (DATA / f"pedestrians.{name}.csv").open() as file:
        for row in csv.DictReader(file):
            yield row, [float(row[edge]) for edge in ("xmin", "ymin", "xmax", "ymax") if edge in row]


@pytest.fixture(scope="module")
def pedestrians():
    if not DATA.exists():
        pytest.skip(f"no box data at {DATA}")
    truth, drawn, looked = defaultdict(list), defaultdict(list), defaultdict(int)
    for row, box in rows("truth"):
        truth[row["frame"]].append(box)
    for row, box in rows("workers"):
        drawn[row["frame"]].append((row["worker"], box))
    for row, _ in rows("frames"):
        looked[row["frame"]] += 1
    return truth, drawn, looked


def score(answers, truth):
    """Precision, recall and median IoU of (frame, boxes) answers."""
    right = given = wanted = 0
    overlaps = []
    for frame, boxes in answers:
        found = match_optimal(boxes, truth[frame])
        hits = np.flatnonzero(found >= 0)
        right, given, wanted = right + len(hits), given + len(boxes), wanted + len(truth[frame])
        overlaps.extend(iou_matrix(boxes, truth[frame])[hits, found[hits]])
    return right / given, right / wanted, float(np.median(overlaps))


def alone(drawn, frame):
    by_worker = defaultdict(list)
    for worker, box in drawn[frame]:
        by_worker[worker].append(box)
    return by_worker.values()


def test_seven_real_workers_together_beat_one(pedestrians):
    truth, drawn, looked = pedestrians
    one = score([(frame, boxes) for frame in truth for boxes in alone(drawn, frame)], truth)
    seven = score(
        [
            (
                frame,
                consensus_boxes(
                    [box for _, box in drawn[frame]], [who for who, _ in drawn[frame]], looked[frame]
                ),
            )
            for frame in truth
        ],
        truth,
    )
    assert seven[0] > 0.97 > one[0]
    assert seven[1] > 0.84
    assert seven[2] > one[2] + 0.05
