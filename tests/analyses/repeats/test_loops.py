"""Loops of several statements, by the order of their calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_spans import Tree, calls_of
from perfkit.analyses.repeats.loops import loops

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def joined(table):
    """Return the sizes of the loops of one request, which sends ``order`` (letters)."""

    def of(order, *, requests=1):
        rows = []
        for n in range(requests):
            rows.append(
                {"trace_id": f"t{n}", "span_id": "root", "kind": "server", "route": "/a"}
                | {"started_at": START, "duration_ms": 1000.0}
            )
            rows += [
                {
                    "trace_id": f"t{n}",
                    "span_id": f"s{place}",
                    "parent_id": "root",
                    "kind": "client",
                    "statement": f"select {letter} from t where id = $1",
                    "started_at": START + timedelta(milliseconds=1 + place),
                    "duration_ms": 1.0,
                }
                for place, letter in enumerate(order)
            ]
        calls = calls_of(Tree(table("spans", rows)))
        found = loops(calls, repeats(calls), {})
        return sorted((1 + len(r.also), r.repeats, round(r.time_ms)) for r in found)

    return of


def test_statements_in_turn_are_one_loop(joined):
    assert joined("ab" * 10) == [(2, 10, 20)]
    assert joined("abc" * 10) == [(3, 10, 30)]
    assert joined("x" + "abb" * 8) == [(2, 16, 24)]


def test_one_after_the_other_they_are_two(joined):
    assert joined("a" * 10 + "b" * 10) == [(1, 10, 10), (1, 10, 10)]


def test_an_inner_loop_over_many_is_another_problem_than_the_outer(joined):
    assert joined(("a" + "b" * 12) * 6) == [(1, 6, 6), (1, 72, 72)]


def test_what_is_saved_is_all_but_one_call_of_each(joined, table):
    assert joined("ab" * 10, requests=7) == [(2, 10, 20)] * 7


def test_two_loops_in_one_request_stay_two(joined):
    assert joined("ab" * 10 + "cd" * 8) == [(2, 8, 16), (2, 10, 20)]
