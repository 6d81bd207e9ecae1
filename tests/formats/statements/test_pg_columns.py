"""What renamed columns of pg_stat_statements mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.statements.pg_columns import columns_of, integer, milliseconds, real


@pytest.mark.parametrize(
    ("name", "base", "unit"),
    [
        ("total_time", "total", "ms"),
        ("total_exec_time", "total", "ms"),
        ("mean_exec_time", "mean", "ms"),
        ("stddev_time", "stddev", "ms"),
        ("avg_ms", "mean", "ms"),
        ("mean_exec_time_ms", "mean", "ms"),
        ("total_seconds", "total", "seconds"),
        ("total (min)", "total", "min"),
        ("Total Time (s)", "total", "s"),
        ("max_time_in_ms", "max", "ms"),
        ("total_hours", "total", "hours"),
        ("sum_micros", "total", "us"),
    ],
)
def test_a_time_has_the_unit_that_its_name_says(name, base, unit):
    assert columns_of([name]).times == {base: (name, unit)}


@pytest.mark.parametrize("name", ["avg", "total", "avg_time", "mean_duration", "total query time"])
def test_a_time_without_a_unit_is_unknown(name):
    found = columns_of(["query", "calls", name])
    assert found.unknown == [name]
    assert found.is_export
    assert not found.is_usable


@pytest.mark.parametrize(
    "name",
    [
        "pct",
        "percentage_total",
        "prop_exec_time",
        "total_pct",
        "% of total",
        "hit_ratio",
        "total_plan_time",
        "shared_blks_hit",
        "wal_bytes",
        "temp_blk_read_time",
    ],
)
def test_percentages_and_other_counters_are_no_times(name):
    found = columns_of([name])
    assert not found.times
    assert not found.unknown


def test_an_interval_needs_no_unit():
    found = columns_of(["query", "ncalls", "total"], {"total": "00:01:02.5"})
    assert found.times == {"total": ("total", "interval")}
    assert milliseconds("00:01:02.5", "interval") == 62_500.0
    assert milliseconds("2 days 01:00:00", "interval") == 49 * 3_600_000.0
    assert milliseconds("soon", "interval") is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1,234,567.5", 1234567.5),
        ("12", 12.0),
        (3, 3.0),
        ("", None),
        ("nan", None),
        ("1e999", None),
        (True, None),
        (None, None),
        ("x", None),
    ],
)
def test_numbers_are_read_as_people_print_them(value, number):
    assert real(value) == number


def test_a_queryid_keeps_all_its_digits():
    assert integer("-3337652484301807207") == -3337652484301807207
    assert integer("99999999999999999999") is None
    assert integer("5.0") == 5
    assert integer("5.5") is None


@given(st.lists(st.text(max_size=15), max_size=8))
def test_any_names_are_looked_at_without_an_error(names):
    found = columns_of(names)
    assert set(found.roles.values()) <= set(names)
