"""Figures on the sites: worked time, hourly rates, how money and time are written, what operators type."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd_server.looks.formats import money, span, stamp
from crowd_server.market.pay_record import RequesterRecord, TypeRecord
from crowd_server.operator_site.amounts import AmountError, read_cents
from crowd_server.people import countries
from crowd_server.people.earnings import Day, hourly_cents, sum_of, worked_seconds

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30))))
def test_time_at_work_is_the_seconds_in_which_some_hit_was_held(held):
    intervals = [(NOON + start * SECOND, NOON + (start + length) * SECOND) for start, length in held]
    seconds = {second for start, length in held for second in range(start, start + length)}
    assert worked_seconds(intervals) == len(seconds)


def test_a_day_adds_up():
    day = Day(date(2026, 11, 21), bonuses=50)
    for minutes, state in ((0, "submitted"), (10, "approved"), (20, "rejected")):
        start = NOON + timedelta(minutes=minutes)
        day.add(state, 100, (start, start + timedelta(minutes=5)))
    assert (day.handed_in, day.pending, day.approved, day.rejected, day.earned) == (3, 100, 100, 100, 250)
    assert day.seconds == 900
    assert day.hourly == 1000, "250 cents in a quarter of an hour"
    both = sum_of([day, day], day.day)
    assert (both.handed_in, both.earned, both.seconds) == (6, 500, 900), "the same hour is worked once"


def test_a_rate_needs_something_to_go_by():
    assert hourly_cents(100, 59) is None
    assert hourly_cents(100, 60) == 6000
    assert TypeRecord([60.0] * 4).hourly_cents(10) is None
    assert TypeRecord([30.0, 60.0, 60.0, 90.0, 1e6]).hourly_cents(10) == 600, "the median"
    assert RequesterRecord(approved=3, rejected=1).approval_percent is None
    assert RequesterRecord(approved=199, rejected=1).approval_percent == 99, "never rounded up to 100"


@pytest.mark.parametrize(
    ("cents", "written"), [(0, "$0.00"), (5, "$0.05"), (123450, "$1,234.50"), (-5, "−$0.05")]
)
def test_money(cents, written):
    assert money(cents) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (90, "1 min 30 s"), (5400, "1 h 30 min"), (86400, "1 d"),
     (86400 * 3 + 7200 + 59, "3 d 2 h"), (-5, "0 s")],
)  # fmt: skip
def test_span(seconds, written):
    assert span(seconds) == written


def test_stamps_are_utc_and_machine_readable():
    local = datetime(2026, 11, 21, 1, tzinfo=UTC).astimezone()
    assert stamp(local, "clock") == (
        '<time datetime="2026-11-21T01:00:00+00:00" data-style="clock">01:00 UTC</time>'
    )
    assert "never" in stamp(None)


@given(st.integers(0, 10_000_000))
def test_what_is_written_is_read_back(cents):
    assert read_cents(money(cents)) == cents


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1e3", "NaN", "12,5x", "1000001", "１２", "0x10", " "])
def test_no_amount(text):
    with pytest.raises(AmountError):
        read_cents(text)


def test_countries_are_told_apart():
    assert len(countries.NAMES) == len(set(countries.NAMES.values())) == 249
    assert all(len(short) == 2 and short.isupper() for short in countries.NAMES)
