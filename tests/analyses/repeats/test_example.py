"""One request on a timeline: what ran when, and which of it repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfkit.analyses.repeats import example
from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_queries import calls_of as logged
from perfkit.analyses.repeats.from_spans import Tree, calls_of

START = datetime(2026, 3, 1, tzinfo=UTC)


def span(trace, span_id, ms, lasted=1.0, parent="root", **more):
    return {
        "trace_id": trace,
        "span_id": span_id,
        "parent_id": parent,
        "started_at": START + timedelta(milliseconds=ms),
        "duration_ms": lasted,
        "kind": "client",
        **more,
    }


def request(trace, at, count):
    """A request that asks for orders and then for each of ``count`` items."""
    rows = [span(trace, "root", at, 100.0, None, name="GET /a", route="/a") | {"kind": "server"}]
    rows += [span(trace, "o", at + 1, statement="select id from orders limit 40")]
    return rows + [
        span(trace, f"i{n}", at + 5 + n, statement=f"select a from items where id = {n}")
        for n in range(count)
    ]


@pytest.fixture(scope="session")
def drawn(table):
    def of(rows):
        tree = Tree(table("spans", rows))
        calls = calls_of(tree)
        (first, *_) = repeats(calls)
        return example.of_spans(first, calls, tree).to_pylist()

    return of


def test_the_request_comes_first_then_what_it_did_in_order_of_time(drawn):
    rows = drawn(request("t1", 0, 6)[::-1])
    assert [row["what"] for row in rows] == [
        "GET /a",
        "select id from orders limit ?",
        *["select a from items where id = ?"] * 6,
    ]
    assert [row["start_ms"] for row in rows] == [0, 1, 5, 6, 7, 8, 9, 10]
    assert [row["request"] for row in rows] == [True] + [False] * 7
    assert [row["repeated"] for row in rows] == [False, False] + [True] * 6


def test_it_begins_at_zero_however_late_the_request_came(drawn):
    rows = drawn([*request("t0", 0, 2), *request("t1", 90_000, 6)])
    assert (rows[0]["start_ms"], rows[1]["start_ms"]) == (0.0, 1.0)


def test_other_requests_do_not_show(drawn):
    rows = drawn([*request("t1", 0, 6), *request("t2", 3, 9)])
    assert len(rows) == 8


def test_a_span_of_unknown_time_is_left_out(drawn):
    broken = [
        span("t1", "x", 3, None, name="lost"),
        span("t1", "y", 3, name="lost") | {"started_at": None},
    ]
    assert "lost" not in {row["what"] for row in drawn([*request("t1", 0, 6), *broken])}


def test_of_a_huge_request_the_first_800_are_kept(drawn):
    rows = drawn(request("t1", 0, 1000))
    assert len(rows) == 800
    assert rows[0]["request"]
    assert rows[-1]["start_ms"] == 5 + 797


def test_logged_statements_draw_the_same_picture_without_the_request(table):
    queries = [
        {
            "started_at": START + timedelta(milliseconds=10 + n),
            "duration_ms": 1.0,
            "statement": f"select a from items where id = {n}",
            "request_id": "r1",
        }
        for n in range(6)
    ]
    other = {**queries[0], "request_id": "r2"}
    calls = logged(table("queries", [other, *queries]), table("requests", []))
    (found,) = repeats(calls)
    rows = example.of_calls(found, calls).to_pylist()
    assert [row["start_ms"] for row in rows] == [0, 1, 2, 3, 4, 5]
    assert all(row["repeated"] and not row["request"] for row in rows)


def test_no_request_is_an_empty_timeline_with_the_same_columns(table):
    tree = Tree(table("spans", request("t1", 0, 6)))
    calls = calls_of(tree)
    (first,) = repeats(calls)
    assert example.none().schema.equals(example.of_spans(first, calls, tree).schema)
    assert example.none().num_rows == 0
