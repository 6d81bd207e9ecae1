from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_times import NO_TIME, in_utc, wall_ns

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001 - wall times


def ns_of(moment):
    passed = moment - datetime(1970, 1, 1, tzinfo=moment.tzinfo)
    return (passed.days * 86_400 + passed.seconds) * 10**9 + passed.microseconds * 1000


@given(MOMENTS)
def test_wall_times_of_any_precision_are_exact(moment):
    assert wall_ns(moment.isoformat(" ", "microseconds")) == ns_of(moment)
    assert wall_ns(moment.isoformat("T", "seconds")) == ns_of(moment.replace(microsecond=0))
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert wall_ns(moment.isoformat(" ", "milliseconds")) == ns_of(cut)


def test_times_since_1970_are_milliseconds():
    assert wall_ns("1763690400.123") == 1_763_690_400_123 * 10**6


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-11-21", "2026-02-30 00:00:00", "2026-13-01 00:00:00", "2026-11-21 25:00:00",
        "2026-11-21 02:00:00 UTC", "1763690400", "99999999999.999", "x2026-11-21 02:00:00",
    ],
)  # fmt: skip
def test_what_is_no_time_is_unknown(text):
    assert wall_ns(text) == NO_TIME


@pytest.mark.parametrize(
    ("name", "zone", "hours"),
    [
        ("UTC", "Europe/Berlin", 0),  # the log says it
        ("+02", "Europe/Berlin", 2),
        ("-0330", None, -3.5),
        ("CET", None, 1),
        ("CET", "America/New_York", -5),  # abbreviations are not unique: what is asked for wins
        ("", None, 0),
        ("XYZ", None, 0),
        ("", "Asia/Kolkata", 5.5),
    ],
)
def test_the_logs_own_offset_wins_then_the_zone_asked_for(name, zone, hours):
    wall = np.array([wall_ns("2026-01-15 12:00:00")])
    assert in_utc(wall, name, zone)[0] == wall[0] - int(hours * 3600) * 10**9


@given(st.lists(MOMENTS, max_size=20), st.sampled_from(["Europe/Berlin", "Asia/Kathmandu"]))
def test_a_zone_is_applied_as_the_standard_library_does(moments, zone):
    walls = np.array([ns_of(moment) for moment in moments], np.int64)
    expected = [ns_of(moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)) for moment in moments]
    assert in_utc(walls, "", zone).tolist() == expected


def test_both_sides_of_a_change_to_summer_time_are_right():
    walls = np.array([wall_ns(f"2026-03-29 {text}:00") for text in ("01:59", "03:00")])
    before, after = in_utc(walls, "CET", "Europe/Berlin")
    assert timedelta(microseconds=int(after - before) // 1000) == timedelta(minutes=1)
