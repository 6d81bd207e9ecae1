"""Findings on routes: thresholds, how sure they are, and which one wins."""

from __future__ import annotations

import ast
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.baseline import baseline
from perfkit.analyses.baseline_findings import findings

NAN = math.nan


def route(**more):
    """A route that answers in 50 ms, with nothing to say about it."""
    values = {"route": "/a", "requests": 1000, "errors": 0, "error_rate": 0.0, "max_ms": 200.0}
    times = {
        "p50_ms": 50.0,
        "p50_low_ms": 49.0,
        "p50_high_ms": 51.0,
        "p95_ms": 80.0,
        "p95_low_ms": 78.0,
        "p95_high_ms": 82.0,
        "p99_ms": 90.0,
        "p99_low_ms": 85.0,
        "p99_high_ms": 99.0,
    }
    return {**values, **times, **more}


def rules(*rows):
    return [one.rule for one in findings(pa.Table.from_pylist(list(rows)))]


def only(**more):
    (one,) = findings(pa.Table.from_pylist([route(**more)]))
    return one


def test_an_ordinary_route_has_no_finding():
    assert rules(route()) == []


@pytest.mark.parametrize(
    ("errors", "requests", "found"),
    [
        (4, 5, []),  # too few failures to say anything
        (5, 500, []),  # exactly one in a hundred is allowed
        (5, 499, ["error-rate"]),
        (500, 500, ["error-rate"]),
        (None, 500, []),
    ],
)
def test_failures_are_found_from_five_on_above_one_in_a_hundred(errors, requests, found):
    rate = None if errors is None else errors / requests
    assert rules(route(errors=errors, requests=requests, error_rate=rate)) == found


def test_a_failure_rate_is_critical_only_when_its_whole_interval_is_above_the_limit():
    few = only(errors=5, requests=300, error_rate=5 / 300)
    many = only(errors=50, requests=300, error_rate=50 / 300)
    assert (few.severity, few.confidence) == ("warning", "medium")
    assert (many.severity, many.confidence) == ("critical", "high")
    assert "(50 of 300)" in many.title


def test_a_p95_above_a_second_is_slow_with_the_confidence_of_its_interval():
    sure = only(p95_ms=1500.0, p95_low_ms=1400.0)
    unsure = only(p95_ms=1500.0, p95_low_ms=900.0)
    assert (sure.rule, sure.confidence) == ("slow-route", "high")
    assert (unsure.rule, unsure.confidence) == ("slow-route", "medium")


@pytest.mark.parametrize(
    ("p95", "low", "found"), [(1000.0, 990.0, []), (1000.1, 990.0, ["slow-route"]), (9e3, NAN, [])]
)
def test_too_few_requests_have_no_p95_to_be_slow_by(p95, low, found):
    assert rules(route(p95_ms=p95, p95_low_ms=low)) == found


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({"p99_ms": 400.0, "p99_low_ms": 154.0}, ["long-tail"]),
        ({"p99_ms": 400.0, "p99_low_ms": 153.0}, []),  # exactly three times the p50's upper end
        ({"p99_ms": 400.0, "p99_low_ms": NAN}, []),
        ({"p50_ms": 1.0, "p50_high_ms": 2.0, "p99_ms": 99.0, "p99_low_ms": 90.0}, []),
    ],
)
def test_a_tail_is_long_beyond_three_times_the_median_and_what_is_felt(numbers, found):
    assert rules(route(**numbers)) == found


def test_a_slow_route_is_not_told_about_its_tail_as_well():
    slow = {"p95_ms": 2000.0, "p95_low_ms": 1900.0, "p99_ms": 9000.0, "p99_low_ms": 8000.0}
    assert rules(route(**slow)) == ["slow-route"]


def test_a_route_that_fails_and_is_slow_is_told_both():
    both = route(p95_ms=2e3, p95_low_ms=2e3, errors=500, error_rate=0.5)
    assert rules(both) == ["error-rate", "slow-route"]


def test_what_has_no_route_has_no_finding():
    assert rules(route(route=None, errors=500, error_rate=0.5)) == []


def test_evidence_names_only_percentiles_that_the_count_supports():
    row = only(errors=50, error_rate=0.5, requests=100, p99_low_ms=NAN).evidence[0]
    assert "p95_ms" in row
    assert "p99_ms" not in row
    assert row["max_ms"] == 200.0


@given(st.text())
def test_a_route_of_a_log_stays_a_text_in_the_code_to_paste(text):
    found = findings(pa.Table.from_pylist([route(route=text + "x", errors=500, error_rate=0.5)]))
    tree = ast.parse(found[0].fix.snippet)
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert text + "x" in texts
    calls = [node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert calls == ["query", "where"]


def test_a_real_baseline_feeds_them(built):
    rows = [
        {"route": "/pay", "duration_ms": 20.0, "status": 500 if n % 4 else 200} for n in range(200)
    ]
    rows += [{"route": "/ok", "duration_ms": 20.0, "status": 200} for n in range(200)]
    (one,) = baseline(built(requests=rows)).findings
    assert one.keys == {"route": "/pay"}
    assert "(150 of 200)" in one.title
