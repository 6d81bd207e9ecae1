"""Times as envelopes write them, against the datetime module."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.model import NO_TIME
from perfkit.ingest.envelopes.moments import (
    from_any,
    from_iso,
    from_month,
    from_number,
    from_values,
    parsed,
)

AT = 1_795_258_800  # 2026-11-21T11:00:00Z
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENTS = st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_IN_1972 = st.datetimes(datetime(1972, 1, 1), datetime(1972, 12, 31, 23), timezones=st.just(UTC))  # noqa: DTZ001


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _bytes(*texts: bytes) -> pa.Array:
    return pa.array(texts, pa.large_binary())


@settings(max_examples=40, deadline=None)
@given(moment=_MOMENTS, minutes=st.integers(-14 * 60, 14 * 60), below=st.integers(0, 999))
def test_nanoseconds_and_zones_are_read_exactly(moment, minutes, below):
    shown = moment + timedelta(minutes=minutes)
    sign, (hour, minute) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{shown:%Y-%m-%dT%H:%M:%S.%f}{below:03}{sign}{hour:02}:{minute:02}"
    wanted = _ns(moment) + below
    assert from_iso(_bytes(text.encode())).tolist() == [wanted]
    assert parsed(text) == (wanted, False)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\xff\xfe", b"2026-13-01T00:00:00Z", b"2026-02-30T00:00:00Z", b"nonsense", b"T" * 500],
)
def test_a_damaged_time_costs_itself_and_not_its_neighbours(damaged):
    found = from_iso(_bytes(b"2026-11-21T11:00:00Z", damaged, b"2026-11-21T12:00:01+01:00"))
    assert found.tolist() == [AT * 10**9, NO_TIME, (AT + 1) * 10**9]


@pytest.mark.parametrize("year", ["0001", "1600", "2300", "9999"])
def test_a_year_that_64_bits_of_nanoseconds_cannot_hold_is_no_time(year):
    text = f"{year}-06-01T00:00:00Z"
    assert from_iso(_bytes(text.encode())).tolist() == [NO_TIME]
    assert from_any([text, "2026-11-21T11:00:00Z"])[0].tolist() == [NO_TIME, AT * 10**9]


@settings(max_examples=40, deadline=None)
@given(moments=st.lists(_IN_1972, min_size=1, max_size=8))
def test_a_month_and_a_day_are_of_1972(moments):
    whole = [moment.replace(microsecond=0) for moment in moments]
    texts = [f"{moment:%b} {moment.day:2} {moment:%H:%M:%S}".encode() for moment in whole]
    assert from_month(_bytes(*texts)).tolist() == [_ns(moment) for moment in whole]


@pytest.mark.parametrize("day", [b"21", b" 1"])
def test_the_day_of_syslog_is_padded_with_a_blank(day):
    wanted = datetime(1972, 11, int(day), 11, tzinfo=UTC)
    assert from_month(_bytes(b"Nov " + day + b" 11:00:00")).tolist() == [_ns(wanted)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Nov 21 11:00:0",
        b"Nov 21 11:00:000",
        b"nov 21 11:00:00",
        b"Nov  0 11:00:00",
        b"Nov 31 11:00:00",
        b"Feb 30 11:00:00",
        b"Nov 21 24:00:00",
        b"Nov 21 11:60:00",
        b"Nov 21 11:00:61",
        b"Nov 2x 11:00:00",
        b"Nov-21 11:00:00",
        b"Nov 21T11:00:00",
        b"Nov 21 11.00.00",
        b"\xff" * 15,
    ],
)
def test_what_is_no_time_of_syslog_is_none(text):
    fine = b"Feb 29 23:59:60"  # 1972 has that day, and the leap second that syslog may write
    wanted = datetime(1972, 3, 1, tzinfo=UTC)
    assert from_month(_bytes(fine, text, fine)).tolist() == [_ns(wanted), NO_TIME, _ns(wanted)]


def test_no_times_at_all_are_no_error():
    assert from_month(_bytes()).tolist() == []
    assert from_iso(_bytes()).tolist() == []
    assert from_any([])[0].tolist() == []


_INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@settings(max_examples=40, deadline=None)
@given(
    value=st.one_of(_INT64, st.sampled_from([-(1 << 63), (1 << 63) - 1])),
    scale=st.sampled_from([1, 1000, 1_000_000, 10**9]),
)
def test_a_number_that_does_not_fit_is_none(value, scale):
    [found] = from_number(np.array([value], np.int64), scale).tolist()
    assert found == (value * scale if abs(value * scale) < 1 << 63 else NO_TIME)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (AT, AT * 10**9),
        (AT * 1000 + 5, AT * 10**9 + 5 * 10**6),
        (AT * 10**6 + 7, AT * 10**9 + 7000),
        (AT * 10**9 + 9, AT * 10**9 + 9),
        (0, NO_TIME),
        (-5, NO_TIME),
        (12, NO_TIME),
        (1 << 63, NO_TIME),
        (10**400, NO_TIME),
    ],
)
def test_the_unit_of_a_number_is_told_by_its_size_as_number_and_as_text(value, wanted):
    assert from_any([value])[0].tolist() == [wanted]
    assert from_values([value, None])[0].tolist() == [wanted, NO_TIME]
    assert from_any([str(value)])[0].tolist() == [wanted]


def test_a_fraction_of_a_second_is_kept_to_the_microsecond():
    assert parsed(AT + 0.25) == (AT * 10**9 + 250_000_000, False)
    assert parsed(f"{AT}.123456")[0] == pytest.approx(AT * 10**9 + 123_456_000, abs=1000)


@pytest.mark.parametrize("value", [9_223_372_037, 9_223_372_036_855, 9_223_372_036_854_776])
def test_a_number_of_a_year_after_2262_is_none_alone_and_beside_others(value):
    for shape in (int, str, float):
        assert from_any([shape(value)])[0].tolist() == [NO_TIME]
    assert from_any([value, str(AT), None])[0].tolist() == [NO_TIME, AT * 10**9, NO_TIME]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.5, True, False])
def test_numbers_that_are_no_time_are_none(value):
    assert from_any([value])[0].tolist() == [NO_TIME]


@pytest.mark.parametrize(
    "value", [None, [], {}, b"2026-11-21T11:00:00Z", "", " ", "now", "9" * 5000]
)
def test_values_of_other_kinds_are_none_beside_a_time(value):
    found, naive = from_any(["2026-11-21T11:00:00Z", value])
    assert found.tolist() == [AT * 10**9, NO_TIME]
    assert not naive


@pytest.mark.parametrize(
    ("text", "naive"),
    [
        ("2026-11-21 11:00:00.000", True),
        ("2026-11-21T11:00:00", True),
        ("Nov 21, 2026 @ 11:00:00.000", True),
        ("2026-11-21 11:00:00 UTC", False),
        ("2026-11-21 11:00:00 GMT", False),
        ("2026-11-21 11:00:00,000+00:00", False),
        (" 2026-11-21T12:00:00+01:00 ", False),
    ],
)
def test_a_text_without_a_zone_is_said_to_be_naive(text, naive):
    assert parsed(text) == (AT * 10**9, naive)
    assert from_any([text])[1] == naive
    assert from_any(["2026-11-21T11:00:00Z", text])[1] == naive


_TEXTS = st.one_of(
    _MOMENTS.map(lambda moment: moment.isoformat()),
    _MOMENTS.map(lambda moment: moment.replace(tzinfo=None).isoformat(" ")),
    st.integers(0, 1 << 64).map(str),
    st.text(max_size=12),
)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.one_of(_TEXTS, st.integers(0, 1 << 64), st.none()), max_size=6))
def test_times_read_in_bulk_are_those_read_one_by_one(values):
    one_by_one = [NO_TIME if value is None else parsed(value)[0] for value in values]
    assert from_any(values)[0].tolist() == one_by_one
