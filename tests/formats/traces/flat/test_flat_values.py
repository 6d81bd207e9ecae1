"""Values of flat rows: ids that survive, numbers that are clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.flat_values import (
    Unclear,
    identifier,
    nanoseconds,
    number,
    parent,
    trace_identifier,
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ABC", "0000000000000abc"),
        ("123456", "123456"),
        (18446744073709551615, "18446744073709551615"),
        ("18446744073709551615", "18446744073709551615"),
        ("0123456789abcdef0", "0" * 15 + "0123456789abcdef0"),
        ("9e020857-1248-431f-b2dd-f1541bd1e113", "9e020857-1248-431f-b2dd-f1541bd1e113"),
        ("", None),
        (None, None),
        (True, None),
        (1.5, None),
    ],
)
def test_ids(value, found):
    assert identifier(value) == found


def test_ids_of_traces_have_32_digits():
    assert trace_identifier("d7d48420205b0dab") == "0" * 16 + "d7d48420205b0dab"
    assert trace_identifier("123456") == "123456"


def test_zeros_are_no_parent():
    assert [parent(value) for value in ("0", "0" * 16, "", None, "a")] == [None] * 4 + [
        "0" * 15 + "a"
    ]


@given(st.integers(0, (1 << 64) - 1))
def test_decimal_ids_survive(value):
    text = str(value)
    assert identifier(text).lstrip("0") == text.lstrip("0")
    assert identifier(value) == identifier(text)


@given(st.integers(0, (1 << 128) - 1))
def test_hexadecimal_ids_are_one_however_they_are_written(value):
    text = f"{value:032x}"
    assert identifier(text.upper()) == text


@pytest.mark.parametrize("value", ["1,234", "1,5", "12,345.6", "1,234,567"])
def test_a_comma_is_not_guessed(value):
    with pytest.raises(Unclear, match="comma"):
        number(value)


@pytest.mark.parametrize(
    ("value", "unit", "ns"),
    [
        (0.0465, "s", 46_500_000),
        ("46.5", "ms", 46_500_000),
        ("1e-3", "s", 1_000_000),
        ("12 ms", "s", 12_000_000),
        (0, "s", 0),
        (-1, "s", None),
        ("NaN", "s", None),
        (float("inf"), "s", None),
        (1e300, "s", None),
        ("fast", "s", None),
        (True, "s", None),
        ([1], "s", None),
        (None, "s", None),
    ],
)
def test_durations(value, unit, ns):
    assert nanoseconds(value, unit) == ns
