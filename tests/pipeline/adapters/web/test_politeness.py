from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipeline.adapters.web.politeness import is_unwanted, seconds_to_wait


@pytest.mark.parametrize(
    ("headers", "unwanted"),
    [
        ([], False),
        (["all"], False),
        (["noai"], True),
        (["NoAI, NoImageAI"], True),
        (["index", "nofollow, noimageindex"], True),
        (["none"], True),
        (["otherbot: noai"], False),
        (["Synsetter: noai"], True),
        (["max-image-preview: none"], False),
        ([""], False),
    ],
)
def test_x_robots_tag(headers, unwanted):
    assert is_unwanted(headers) is unwanted


def test_retry_after_in_seconds_or_as_a_date():
    assert seconds_to_wait("120") == 120
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < seconds_to_wait(soon) <= 60
    assert seconds_to_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5.2"])
def test_a_retry_after_that_cannot_be_read_asks_for_nothing(text):
    assert seconds_to_wait(text) == 0
