"""Numbers as tools state them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.load_tests.summary_rows import SummaryRow, integer, load_tests, number


@pytest.mark.parametrize("value", [None, True, "", "x", "nan", "inf", -1, "-1", [], {}, b"1"])
def test_what_is_no_number_is_unknown(value):
    assert number(value) is None
    assert integer(value) is None


@given(st.floats(min_value=0, allow_infinity=False) | st.integers(0, 1 << 60))
def test_numbers_stay_what_they_are(value):
    assert number(value) == value or math.isclose(number(value), value)
    assert number(str(value)) == number(value)


def test_a_count_is_whole_and_fits():
    assert [integer(value) for value in (5, "5", 5.0, 5.5, 1e30, 10**400)] == [5, 5, 5] + [None] * 3


def test_no_rows_are_no_table():
    assert load_tests([]) == {}
    table = load_tests([SummaryRow(line=3, tool="wrk")])["load_tests"]
    assert table["tool"].to_pylist() == ["wrk"]
    assert table["p95_ms"].null_count == table["corrected"].null_count == 1
