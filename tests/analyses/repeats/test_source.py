"""The call before a loop: what returned the list."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_spans import Tree, calls_of


@pytest.fixture(scope="session")
def looked(table, traces_built):
    def of(write):
        return repeats(calls_of(Tree(table("spans", traces_built.several(write, 2)))))

    return of


def test_the_statement_before_a_second_loop_is_that_before_the_first(looked, traces_built):
    def write(trace, n):
        trace.sql(traces_built.ORDERS)
        for name in "ab":
            trace.sql("COMMIT")
            for _ in range(8):
                trace.sql(f"SELECT {name} FROM t WHERE id = $1")

    found = looked(write)
    assert {repeat.source for repeat in found} == {
        "select id, total from orders where user_id = ? order by created_at desc"
    }


def test_before_calls_of_a_service_the_call_before_is_named(looked):
    def write(trace, n):
        trace.http("http://search/find?q=x")
        for item in range(8):
            trace.http(f"http://stock/items/{item}")

    found = looked(write)
    assert found[0].source == "GET http://search/find?q=*"


def test_what_only_writes_or_fails_returned_no_list(looked, traces_built):
    def write(trace, n):
        trace.sql(traces_built.ORDERS)
        trace.sql("UPDATE users SET seen = now() WHERE id = $1")
        trace.sql("SELECT 1 FROM missing", error="42P01")
        for _ in range(8):
            trace.sql(traces_built.ITEM)

    (first, _) = looked(write)
    assert first.source.startswith("select id, total from orders")


def test_a_loop_with_nothing_before_has_no_source(looked, traces_built):
    def write(trace, n):
        for _ in range(8):
            trace.sql(traces_built.ITEM)

    assert {repeat.source for repeat in looked(write)} == {None}
