"""The children of spans as steps: calls, wrappers of calls, own work; noise is left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.parallel.steps import latest_before


def kinds(found):
    names = found.forest.texts("name", found.row)
    marks = zip(found.waits.tolist(), found.wraps.tolist(), strict=True)
    return {
        name: "wrap" if wraps else "call" if waits else "work"
        for name, (waits, wraps) in zip(names, marks, strict=True)
    }


def everything(request, n):
    request.http("http://a/a", 10.0)
    request.work(5.0)
    request.work(0.2, "middleware")
    request.span(30.0, kind="client", category="pool", name="connect")
    request.span(9.0, kind="internal", category="other", name="dns.lookup")
    request.span(9.0, kind="internal", category="http", name="GET /page http send")
    at = request.now
    wrapper = request.work(10.5, "load")
    request.sql("select 7 from a", 10.0, at=at + 0.2, parent=wrapper)
    at = request.now
    half = request.work(40.0, "half")
    call = request.sql("select 8 from a", 10.0, at=at + 0.2, parent=half)
    request.span(9.0, at=at + 0.3, parent=call, kind="client", category="http", name="POST")


def test_every_child_is_what_it_spends_its_time_on(steps):
    found = kinds(steps(everything, 1))
    assert found == {
        "GET": "call",
        "compute": "work",
        "load": "wrap",
        "half": "work",
        "query": "call",
    }


def test_a_server_of_another_service_is_a_call_although_its_client_is_not_there(steps):
    def write(request, n):
        request.span(9.0, kind="server", category="app", name="remote", service="stock")
        request.span(9.0, kind="server", category="app", name="mounted", service="shop")

    assert kinds(steps(write, 1)) == {"remote": "call", "mounted": "work"}


def test_steps_lie_within_their_span_in_order_of_time(steps):
    def write(request, n):
        request.http("http://a/late", 20.0, at=50.0)
        request.http("http://a/early", 20.0, at=5.0)
        request.rows[0]["duration_ms"] = 60.0

    found = steps(write, 2)
    assert (np.diff(found.container) >= 0).all()
    assert found.begin.tolist() == [5_000_000, 50_000_000] * 2
    assert found.end.tolist() == [25_000_000, 60_000_000] * 2


def test_spans_of_unknown_time_and_jobs_of_an_hour_have_no_steps(steps):
    def write(request, n):
        request.http("http://a/a", 20.0)
        if n == 0:
            request.rows[-1]["duration_ms"] = None
        if n == 1:
            request.rows[0]["duration_ms"] = 3_600_000.0

    assert len(steps(write, 3)) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 1 << 39)), max_size=20))
def test_the_latest_end_before_a_row_is_that_of_its_own_group(rows):
    rows.sort(key=lambda row: row[0])
    group, end = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))
    expected = [
        max((end[i] for i in range(n) if group[i] == group[n]), default=0) for n in range(len(rows))
    ]
    assert latest_before(group, end).tolist() == pytest.approx(expected)
