from __future__ import annotations

import contextlib
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.units import (
    format_bytes,
    format_count,
    format_ms,
    format_share,
    parse_bytes,
    parse_duration_ms,
    to_ms,
)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("200ms", 200),
        ("1.5 s", 1500),
        ("30s", 30_000),
        ("2m", 120_000),
        ("2 min", 120_000),
        ("17us", 0.017),
        ("17µs", 0.017),
        ("17 μs", 0.017),
        ("250ns", 0.00025),
        ("1h", 3_600_000),
        ("1h30m", 5_400_000),
        ("3 min 5 s", 185_000),
        ("1d", 86_400_000),
        ("1e3 ms", 1000),
        (".5s", 500),
        ("-2ms", -2),
        ("2 Seconds", 2000),
    ],
)
def test_a_duration_is_read_in_milliseconds(text, ms):
    assert parse_duration_ms(text) == ms


@pytest.mark.parametrize(
    "text", ["", "fast", "12", "1,5 s", "ms", "5 parsecs", "1e999s", "nan ms", "5s extra", "s5"]
)
def test_what_is_no_duration_is_a_usage_error_with_a_hint(text):
    with pytest.raises(UsageError, match="duration") as caught:
        parse_duration_ms(text)
    assert "200ms" in caught.value.hint


def test_a_plain_number_needs_the_unit_that_the_caller_states():
    assert parse_duration_ms("12", unit="s") == 12_000
    assert parse_duration_ms("12ms", unit="s") == 12
    with pytest.raises(UsageError):
        parse_duration_ms("12", unit="furlongs")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64 kB", 65_536),
        ("64KiB", 65_536),
        ("1.5MB", 1_572_864),
        ("10GiB", 10 * 2**30),
        ("8192", 8192),
        ("12 bytes", 12),
        ("1TB", 2**40),
    ],
)
def test_a_size_is_read_in_bytes_as_postgresql_reads_it(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "big", "-5kB", "1 kB 2 kB", "5 kbit", "1e999"])
def test_what_is_no_size_is_a_usage_error(text):
    with pytest.raises(UsageError, match="size"):
        parse_bytes(text)


def test_a_long_wrong_text_is_shortened_in_the_message():
    with pytest.raises(UsageError) as caught:
        parse_duration_ms("x" * 10_000)
    assert len(str(caught.value)) < 200


def test_a_million_digits_are_refused_quickly():
    with pytest.raises(UsageError):
        parse_duration_ms("9" * 1_000_000)


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_a_usage_error(text):
    with contextlib.suppress(UsageError):
        assert math.isfinite(parse_duration_ms(text, unit="s"))


@pytest.mark.parametrize(
    ("unit", "ms"),
    [("ns", 3e-6), ("us", 0.003), ("µs", 0.003), ("ms", 3), ("s", 3000), ("m", 180_000)],
)
def test_to_ms_converts_numbers_numpy_and_arrow_alike(unit, ms):
    assert to_ms(3, unit) == ms
    assert to_ms(3.0, unit) == ms
    np.testing.assert_array_equal(to_ms(np.array([3, 6]), unit), [ms, 2 * ms])
    assert to_ms(pa.array([3, None]), unit).to_pylist() == [ms, None]
    assert to_ms(pa.chunked_array([[3], [None]]), unit).to_pylist() == [ms, None]


def test_nanoseconds_beyond_what_a_float_holds_exactly_still_convert():
    epoch_ns = 1_700_000_000_123_456_789
    assert to_ms(pa.array([epoch_ns]), "ns")[0].as_py() == pytest.approx(epoch_ns / 1e6)


def test_to_ms_refuses_an_unknown_unit():
    with pytest.raises(UsageError, match="unit of time"):
        to_ms(1.0, "fortnight")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0.017, "17 µs"),
        (2, "2.00 ms"),
        (84, "84 ms"),
        (84.26, "84.3 ms"),
        (1240, "1.24 s"),
        (185_000, "3 min 5 s"),
        (0.9996, "1.00 ms"),
        (999.6, "1.00 s"),
        (59_960, "1 min 0 s"),
        (59_940, "59.9 s"),
        (3_599_999, "1 h 0 min"),
        (7_500_000, "2 h 5 min"),
        (90_000_000, "1 d 1 h"),
        (0, "0 ms"),
        (0.0005, "500 ns"),
        (-2, "-2.00 ms"),
        (-185_000, "-3 min 5 s"),
        (math.nan, "n/a"),
        (None, "n/a"),
        (math.inf, "inf"),
    ],
)
def test_a_duration_is_printed_with_three_significant_digits(ms, text):
    assert format_ms(ms) == text


@given(st.floats(min_value=1e-6, max_value=59_000))
def test_a_printed_duration_read_again_is_the_same_within_three_digits(ms):
    assert parse_duration_ms(format_ms(ms)) == pytest.approx(ms, rel=0.0051)


@given(st.integers(60_000, 10**12))
def test_minutes_hours_and_days_read_again_lose_at_most_half_of_the_smaller_unit(ms):
    printed = format_ms(ms)
    half = {"s": 500, "min": 30_000, "h": 1_800_000}[printed.split()[-1]]
    assert abs(parse_duration_ms(printed.replace(",", "")) - ms) <= half


@given(st.one_of(st.floats(), st.integers(-(10**20), 10**20), st.none()))
def test_every_number_can_be_printed(value):
    for function in (format_ms, format_bytes, format_count, format_share):
        assert function(value)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (1023.7, "1.00 kB"),
        (65_536, "64 kB"),
        (1_572_864, "1.50 MB"),
        (2**20 - 1, "1.00 MB"),
        (-5000, "-4.88 kB"),
        (math.nan, "n/a"),
    ],
)
def test_a_size_is_printed_in_powers_of_1024(size, text):
    assert format_bytes(size) == text


@given(st.integers(0, 2**60))
def test_a_printed_size_read_again_is_the_same_within_three_digits(size):
    assert parse_bytes(format_bytes(size).replace(",", "")) == pytest.approx(size, rel=0.0051)


def test_counts_and_shares_are_printed_for_people():
    assert format_count(1_234_567) == "1,234,567"
    assert format_count(10**17 + 1) == "100,000,000,000,000,001"
    assert format_count(None) == "n/a"
    assert [format_share(s) for s in (0.123, 0, 1, 0.0001, None)] == [
        "12.3 %",
        "0.0 %",
        "100.0 %",
        "<0.1 %",
        "n/a",
    ]
