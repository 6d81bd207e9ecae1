"""Findings on statements: at most one each, the strongest first."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from perfkit.analyses.digest_findings import findings

NAN = math.nan


def row(name="a", **more):
    """An ordinary statement: 3 ms, rarely called."""
    times = {"total_ms": 300.0, "mean_ms": 3.0, "p50_ms": 3.0, "max_ms": 9.0, "p95_ms": 5.0}
    return {
        "fingerprint": f"select {name} from t",
        "fingerprint_id": name,
        "calls": 100,
        "share": 0.02,
        "p50_low_ms": 2.0,
        "p95_low_ms": 4.0,
        **times,
        **more,
    }


def found(*rows, requests=0):
    return findings(pa.Table.from_pylist(list(rows)), requests=requests)


def rules(*rows, requests=0):
    return [one.rule for one in found(*rows, requests=requests)]


OTHERS = [row(f"o{n}") for n in range(9)]


def test_ordinary_statements_have_no_finding():
    assert rules(*OTHERS) == []


@pytest.mark.parametrize(
    ("total", "share", "dominant"),
    [(1000.0, 0.3, True), (999.0, 0.3, False), (1000.0, 0.29, False)],
)
def test_a_statement_dominates_with_a_second_and_thirty_percent(total, share, dominant):
    listed = [row(total_ms=total, share=share), *OTHERS]
    assert rules(*listed) == (["dominant-statement"] if dominant else [])


@pytest.mark.parametrize(("statements", "dominant"), [(1, False), (3, False), (4, True)])
def test_of_few_statements_one_has_to_take_twice_an_even_share(statements, dominant):
    listed = [row(total_ms=9e3, share=0.6), *OTHERS[: statements - 1]]
    assert (rules(*listed) == ["dominant-statement"]) is dominant


@pytest.mark.parametrize(
    ("numbers", "kind", "severity"),
    [
        ({"p95_ms": 200.0}, "The p95", "warning"),
        ({"p95_ms": 1000.0}, "The p95", "critical"),
        ({"p95_ms": 9e3, "p95_low_ms": NAN, "p50_ms": 250.0}, "The p50", "warning"),
        (
            {"p95_low_ms": NAN, "p50_low_ms": NAN, "p50_ms": 1000.0, "mean_ms": 1200.0},
            "The mean",
            "critical",
        ),
    ],
)
def test_the_highest_percentile_that_the_calls_support_says_how_slow_it_is(numbers, kind, severity):
    (one,) = found(row(**numbers), *OTHERS)
    assert (one.rule, one.severity) == ("slow-statement", severity)
    assert one.title.startswith(f"{kind} of select a from t is ")


@pytest.mark.parametrize(
    "numbers",
    [
        {"p95_ms": 199.9},
        {"p95_low_ms": NAN, "p50_ms": 199.0, "p95_ms": 9e9},
        {"p95_low_ms": NAN, "p50_low_ms": NAN, "p50_ms": 999.0, "mean_ms": 5000.0},
        {"p95_ms": NAN},
    ],
)
def test_what_is_not_certainly_slow_is_not_called_slow(numbers):
    assert rules(row(**numbers), *OTHERS) == []


def test_a_few_calls_show_no_p95_in_the_evidence():
    (few,) = found(row(p95_low_ms=NAN, p50_ms=250.0), *OTHERS)
    (many,) = found(row(p95_ms=250.0), *OTHERS)
    assert "p95_ms" not in few.evidence[0]
    assert many.evidence[0]["p95_ms"] == 250.0


FREQUENT = {"calls": 1000, "share": 0.1, "mean_ms": 0.3}


@pytest.mark.parametrize(
    ("more", "requests", "frequent"),
    [
        ({}, 200, True),
        ({}, 201, False),  # less than five per request
        ({"calls": 999}, 10, False),
        ({"share": 0.09}, 10, False),
        ({"mean_ms": 5.1}, 10, False),
        ({}, 0, True),  # without requests: half of all calls
        ({"calls": 1000}, 0, True),
    ],
)
def test_cheap_calls_that_add_up_are_a_hint(more, requests, frequent):
    listed = [row(**{**FREQUENT, **more}), row("rest", calls=900)]
    assert (rules(*listed, requests=requests) == ["frequent-statement"]) is frequent


def test_without_requests_less_than_half_of_the_calls_is_not_often():
    assert rules(row(**FREQUENT), row("rest", calls=1001)) == []


def test_calls_are_told_per_request_where_requests_are_known():
    assert "(10 per request)" in found(row(**FREQUENT), requests=100)[0].title
    assert "(of 1,100 in all)" in found(row(**FREQUENT), row("rest"))[0].title


def test_a_statement_has_one_finding_even_if_all_three_fit():
    everything = row(calls=9000, share=0.9, mean_ms=1.0, total_ms=9e3, p95_ms=2000.0)
    assert rules(everything, *OTHERS, requests=10) == ["dominant-statement"]


def test_statements_without_text_are_nobodys_to_change():
    assert rules(row(fingerprint=None, total_ms=9e9, share=1.0)) == []
    assert rules() == []


def test_at_most_eight_are_told_in_the_order_of_the_table():
    listed = [row(f"s{n}", p95_ms=500.0) for n in range(12)]
    assert [one.keys["fingerprint_id"] for one in found(*listed)] == [f"s{n}" for n in range(8)]


def test_an_unknown_id_is_no_key():
    assert found(row(fingerprint_id=None, p95_ms=500.0), *OTHERS)[0].keys == {}
