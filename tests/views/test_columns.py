import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.views.columns import from_rows, from_table, number


@pytest.mark.parametrize(
    ("name", "value", "header", "cell"),
    [
        ("total_ms", 1234.5, "total ms", "1,234"),
        ("p95_ms", 0.0123, "p95 ms", "0.012"),
        ("response_bytes", 65536, "response", "64 kB"),
        ("share", 0.123, "share %", "12.3"),
        ("error_rate", 0.0, "error rate %", "0.0"),
        ("time_share", 1.0, "time share %", "100.0"),
        ("shift_pct", 12.34, "shift %", "+12.3"),
        ("cpu_pct", 12.34, "cpu %", "12.3"),
        ("rate_per_s", 0.25, "rate 1/s", "0.250"),
        ("calls", 1234567, "calls", "1,234,567"),
        ("corrected", True, "corrected", "yes"),
        ("fingerprint", "a\x1b[0m\n", "fingerprint", "a\\x1b[0m\\n"),
        ("operation", "select a, b, c, d, e, f, g from t", "operation", "select … from t"),
        ("operation", "GET /orders", "operation", "GET /orders"),
        ("at", datetime(2026, 11, 21, 2, 51, 4, 90000, UTC), "at UTC", "2026-11-21 02:51:04.090"),
    ],
)
def test_the_name_of_a_column_says_how_it_looks(name, value, header, cell):
    (column,) = from_rows([{name: value}])
    assert (column.header, column.cells) == (header, [cell])


@pytest.mark.parametrize("unknown", [None, math.nan])
@pytest.mark.parametrize("name", ["p95_ms", "share", "size_bytes", "shift_pct", "calls", "route"])
def test_unknown_is_said(name, unknown):
    assert from_rows([{name: unknown}])[0].cells == ["n/a"]


def test_numbers_stand_right_and_texts_left():
    columns = from_rows([{"route": "/a", "calls": 1, "p95_ms": None, "corrected": True}])
    assert [column.numeric for column in columns] == [False, True, True, False]


def test_nanoseconds_of_arrow_need_no_pandas_type():
    at = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", "UTC"))
    assert from_table(pa.table({"at": at}))[0].cells == ["2023-11-14 22:13:20.123"]


def test_a_percentile_of_too_few_samples_is_not_shown():
    table = pa.table(
        {
            "calls": [10, 100],
            "p95_ms": [5.0, 6.0],
            "p95_low_ms": [math.nan, 4.0],
            "max_ms": [7.0, 7.0],
        }
    )
    cells = {column.name: column.cells for column in from_table(table)}
    assert cells["p95_ms"] == ["n/a (10)", "6.00"]
    assert cells["max_ms"] == ["7.00", "7.00"]


@given(st.floats(-1e12, 1e12))
def test_a_number_keeps_three_digits_and_a_thousandth(value):
    shown = float(number(value).replace(",", ""))
    small = 0.0005 if abs(value) >= 0.0015 else abs(value) / 20
    assert shown == pytest.approx(value, rel=0.006, abs=max(1e-300, small))


def test_rows_per_loop_are_whole_numbers_until_one_is_not():
    cells = {c.name: c.cells for c in from_rows([{"rows": 20.0, "loops": 1.0}, {"loops": 0.5}])}
    assert cells == {"rows": ["20", "n/a"], "loops": ["1.00", "0.500"]}


def test_the_percentiles_of_each_side_of_a_comparison_need_samples_of_that_side():
    rows = {"n_before": [2000, 10], "n_after": [50, 500], "p95_before_ms": [1.0, 2.0],
            "p95_after_ms": [3.0, 4.0], "p50_after_ms": [3.0, 4.0]}  # fmt: skip
    cells = {column.name: list(column.cells) for column in from_table(pa.table(rows))}
    assert cells["p95_before_ms"] == ["1.00", "n/a (10)"]
    assert cells["p95_after_ms"] == ["n/a (50)", "4.00"]
    assert cells["p50_after_ms"] == ["3.00", "4.00"]
