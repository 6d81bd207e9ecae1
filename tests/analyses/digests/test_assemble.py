"""Percentiles and intervals out of a sketch are those of the samples, within its error."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.digest import digest, digested
from perfkit.analyses.digests.partial import partial
from perfkit.recording import Recording

NAMES = [f"{name}{end}_ms" for name in ("p50", "p95", "p99") for end in ("_low", "", "_high")]


def of(result):
    (row,) = result.arrow.to_pylist()
    return {name: row[name] for name in NAMES}


def assert_close(table):
    exact = of(digest(Recording(contents={"queries": table})))
    rough = of(digested(partial(table)))
    for name in NAMES:
        assert math.isnan(exact[name]) == math.isnan(rough[name]), name
        assert rough[name] == pytest.approx(exact[name], rel=0.0101, abs=1e-6, nan_ok=True), name


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=500))
@settings(max_examples=40)
def test_intervals_of_a_sketch_are_those_of_the_samples(table_of, durations):
    assert_close(table_of([{"statement": "select 1", "duration_ms": ms} for ms in durations]))


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=500), st.integers(2, 100))
@settings(max_examples=40)
def test_a_sample_is_worth_its_rows_not_what_they_stand_for(table_of, durations, weight):
    rows = [
        {"statement": "select 1", "duration_ms": ms, "weight": float(weight)} for ms in durations
    ]
    exact = of(digest(Recording(contents={"queries": table_of(rows)})))
    rough = of(digested(partial(table_of(rows))))
    for name in NAMES:
        assert math.isnan(exact[name]) == math.isnan(rough[name]), name
        if "low" in name or "high" in name:
            assert rough[name] == pytest.approx(exact[name], rel=0.0101, nan_ok=True), name


def test_slow_statements_are_found_in_a_sketch_too(table_of):
    rows = [{"statement": "select 1", "duration_ms": 900.0 + n} for n in range(100)]
    rows += [{"statement": "select a from t", "duration_ms": 700.0} for _ in range(100)]
    assert "slow-statement" in {
        finding.rule for finding in digested(partial(table_of(rows))).findings
    }
