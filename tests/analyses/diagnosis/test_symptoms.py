"""What users felt, route by route."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diagnosis.symptoms import Symptom, symptoms, total_ms, with_route

START = datetime(2026, 3, 1, tzinfo=UTC)


def request(n, ms, route="/a", **more):
    return {"started_at": START + timedelta(seconds=n), "duration_ms": ms, "route": route, **more}


def symptom(**more):
    known = {"requests": 10, "failed": 0, "total_ms": 500.0, "waited_ms": 500.0}
    return Symptom(**{"route": "/a", **known, "p50_ms": 50.0, "p95_ms": 90.0, **more})


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e5)), min_size=1, max_size=40))
def test_every_request_is_counted_in_its_route_and_none_twice(built, listed):
    rec = built(requests=[request(n, ms, f"/{r}") for n, (r, ms) in enumerate(listed)])
    seen = symptoms(rec, None)
    assert sum(one.requests for one in seen.values()) == len(listed)
    assert total_ms(seen) == pytest.approx(sum(ms for _, ms in listed))
    for route, one in seen.items():
        mine = [ms for r, ms in listed if f"/{r}" == route]
        assert one.p95_ms == pytest.approx(np.quantile(mine, 0.95))
        assert one.p50_ms == pytest.approx(np.median(mine))
        assert one.total_ms == pytest.approx(sum(mine))


def test_the_route_with_most_time_comes_first(built):
    rec = built(requests=[request(0, 5.0, "/small"), *(request(n, 3.0, "/big") for n in range(9))])
    assert list(symptoms(rec, None)) == ["/big", "/small"]


def test_the_rest_of_the_recording_is_the_measure(built):
    now = built(requests=[request(n, 300.0) for n in range(10)])
    before = built(requests=[request(n, 20.0) for n in range(10)])
    one = symptoms(now, before)["/a"]
    assert (one.p50_rest_ms, one.p95_rest_ms) == (20.0, 20.0)
    assert one.excess_ms == 10 * 280.0
    assert one.say() == "/a: p95 300 ms (was 20 ms)"


def test_a_route_that_is_new_has_nothing_to_compare_with(built):
    now = built(requests=[request(0, 300.0, "/new")])
    one = symptoms(now, built(requests=[request(0, 20.0)]))["/new"]
    assert math.isnan(one.p95_rest_ms)
    assert one.excess_ms == 300.0
    assert "was" not in one.say()


def test_a_route_that_got_faster_has_no_excess():
    assert symptom(p50_rest_ms=80.0).excess_ms == 0.0


def test_a_request_that_another_waits_for_is_waited_for_once(built):
    rec = built(
        requests=[
            request(0, 100.0, "/gate", trace_id="t"),
            request(0.02, 60.0, "/stock", trace_id="t"),
        ]
    )
    seen = symptoms(rec, None)
    assert seen["/stock"].total_ms == 60.0
    assert seen["/stock"].waited_ms == 0.0
    assert total_ms(seen) == 100.0


def test_failures_are_counted_from_500_on_and_an_unknown_status_is_none(built):
    rows = [request(n, 1.0, status=s) for n, s in enumerate((200, 404, 499, 500, 503, None))]
    assert symptoms(built(requests=rows), None)["/a"].failed == 2


def test_a_request_without_duration_is_left_out_and_one_without_route_is_not(built):
    rows = [request(0, None), request(1, 4.0, None), request(2, 6.0, None, path="/items/3")]
    seen = symptoms(built(requests=rows), None)
    assert {route: one.requests for route, one in seen.items()} == {
        "(unknown)": 1,
        "/items/{id}": 1,
    }


def test_an_empty_recording_has_no_symptoms(built):
    assert symptoms(built(), None) == {}
    assert total_ms({}) == 0


def test_a_place_is_filled_in_without_touching_known_routes(table):
    rows = table("requests", [request(0, 1.0, "/a"), request(1, 1.0, None)])
    assert with_route(rows)["route"].to_pylist() == ["/a", "(unknown)"]
