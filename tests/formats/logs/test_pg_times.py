from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_times import (
    NO_TIME,
    WIDTHS,
    all_in_utc,
    in_utc,
    read_walls,
    wall_ns,
)

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
        "2026-11-21 02:00:00 UTC", "2026-11-21 02:60:00", "1763690400",
        "99999999999.999", "x2026-11-21 02:00:00",
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


@given(st.lists(st.sampled_from(["", "UTC", "CET", "-03", "+05:30", "X9"]), max_size=20))
def test_times_of_several_zones_are_each_read_in_their_own(found):
    walls = np.arange(len(found)) * 3_600_000_000_000
    names = sorted(set(found))
    codes = np.array([names.index(name) for name in found], np.int64)
    for zone in (None, "Asia/Tokyo"):
        alone = [in_utc(walls[n : n + 1], name, zone)[0] for n, name in enumerate(found)]
        assert all_in_utc(walls, codes, names, zone).tolist() == alone


def read_many(text):
    """Read a time as those of whole columns are read; what is of another width is no time."""
    head = heads_of([text])
    found = [walls[0] for fits, walls in (read_walls(head, width) for width in WIDTHS) if fits[0]]
    return int(found[0]) if found else NO_TIME


def heads_of(texts):
    rows = [text.encode().ljust(40, b"\0") for text in texts]
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), 40)


@given(MOMENTS, st.sampled_from(["seconds", "milliseconds", "microseconds"]))
def test_times_of_columns_are_those_of_texts(moment, precision):
    text = moment.isoformat(" ", precision)
    assert read_many(text) == read_many(text + " UTC") == wall_ns(text)
    epoch = f"{abs(ns_of(moment)) // 10**9:010}.123"
    assert read_many(epoch) == wall_ns(epoch)


@given(MOMENTS, st.lists(st.integers(-10_000, 100_000)), st.lists(st.integers(0, 25)))
def test_a_line_does_not_depend_on_those_before_it(moment, later, damaged):
    texts = [
        (moment + timedelta(milliseconds=step)).isoformat(" ", "microseconds") for step in later
    ]
    for row, place in zip(range(0, len(texts), 2), damaged, strict=False):
        texts[row] = f"{texts[row][:place]}x{texts[row][place + 1 :]}"
    fits, walls = read_walls(heads_of(texts), 26) if texts else ([], [])
    found = [int(ns) if fit else NO_TIME for fit, ns in zip(fits, walls, strict=True)]
    assert found == [wall_ns(text) for text in texts]


@given(st.text("0123456789-: .T", min_size=14, max_size=27))
def test_texts_that_look_like_times_are_read_alike(text):
    found = read_many(text)
    assert found in {
        NO_TIME,
        wall_ns(text[:14]),
        wall_ns(text[:19]),
        wall_ns(text[:23]),
        wall_ns(text[:26]),
    }


@pytest.mark.parametrize(
    "text", ["2026-02-30 00:00:00", "2026-11-21 24:00:00", "0000-01-01 00:00:00"]
)
def test_columns_hold_no_time_that_no_calendar_has(text):
    assert read_many(text) == NO_TIME
