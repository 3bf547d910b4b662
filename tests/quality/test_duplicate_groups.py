"""Groups of copies are stars, not chains, and the best copy comes first."""

import numpy as np
from PIL import Image, ImageOps

from quality.duplicate_groups import best_first, centrality, duplicate_groups, intactness
from quality.signature import signature


def groups(n, pairs, also=()):
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    def compare(a, b):
        agreeing = {frozenset(pair) for pair in also}
        return np.array([1.0 if frozenset(pair) in agreeing else 0.0 for pair in zip(a, b, strict=True)])

    return [group.tolist() for group in duplicate_groups(n, left, right, compare, 0.95)]


def test_pairs_become_groups():
    assert groups(6, [(0, 3), (1, 5)]) == [[0, 3], [1, 5]]
    assert groups(4, []) == []


def test_star_stays_whole():
    assert groups(5, [(2, 0), (2, 1), (2, 4)]) == [[0, 1, 2, 4]]


def test_chain_whose_ends_disagree_is_cut():
    assert groups(4, [(0, 1), (1, 2), (2, 3)]) == [[0, 1, 2]]


def test_two_stars_joined_by_one_pair_are_parted():
    pairs = [(0, 1), (0, 2), (0, 3), (3, 4), (4, 5), (4, 6), (4, 7)]
    assert groups(8, pairs) == [[0, 1, 2], [3, 4, 5, 6, 7]]


def test_chain_whose_pixels_agree_stays():
    assert groups(4, [(0, 1), (1, 2), (2, 3)], also=[(1, 3)]) == [[0, 1, 2, 3]]


def test_best_copy_by_weight():
    merits = {"pixels": np.array([10, 30, 20]), "licence": np.array([2, 0, 1])}
    group = np.array([0, 1, 2])
    assert best_first(group, merits, {"pixels": 1.0, "licence": 0.1}).tolist() == [1, 2, 0]
    assert best_first(group, merits, {"pixels": 0.1, "licence": 1.0}).tolist() == [0, 2, 1]
    assert best_first(group, merits, {}).tolist() == [0, 1, 2]


def test_most_central_copy_is_the_one_the_others_resemble():
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    assert centrality(4, left, right, np.array([0.9, 0.9, 0.7])).tolist() == [1.8, 1.6, 1.6, 0]


def test_borders_and_lost_colour_are_wear():
    pixels = np.random.default_rng(0).integers(0, 256, (10, 10, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((100, 100), Image.Resampling.BICUBIC)
    worn = [image, ImageOps.expand(image, 10, "black"), image.convert("L")]
    original, framed, grey = intactness(np.stack([signature(one) for one in worn]))
    assert original == 1
    assert framed < 0.8
    assert grey == 0.5
