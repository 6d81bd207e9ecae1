"""Times in log lines, beside datetime's own reading."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.moments import moments, resolution

CLF = "%d/%b/%Y:%H:%M:%S %z"
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1700, 1, 2), datetime(2250, 1, 1), timezones=ZONES).map(  # noqa: DTZ001 - the strategy's zones
    lambda at: at.replace(microsecond=0)
)


def ns_of(at):
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def clf_of(at):
    return f"{at.day:02}/{at:%b}/{at.year:04}:{at:%H:%M:%S %z}".encode()


@given(st.lists(TIMES, min_size=1, max_size=20))
def test_common_log_times_are_what_datetime_reads(column, times):
    found = moments(*column([clf_of(at) for at in times]), "clf", None)
    assert found.known.all()
    assert found.ns.tolist() == [ns_of(at) for at in times]


@pytest.mark.parametrize(
    "text",
    [
        b"31/Foo/2026:10:00:00 +0000",
        b"00/Oct/2026:10:00:00 +0000",
        b"31/Nov/2026:10:00:00 +0000",
        b"10/Oct/2026:24:00:00 +0000",
        b"10/Oct/2026:10:61:00 +0000",
        b"10/Oct/2026:10:00:00 00000",
        b"10-Oct-2026:10:00:00 +0000",
        b"1x/Oct/2026:10:00:00 +0000",
        b"10/Oct/9999:10:00:00 +0000",
        b"10/Oct/2026",
        b"",
    ],
)
def test_what_is_no_time_is_unknown(column, text):
    found = moments(*column([text, b"10/Oct/2026:10:00:00 +0000"]), "clf", None)
    assert found.known.tolist() == [False, True]


def test_the_hour_that_is_there_twice_is_told_by_its_offset(column):
    both = [b"25/Oct/2026:02:30:00 +0200", b"25/Oct/2026:02:30:00 +0100"]
    first, second = moments(*column(both), "clf", None).ns
    assert second - first == 3600 * 10**9


@pytest.mark.parametrize(
    ("unit", "text", "ns"),
    [
        ("s", b"1700000000.123", 1700000000123000000),
        ("s", b"1700000000", 1700000000000000000),
        ("ms", b"1700000000123", 1700000000123000000),
        ("us", b"1700000000123456", 1700000000123456000),
        ("iso", b"2023-11-14T23:13:20+01:00", 1700000000000000000),
        ("iso", b"2023-11-14T22:13:20.5Z", 1700000000500000000),
        ("%d/%b/%Y %H:%M:%S.%f %z", b"14/Nov/2023 22:13:20.250 +0000", 1700000000250000000),
    ],
)
def test_other_notations(column, unit, text, ns):
    found = moments(*column([text, text, b"-"]), unit, None)
    assert found.known.tolist() == [True, True, False]
    assert found.ns.tolist()[:2] == [ns, ns]
    assert not found.naive


def test_a_time_without_a_zone_is_in_the_users(column):
    values = [b"2026-07-01 12:00:00"]
    plain = moments(*column(values), "%Y-%m-%d %H:%M:%S", None)
    berlin = moments(*column(values), "%Y-%m-%d %H:%M:%S", "Europe/Berlin")
    assert plain.naive
    assert berlin.naive
    assert (plain.ns - berlin.ns).tolist() == [2 * 3600 * 10**9]


def test_finer_times_are_finer():
    assert np.all(np.diff([resolution(unit) for unit in ("clf", "iso", "s", "us")]) > 0)
    assert resolution("%S.%f") > resolution("%S")
