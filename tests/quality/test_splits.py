"""Splits keep groups whole, classes balanced and settled images where they are."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.splits import Dealing

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
items = st.lists(st.tuples(st.integers(0, 30).map(str), st.sampled_from("abc")), max_size=60)


def deal(pairs, seed=1, shares=SHARES, settled=None):
    """The split of each (group, class)."""
    members = defaultdict(Counter)
    for group, label in pairs:
        members[group][label] += 1
    dealing = Dealing(shares, seed)
    for group, counts in members.items():
        dealing.add(group, counts, (settled or {}).get(group))
    chosen = dict(zip(members, dealing.splits(), strict=True))
    return [chosen[group] for group, _ in pairs]


@given(items, st.integers(0, 3))
@settings(max_examples=60)
def test_a_group_is_never_cut(pairs, seed):
    homes = {}
    for (group, _), split in zip(pairs, deal(pairs, seed), strict=True):
        assert homes.setdefault(group, split) == split


@given(items, st.randoms())
@settings(max_examples=60)
def test_the_order_of_the_items_does_not_matter(pairs, random):
    before = dict(zip(pairs, deal(pairs), strict=True))
    random.shuffle(pairs)
    assert dict(zip(pairs, deal(pairs), strict=True)) == before


@given(items, items)
@settings(max_examples=60)
def test_added_images_move_nobody_who_is_settled(old, new):
    settled = {group: split for (group, _), split in zip(old, deal(old), strict=True)}
    for (group, _), split in zip(old + new, deal(old + new, settled=settled), strict=True):
        assert split == settled.get(group, split)


@pytest.mark.parametrize("size", [10, 50, 200])
def test_classes_of_single_images_are_dealt_exactly(size):
    pairs = [(f"{label}{i}", label) for label in "abcd" for i in range(size)]
    counts = Counter((label, split) for (_, label), split in zip(pairs, deal(pairs), strict=True))
    assert counts == {
        (label, split): round(share * size) for label in "abcd" for split, share in SHARES.items()
    }


def test_small_classes_even_out_over_the_splits():
    pairs = [(f"{label}{i}", str(label)) for label in range(40) for i in range(5)]
    assert Counter(deal(pairs)) == {"train": 160, "val": 20, "test": 20}


def test_a_large_group_is_made_up_for():
    pairs = [("big", "a")] * 40 + [(str(i), "a") for i in range(60)]
    assert Counter(deal(pairs)) == {"train": 80, "val": 10, "test": 10}


def test_without_settled_splits_an_added_image_moves_few():
    pairs = [(f"{i}", "a") for i in range(200)]
    before, after = deal(pairs), deal([*pairs, ("new", "a")])
    assert sum(old != new for old, new in zip(before, after, strict=False)) <= 4


def test_another_seed_deals_anew():
    pairs = [(str(i), "a") for i in range(100)]
    assert deal(pairs, seed=1) != deal(pairs, seed=2)


def test_a_split_without_a_share_stays_empty():
    assert set(deal([(str(i), "a") for i in range(50)], shares={"train": 1.0, "val": 0.0})) == {"train"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shares": {"train": 0.8}}, "add up to 1"),
        ({"shares": {"train": 1.0}, "settled": {"a": "val"}}, "settled splits"),
    ],
)
def test_what_cannot_be_dealt_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        deal([("a", "c")], **arguments)
