from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import clock, tables
from perfkit.errors import UsageError

BERLIN = "Europe/Berlin"
SETTINGS = settings(deadline=None, max_examples=60)
OLD, NEW = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - bounds are naive
EPOCH, NEAR = datetime(1970, 1, 1), datetime(2037, 1, 1)  # noqa: DTZ001 - bounds are naive
instants = st.datetimes(OLD, NEW, timezones=st.timezones())


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAY = (utc("2026-11-20 13:00"), utc("2026-11-20 15:00"))
NIGHT = (utc("2026-11-20 22:30"), utc("2026-11-21 03:00"))
WEEK = (utc("2026-11-16 09:00"), utc("2026-11-22 18:00"))


@given(instants)
@SETTINGS
def test_an_aware_time_is_itself_whatever_the_zone(at):
    assert clock.moment(at, None, BERLIN) == at.astimezone(UTC)
    if at.utcoffset() % timedelta(minutes=1) == timedelta(0):
        assert clock.moment(at.isoformat(), None, BERLIN) == at.astimezone(UTC)


@given(st.datetimes(EPOCH, NEAR), st.timezone_keys())
@SETTINGS
def test_a_naive_time_is_understood_in_the_zone(at, zone):
    found = clock.moment(at, None, zone)
    assert found.utcoffset() == timedelta(0)
    assert found == at.replace(tzinfo=clock.time_zone(zone)).astimezone(UTC)
    assert clock.moment(str(at), None, zone) == found


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("14:02", "UTC", "2026-11-20 14:02"),
        ("14:02:30", "UTC", "2026-11-20 14:02:30"),
        ("14:02:30.25", "UTC", "2026-11-20 14:02:30.250"),
        (" 9:05 ", "UTC", "2026-11-20 09:05"),
        ("15:02", BERLIN, "2026-11-20 14:02"),
        ("09:02", "America/New_York", "2026-11-20 14:02"),
        ("19:32", "+05:30", "2026-11-20 14:02"),
        ("2026-11-20 14:02", "UTC", "2026-11-20 14:02"),
        ("2026-11-20 15:02", BERLIN, "2026-11-20 14:02"),
        ("2026-11-20T14:02:00Z", BERLIN, "2026-11-20 14:02"),
        ("2026-11-20", "UTC", "2026-11-20 00:00"),
    ],
)
def test_times_people_type(text, zone, expected):
    assert clock.moment(text, DAY, zone) == utc(expected)


def test_the_day_is_the_day_in_the_zone():
    late = (utc("2026-11-20 23:10"), utc("2026-11-20 23:50"))  # the 21st in Berlin
    assert clock.moment("00:20", late, BERLIN) == utc("2026-11-20 23:20")


def test_a_bare_time_in_a_night_has_one_day():
    assert clock.moment("23:00", NIGHT, "UTC") == utc("2026-11-20 23:00")
    assert clock.moment("01:00", NIGHT, "UTC") == utc("2026-11-21 01:00")


def test_a_bare_time_outside_of_a_night_is_the_nearer_one():
    assert clock.moment("22:00", NIGHT, "UTC") == utc("2026-11-20 22:00")
    assert clock.moment("04:00", NIGHT, "UTC") == utc("2026-11-21 04:00")


def test_a_bare_time_that_fits_several_days_names_them():
    with pytest.raises(UsageError) as caught:
        clock.moment("14:02", WEEK, "UTC")
    message = str(caught.value)
    assert "2026-11-16, 2026-11-17, 2026-11-18, 2026-11-19, 2026-11-20 and 2 more" in message
    assert '"2026-11-16 14:02:00"' in message


def test_a_bare_time_that_only_one_of_two_days_holds_is_clear():
    span = (utc("2026-11-20 08:00"), utc("2026-11-21 20:00"))
    assert clock.moment("07:00", span, "UTC") == utc("2026-11-21 07:00")
    with pytest.raises(UsageError, match="2026-11-20, 2026-11-21"):
        clock.moment("14:02", span, "UTC")


def test_a_recording_of_centuries_is_answered_soon():
    span = (utc("1678-01-01 00:00"), utc("2262-01-01 00:00"))
    with pytest.raises(UsageError, match=r"and 213\d{3} more"):
        clock.moment("14:02", span, "UTC")


@pytest.mark.parametrize(
    "at",
    [
        "",
        "yesterday",
        "25:00",
        "14:60",
        "14:02:61",
        "14",
        "\uff114:02",
        "14:02\x1b[31m",
        "٣:٠٢",
        "9" * 99,
    ],
)
def test_what_is_no_time_is_refused_and_shown_harmlessly(at):
    with pytest.raises(UsageError, match="time") as caught:
        clock.moment(at, DAY, "UTC")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("at", [None, 1402, pd.NaT, DAY[0].date()])
def test_what_is_no_datetime_is_refused(at):
    with pytest.raises(UsageError, match="is not a time"):
        clock.moment(at, DAY, "UTC")


def test_a_pandas_timestamp_becomes_a_plain_datetime():
    found = clock.moment(pd.Timestamp("2026-11-20T14:02:00.000000001Z"), None, "UTC")
    assert type(found) is datetime
    assert found == utc("2026-11-20 14:02")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "Europe", "\x00", "+99"])
def test_a_zone_that_does_not_exist_is_refused(zone):
    with pytest.raises(UsageError, match="there is no zone"):
        clock.moment("14:02", DAY, zone)


def test_a_time_shown_twice_is_the_first_and_ends_a_window_at_the_second():
    span = (utc("2026-10-24 22:00"), utc("2026-10-25 06:00"))  # Berlin: 02:30 at 00:30 and 01:30
    assert clock.moment("02:30", span, BERLIN) == utc("2026-10-25 00:30")
    assert clock.window("02:30", "02:45", span, BERLIN) == (
        utc("2026-10-25 00:30"),
        utc("2026-10-25 01:45"),
    )


def test_a_time_that_clocks_skip_is_read_with_the_offset_before():
    span = (utc("2026-03-29 00:00"), utc("2026-03-29 06:00"))
    assert clock.moment("02:30", span, BERLIN) == utc("2026-03-29 01:30")
    assert clock.moment("02:30", span, BERLIN, last=True) == utc("2026-03-29 01:30")


def test_a_window_may_span_midnight():
    assert clock.window("23:00", "01:00", NIGHT, "UTC") == (
        utc("2026-11-20 23:00"),
        utc("2026-11-21 01:00"),
    )
    assert clock.window("22:00", "04:00", NIGHT, "UTC") == (
        utc("2026-11-20 22:00"),
        utc("2026-11-21 04:00"),
    )


@pytest.mark.parametrize(("start", "end"), [("14:20", "14:02"), ("14:02", "14:02")])
def test_a_window_that_ends_before_it_starts_is_refused(start, end):
    with pytest.raises(UsageError, match=rf"{end}:00 is not after its start .* {start}:00"):
        clock.window(start, end, DAY, "UTC")


times = st.lists(st.none() | st.integers(-(10**15), 2 * 10**18), max_size=8)


@given(times, st.integers(0, 10**15), st.integers(1, 10**15))
@SETTINGS
def test_a_cut_keeps_start_and_leaves_out_end_and_unknown_times(values, low, width):
    values += [low * 1000, (low + width) * 1000, (low + width) * 1000 - 1]
    table = tables.from_columns("spans", {"started_at": values})
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=low)
    kept = clock.cut("spans", table, start, start + timedelta(microseconds=width))
    expected = [v for v in values if v is not None and low * 1000 <= v < (low + width) * 1000]
    assert [v.value for v in kept["started_at"]] == expected
    assert clock.undated("spans", table) == values.count(None)


@given(times, times)
@SETTINGS
def test_the_extent_is_the_first_and_last_known_time(some, more):
    contents = {
        "spans": tables.from_columns("spans", {"started_at": some}),
        "checkouts": tables.from_columns("checkouts", {"requested_at": more}),
        "load_tests": tables.from_columns("load_tests", {"tool": ["k6"]}),
    }
    known = [value for value in some + more if value is not None]
    found = clock.extent(contents)
    if not known:
        assert found is None
    else:
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        micros = [(point - epoch) // timedelta(microseconds=1) for point in found]
        assert micros == [min(known) // 1000, max(known) // 1000]


def test_a_window_of_all_of_history_keeps_every_row_with_a_time():
    table = tables.from_columns("events", {"at": [0, 2 * 10**18, None]})
    ends = clock.window("0001-01-01", "9999-12-31 23:59", None, "Pacific/Kiritimati")
    assert clock.cut("events", table, *ends).num_rows == 2
    west = clock.window("0001-01-01", "9999-12-31 23:59", None, "America/Adak")
    assert clock.cut("events", table, *west).num_rows == 2


def test_a_table_without_a_time_column_stays_whole():
    table = tables.from_columns("load_tests", {"tool": ["k6", "wrk"]})
    assert clock.cut("load_tests", table, *DAY) is table
    assert clock.undated("load_tests", table) == 0


def test_an_offset_is_a_zone():
    assert clock.time_zone("-0330") == timezone(-timedelta(hours=3, minutes=30))


def test_a_window_without_an_end_holds_everything_on_that_side():
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    span = (noon - timedelta(hours=12), noon)
    low, high = clock.window("11:00", None, span, "UTC")
    assert low == noon - timedelta(hours=1)
    assert high > noon + timedelta(days=365)
    low, high = clock.window(None, noon, span, "UTC")
    assert low < span[0] - timedelta(days=365)
    assert high == noon
