from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.recording import as_recording
from perfkit.widgets.window import Window, cut, stops

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@given(
    days=st.floats(-10_000, 20_000),
    seconds=st.floats(0, 3e8),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York", "-03:30"]),
)
def test_all_of_the_time_lies_between_a_hundred_stops_with_names_of_their_own(days, seconds, zone):
    first = START + timedelta(days=days)
    last = first + timedelta(seconds=seconds)
    made = stops(first, last, zone)
    times = [at for _, at in made]
    assert times[0] <= first
    assert last < times[-1]
    assert 2 <= len(made) <= 103
    assert times == sorted(times)
    assert len({label for label, _ in made}) == len(made)


def test_stops_are_round_on_the_clock_of_the_zone():
    labels = [label for label, _ in stops(START, START + timedelta(hours=8), "Asia/Kathmandu")]
    assert labels[:3] == ["15:45", "15:50", "15:55"]


def test_several_days_are_named_and_weeks_are_days():
    hours = stops(START, START + timedelta(days=3), "UTC")
    assert hours[0][0] == "11-21 10:00"
    weeks = stops(START, START + timedelta(days=60), "UTC")
    assert [label for label, _ in weeks[:2]] == ["2026-11-21", "2026-11-22"]


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset():
    night = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 3:00 becomes 2:00 in Berlin at 1:00 UTC
    labels = [label for label, _ in stops(night, night + timedelta(hours=3), "Europe/Berlin")]
    assert {"02:00 +0200", "02:00 +0100", "03:00"} <= set(labels)


def test_an_unknown_zone_is_said():
    with pytest.raises(UsageError, match="zone"):
        stops(START, START, "Mars/Base")


def test_the_whole_window_keeps_rows_without_a_time():
    rec = as_recording(
        pa.table({"started_at": pa.array([START, None], pa.timestamp("ns", "UTC"))}), "requests"
    )
    assert cut(rec, Window()) is rec
    assert cut(rec, Window(START, None)).arrow("requests").num_rows == 1
