"""Logged statements become calls of the request whose id they carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perfkit.analyses.repeats.from_queries import calls_of

START = datetime(2026, 3, 1, tzinfo=UTC)
SQL = "select name from items where id = 7"


def query(request_id=None, trace_id=None, sql=SQL, ms=0, **more):
    return {
        "started_at": START + timedelta(milliseconds=ms),
        "duration_ms": 2.0,
        "statement": sql,
        "request_id": request_id,
        "trace_id": trace_id,
        **more,
    }


@pytest.fixture(scope="session")
def calls(table):
    def of(queries, requests=()):
        return calls_of(table("queries", queries), table("requests", requests))

    return of


def test_statements_of_one_request_have_one_owner_and_one_target(calls):
    found = calls([query("r1", sql=f"{SQL}{n}", ms=n) for n in range(5)])
    assert len(found) == 5
    assert set(found.owner) == set(found.target) == {0}
    assert found.targets[0].fingerprint == "select name from items where id = ?"
    assert found.start_ms.tolist() == [0, 1, 2, 3, 4]
    assert found.raw[3] == f"{SQL}3"


def test_the_request_log_gives_route_and_duration_by_request_id_before_trace(calls):
    requests = [
        {"request_id": "r1", "route": "/by-id", "duration_ms": 30.0},
        {"trace_id": "t1", "route": "/by-trace", "duration_ms": 40.0},
    ]
    found = calls([query("r1", "t1"), query(None, "t1"), query("other", "t1")], requests)
    assert len(found.owners.served) == 3
    assert [found.owners.route[n] for n in found.owner] == ["/by-id", "/by-trace", "/by-trace"]
    assert found.owners.served.all()


def test_an_id_of_a_request_that_was_not_recorded_still_says_that_there_was_one(calls):
    found = calls([query("r1"), query(None, "t9")])
    served = dict(zip(found.owners.trace_id, found.owners.served, strict=True))
    assert served == {"r1": True, "t9": False}
    assert np.isnan(found.owners.duration_ms).all()
    assert list(found.owners.route) == [None, None]


@pytest.mark.parametrize(
    "left_out",
    [
        query(),  # no id at all
        query("r1", phase="parse"),
        query("r1", phase="bind"),
        query("r1", sql=None),
    ],
)
def test_what_is_no_execution_of_a_request_is_left_out(calls, left_out):
    assert len(calls([query("r1"), left_out])) == 1


def test_what_failed_is_kept_and_marked(calls):
    assert calls([query("r1"), query("r1", error="23505")]).fails.tolist() == [False, True]


@pytest.mark.parametrize("phase", ["execute", "simple", None])
def test_executions_count_whatever_the_protocol(calls, phase):
    assert len(calls([query("r1", phase=phase)])) == 1


def test_no_statements_are_no_calls(calls):
    assert len(calls([])) == 0
    assert len(calls([], [{"request_id": "r1", "route": "/a"}])) == 0
