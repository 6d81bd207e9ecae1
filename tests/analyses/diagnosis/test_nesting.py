"""Requests inside each other, against a search by hand over every pair."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diagnosis.nesting import inside_another, routes_at

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(ms):
    return START + timedelta(milliseconds=ms)


def request(trace, start, ms, route="/a"):
    return {"trace_id": trace, "started_at": at(start), "duration_ms": ms, "route": route}


def asked(rec, trace, moment):
    times = pa.array([None if moment is None else at(moment)], pa.timestamp("ns", "UTC"))
    return routes_at(rec, pa.array([trace], pa.string()), times).to_pylist()[0]


REQUESTS = st.lists(
    st.tuples(st.sampled_from(["t1", "t2"]), st.integers(0, 30), st.integers(1, 30)),
    unique_by=lambda one: (one[0], one[1]),
    max_size=12,
)


@given(REQUESTS)
def test_a_request_is_inside_another_that_began_before_and_ended_after(table, listed):
    rows = table("requests", [request(t, s, float(ms)) for t, s, ms in listed])
    wanted = [
        any(ot == t and os < s and os + oms > s + ms for ot, os, oms in listed)
        for t, s, ms in listed
    ]
    assert inside_another(rows).tolist() == wanted


def test_of_two_that_began_together_the_shorter_is_inside(table):
    rows = table("requests", [request("t", 0, 5.0), request("t", 0, 9.0)])
    assert inside_another(rows).tolist() == [True, False]


@pytest.mark.parametrize("unknown", ["trace_id", "started_at", "duration_ms"])
def test_a_request_of_which_something_is_unknown_is_inside_none(table, unknown):
    inner = request("t", 2, 3.0) | {unknown: None}
    rows = table("requests", [request("t", 0, 10.0), inner])
    assert inside_another(rows).tolist() == [False, False]


def test_the_same_times_in_two_traces_are_not_nested(table):
    rows = table("requests", [request("t1", 0, 10.0), request("t2", 2, 3.0)])
    assert not inside_another(rows).any()


@given(REQUESTS, st.sampled_from(["t1", "t2", "t3"]), st.integers(-5, 70))
def test_a_moment_belongs_to_the_last_request_begun_and_not_over(built, listed, trace, moment):
    rec = built(requests=[request(t, s * 10, ms * 10.0, f"/{s}") for t, s, ms in listed])
    mine = sorted((s * 10, ms * 10) for t, s, ms in listed if t == trace)
    begun = [one for one in mine if one[0] <= moment + 1]  # a millisecond of slack
    chosen = begun[-1] if begun else (mine[0] if mine else None)
    if begun and begun[-1][0] + begun[-1][1] < moment - 1:
        chosen = mine[0]
    assert asked(rec, trace, moment) == (f"/{chosen[0] // 10}" if chosen else None)


def test_of_a_gateway_and_its_service_the_inner_one_serves_meanwhile(built):
    rec = built(requests=[request("t", 0, 100.0, "/gate"), request("t", 20, 50.0, "/stock")])
    assert asked(rec, "t", 10) == "/gate"
    assert asked(rec, "t", 40) == "/stock"
    assert asked(rec, "t", 90) == "/gate"


def test_a_moment_that_is_unknown_belongs_to_the_traces_first_request(built):
    rec = built(requests=[request("t", 0, 100.0, "/gate"), request("t", 20, 50.0, "/stock")])
    assert asked(rec, "t", None) == "/gate"


def test_without_a_trace_or_requests_no_route_is_known(built):
    rec = built(requests=[request("t", 0, 1.0)])
    assert asked(rec, None, 0) is None
    assert asked(rec, "other", 0) is None
    assert asked(built(), "t", 0) is None


def test_a_route_is_taken_from_the_path_where_there_is_none(built):
    row = request("t", 0, 9.0, None) | {"path": "/items/17?x=1"}
    assert asked(built(requests=[row]), "t", 3) == "/items/{id}"
