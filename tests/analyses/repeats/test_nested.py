"""Several spans for one call count once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from perfkit.analyses.repeats.from_spans import Tree, calls_of

START = datetime(2026, 3, 1, tzinfo=UTC)
SQL = "select a from b where c = 7"


def span(span_id, parent, **more):
    told = {"trace_id": "t", "span_id": span_id, "parent_id": parent, "kind": "client"}
    return {**told, "started_at": START, "duration_ms": 1.0, **more}


@pytest.fixture(scope="session")
def count(table):
    def of(*rows):
        root = span("root", None) | {"kind": "server", "route": "/a"}
        return len(calls_of(Tree(table("spans", [root, *rows]))))

    return of


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_driver_s_span_below_the_orm_s_is_the_same_call(count, levels):
    between = [
        span(f"l{n}", f"l{n - 1}" if n else "orm", name="x", kind="internal")
        for n in range(levels - 1)
    ]
    driver = span("driver", f"l{levels - 2}" if levels > 1 else "orm", statement=SQL)
    assert count(span("orm", "root", statement=SQL), *between, driver) == 1


def test_the_transport_of_a_client_is_no_call_of_its_own(count):
    query = span("a", "root", statement='{"query": {"id": 7}}', category="db")
    assert count(query, span("b", "a", url="http://es:9200/items/_search")) == 1
    sdk = span("a", "root", name="S3.GetObject", category="rpc")
    assert count(sdk, span("b", "a", url="http://s3/bucket/7")) == 1


def test_a_statement_below_a_cache_that_misses_is_one(count):
    cache = span("a", "root", name="cache.fetch user", category="cache")
    assert count(cache, span("b", "a", statement=SQL)) == 2
    assert count(cache, span("b", "a", name="GET", category="cache", statement="GET a:1")) == 1


@pytest.mark.parametrize("name", ["PDO::prepare", "sql.conn.prepare", "prepareStatement"])
def test_the_preparation_of_a_statement_is_none_if_it_is_executed(count, name):
    prepared = span("a", "root", statement=SQL, name=name)
    assert count(prepared, span("b", "root", statement=SQL, name="query")) == 1
    assert count(prepared) == 1


def test_what_another_service_does_below_a_call_is_its_own(count):
    call = span("a", "root", url="http://stock/7")
    server = span("b", "a", kind="server", route="/stock")
    assert count(call, server, span("c", "b", url="http://stock/7")) == 2
