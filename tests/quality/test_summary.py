"""Summary figures against the published ones."""

import pytest

from quality.summary import frequency_histogram, object_scales, seconds_per_accepted_box


def test_bins_close_as_imagenetv2_closes_them():
    assert frequency_histogram([0, 0.19, 0.2, 0.4, 0.6, 3 / 5, 0.8, 1]).tolist() == [2, 1, 1, 2, 2]
    assert frequency_histogram([]).tolist() == [0, 0, 0, 0, 0]


def test_every_fraction_of_ten_votes_has_its_bin():
    assert frequency_histogram([yes / 10 for yes in range(11)]).tolist() == [2, 2, 2, 2, 3]


def test_frequencies_are_shares():
    with pytest.raises(ValueError, match="not in"):
        frequency_histogram([1.2])


@pytest.mark.parametrize(("seconds", "cost"), [((25.5, 9.0, 7.8), 63.3), ((50.8, 21.9, 15.3), 132.2)])
def test_redraws_are_paid_for(seconds, cost):
    assert seconds_per_accepted_box(*seconds, acceptance=0.622) == pytest.approx(cost, abs=0.05)


def test_without_an_accepted_box_there_is_no_price():
    with pytest.raises(ValueError, match="acceptance"):
        seconds_per_accepted_box(1, 1, 1, 0)


def test_scale_is_a_share_of_the_picture():
    assert object_scales([[0, 0, 99, 49]], 100, 100).tolist() == [0.5]
