"""Requests that send many statements, whatever an N+1 explains left out."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.from_spans import Tree, calls_of
from perfkit.analyses.repeats.query_count import counts, findings


@pytest.fixture(scope="session")
def counted(table, traces_built):
    def of(*numbers, repeats=0, **options):
        def write(trace, n):
            for place in range(numbers[n]):
                trace.sql(f"SELECT a{'x' * place} FROM t WHERE id = $1", 2.0)
            for _ in range(repeats):
                trace.sql(traces_built.ITEM)
            trace.sql("COMMIT")

        rows = traces_built.several(write, len(numbers), **options)
        return counts(calls_of(Tree(table("spans", rows))))

    return of


def test_a_usual_request_above_ten_and_a_busy_one_above_fifteen_are_told(counted):
    (one,) = counted(16, 16, 16)
    assert (one.usual, one.busy, one.requests, one.route) == (16, 16, 3, "/orders")
    assert one.time_ms == pytest.approx(32.0)
    assert counted(*[11] * 9, *[16] * 9)
    assert not counted(15, 15, 15)
    assert not counted(*[10] * 9, *[40] * 2)


def test_what_repeats_counts_once_it_is_an_n_plus_one(counted):
    assert not counted(12, repeats=40)
    (one,) = counted(20, repeats=40)
    assert one.usual == 21


@pytest.mark.parametrize("options", [{"kind": "internal"}, {"route": "/healthz"}])
def test_jobs_and_health_checks_may_send_what_they_have_to(counted, options):
    assert not counted(30, **options)


def test_one_that_is_usual_is_a_warning(counted):
    (always,), (often,) = (findings(counted(*numbers)) for numbers in ([20] * 3, [12, 12, 30]))
    assert (always.severity, often.severity) == ("warning", "info")
    assert "20 statements per request (20 at the 95th percentile)" in always.title
    assert always.saves_ms is None
    assert always.evidence[0]["per_request"] == 1.0
