"""What happens below requests: which calls, how often, and where the time goes."""

import json

import pytest

from perfkit import tables
from perfkit.analyses.tails.observed import by_route, from_spans
from perfkit.analyses.tails.structure import Structure
from perfkit.analyses.traces.forest import Forest

MS = 1_000_000


def forest_of(write, count=40):
    """Return a forest: ``write(n)`` gives the calls (name, begin ms, ms, more) of request n."""
    rows = []
    for number in range(count):
        start = 1_790_000_000_000_000_000 + number * 1000 * MS
        trace = {"trace_id": f"t{number}", "service": "shop", "started_at": start}
        long = 500.0 if number < 12 else 50.0
        rows.append(
            trace | {"span_id": f"r{number}", "parent_id": None, "name": "serve", "kind": "server",
                     "route": "/a", "category": "app", "duration_ms": long}
        )  # fmt: skip
        for place, (name, begin, ms, *more) in enumerate(write(number)):
            rows.append(
                trace | {"span_id": f"c{number}-{place}", "parent_id": f"r{number}", "name": name,
                         "kind": "client", "category": "rpc", "duration_ms": float(ms),
                         "started_at": start + begin * MS, **(more[0] if more else {})}
            )  # fmt: skip
    names = dict.fromkeys(name for row in rows for name in row)
    return Forest(
        tables.from_columns("spans", {name: [row.get(name) for row in rows] for name in names})
    )


def looked_at(write, count=40):
    forest = forest_of(write, count)
    everything = from_spans(forest, None)
    (seen,) = by_route(everything, forest, 70)
    features, spent = Structure(forest, everything.row).of(seen)
    return seen, {one.name: one for one in features}, {one.operation.name: one for one in spent}


def test_a_call_that_some_make_is_a_feature_of_those():
    seen, features, _ = looked_at(lambda n: [("rebuild", 1, 5)] if n < 12 else [])
    one = features["shop: rebuild"]
    assert (one.kind, one.numbers) == ("structure", None)
    assert one.has.tolist() == seen.slow.tolist()


def test_a_call_that_all_make_is_one_only_by_its_number():
    _, features, _ = looked_at(lambda n: [("ask", 1 + k, 1) for k in range(3 if n < 12 else 1)])
    assert "shop: ask" not in features
    assert features["calls of shop: ask"].numbers.tolist() == [3.0] * 12 + [1.0] * 28


def test_a_span_that_stands_for_many_calls_counts_as_many():
    _, features, _ = looked_at(lambda n: [("ask", 1, 1, {"calls": 50 if n < 12 else None})])
    assert features["calls of shop: ask"].numbers.tolist() == [50.0] * 12 + [1.0] * 28


def test_the_request_itself_is_no_call():
    _, features, _ = looked_at(lambda n: [])
    assert features == {}


def test_time_goes_to_calls_and_what_is_left_to_the_request():
    _, _, spent = looked_at(lambda n: [("ask", 1, 30)])
    assert (spent["ask"].slow_ms, spent["ask"].rest_ms) == (30, 30)
    assert (spent["serve"].slow_ms, spent["serve"].rest_ms) == (470, 20)


def test_overlapping_calls_leave_the_request_no_negative_time():
    _, _, spent = looked_at(lambda n: [("ask", 0, 45), ("look", 0, 45)])
    assert spent["serve"].rest_ms == 0


def test_a_process_of_another_service_is_a_feature_and_the_own_is_none():
    def write(n):
        host = json.dumps({"host.name": "b" if n < 12 else "a"})
        look = ("look", 1, 1, {"service": "stock", "resource": host})
        return [look, ("ask", 3, 1, {"resource": host})]

    forest = forest_of(write)
    everything = from_spans(forest, None)
    (seen,) = by_route(everything, forest, 70)
    found = {one.value: one for one in Structure(forest, everything.row).of(seen)[0]}
    assert {one.name for one in found.values()} == {"stock: host.name"}
    assert found["b"].has.tolist() == seen.slow.tolist()
    assert found["a"].has.tolist() == (~seen.slow).tolist()


def test_only_requests_of_the_route_are_counted():
    forest = forest_of(lambda n: [("ask", 1, 30)] if n % 2 else [])
    everything = from_spans(forest, None)
    (seen,) = by_route(everything, forest, 70)
    structure = Structure(forest, everything.row)
    features, _ = structure.of(seen)
    (one,) = features
    assert one.has.tolist() == [bool(n % 2) for n in range(40)]
    assert one.has.sum() == pytest.approx(20)
