"""Rows of metrics and the account of their lines."""

import pytest

from perfkit.formats.metrics.readings import Account, Quantity, labelled, number


def test_a_row_has_time_host_name_value_and_unit(readings):
    account = Account(lines=2)
    account.take(2, b"raw", 1_795_297_058_000_000_000, "a", [Quantity("load.1m", 7.0, "1")])
    result = account.parsed()
    assert readings(result) == [("2026-11-21 21:37:38", "a", "load.1m", 7.0, "1")]
    assert result.tables["metrics"]["attributes"].to_pylist() == [b"raw"]


def test_a_line_without_quantities_is_irrelevant():
    account = Account(lines=1)
    account.take(1, b"", None, None, [])
    assert (account.parsed().irrelevant, account.parsed().tables) == (1, {})


def test_rows_of_several_records_stay_with_their_own(readings):
    account = Account(lines=3)
    account.take(1, b"a", None, "x", [Quantity("p", 1.0, None), Quantity("q", 2.0, "s")])
    account.take(2, b"b", None, "y", [])
    account.take(3, b"c", None, None, [Quantity("p", 3.0, "1")])
    result = account.parsed()
    assert [row[1:4] for row in readings(result)] == [("x", "p", 1), ("x", "q", 2), (None, "p", 3)]
    assert result.tables["metrics"]["attributes"].to_pylist() == [b"a", b"a", b"c"]
    assert result.tables["metrics"]["line"].to_pylist() == [1, 1, 3]


@pytest.mark.parametrize("text", ["", "--", "NaN", "+Inf", "-inf", "1_0", "1,2,3", "0x1", "1e999"])
def test_what_is_no_finite_number_is_none(text):
    assert number(text) is None


def test_numbers_may_have_a_decimal_comma_and_a_sign():
    assert [number(text) for text in ("76,62", "-1.5", "1e3", "0")] == [76.62, -1.5, 1000.0, 0.0]


def test_labels_are_sorted_and_escaped():
    assert labelled("a", {"b": 'x"y\\', "a": "\n"}) == 'a{a="\\n",b="x\\"y\\\\"}'
    assert labelled("a", {}) == "a"
