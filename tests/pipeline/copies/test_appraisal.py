"""Which copies of a group are looked at beside which: few of a large one, and enough."""

from pipeline.copies.appraisal import descents


def made_from(sources):
    """Know of pairs what they were made from, in one step; and count the looks."""
    looks = []

    def beside(pairs):
        looks.extend(pairs)
        return [(right in sources.get(left, ())) - (left in sources.get(right, ())) for left, right in pairs]

    return beside, looks


def copies(found):
    return {int(left if made > 0 else right) for left, right, made in zip(*found, strict=True) if made}


def test_all_pairs_of_a_small_group_are_looked_at_once():
    beside, looks = made_from({})
    descents([range(5), [7, 8]], beside)
    assert len(looks) == len({frozenset(pair) for pair in looks}) == 11


def test_whatever_was_made_from_one_original_is_found_in_a_large_group():
    for original in (0, 250, 499):
        beside, looks = made_from({row: {original} for row in range(500) if row != original})
        assert copies(descents([range(500)], beside)) == set(range(500)) - {original}
        assert len(looks) < 3 * 500


def test_of_a_long_row_of_copies_each_made_from_all_before_only_the_first_is_none():
    beside, _ = made_from({row: set(range(row)) for row in range(200)})
    assert copies(descents([range(200)], beside)) == set(range(1, 200))
    beside, _ = made_from({row: set(range(row + 1, 200)) for row in range(200)})
    assert copies(descents([range(200)], beside)) == set(range(199))
