"""Spans as columns: the same tables as from rows, whatever facts they share."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.span_columns import SpanColumns, column_tables, encoded

SILENT = facts({})
QUERY = facts({"db.system": "postgresql", "db.statement": "SELECT * FROM a WHERE b = 7"})
CACHE = facts({"db.system": "redis", "db.statement": "GET user:7"})
WEB = facts(
    {"http.request.method": "GET", "url.path": "/orders/17", "http.response.status_code": 200}
)


def built(*spans, **columns):
    """Tables of spans (facts, kind, name); further columns as arrays."""
    known = list({id(one): one for one, *_ in spans}.values())
    count = len(spans)
    texts = {
        name: pa.array([None] * count, pa.string()) for name in ("parent_id", "service", "error")
    }
    values = {
        "trace_id": pa.array(["t"] * count, pa.string()),
        "span_id": pa.array([str(n) for n in range(count)], pa.string()),
        "name": pa.array([name for _, _, name in spans], pa.string()),
        "kind": pa.array([kind for _, kind, _ in spans], pa.string()),
        "started_ns": pa.array(range(count), pa.int64()),
        "duration_ns": pa.array([6_000_000] * count, pa.int64()),
        "line": pa.array(range(1, count + 1), pa.int64()),
        "facts": known,
        "fact": np.array([known.index(one) for one, *_ in spans], np.int64),
        "attributes": pa.array([b"{}"] * count, pa.binary()),
    }
    return column_tables(SpanColumns(**(texts | values | columns)))


def column(found, table, name):
    return found.tables[table][name].to_pylist()


def test_a_served_span_is_a_request_and_a_statement_a_query():
    found = built((QUERY, "client", "q"), (WEB, "server", "GET"), (SILENT, "internal", "work"))
    assert found.request_rows.tolist() == [1]
    assert found.query_rows.tolist() == [0]
    assert column(found, "queries", "statement") == ["SELECT * FROM a WHERE b = 7"]
    assert column(found, "queries", "fingerprint") == column(found, "spans", "fingerprint")[:1]
    assert column(found, "requests", "status") == [200]
    assert column(found, "spans", "status") == [None, 200, None]


@pytest.mark.parametrize(
    ("what", "kind", "queries"),
    [
        (QUERY, "client", 1),
        (QUERY, None, 1),
        (QUERY, "server", 0),
        (CACHE, "client", 0),
        (SILENT, "client", 0),
    ],
)
def test_commands_of_caches_and_what_is_served_are_no_queries(what, kind, queries):
    assert built((what, kind, "n")).tables["queries"].num_rows == queries


@pytest.mark.parametrize(
    ("name", "kind", "route"),
    [
        ("GET /orders/17", "server", "/orders/{id}"),
        ("GET", "server", None),
        ("POST /orders", "server", None),  # not what was called
        ("GET /orders/17", "client", None),
    ],
)
def test_the_name_of_a_served_span_may_be_its_route(name, kind, route):
    assert column(built((WEB, kind, name)), "spans", "route") == [route]


def test_a_served_span_that_is_no_http_is_its_own_route():
    assert column(built((SILENT, "server", "shop.Orders/Get")), "requests", "route") == [
        "shop.Orders/Get"
    ]


def test_what_the_format_says_of_a_category_wins():
    own = pa.array(["pool", None], pa.string())
    found = built((QUERY, "client", "q"), (QUERY, "client", "q"), category=own)
    assert column(found, "spans", "category") == ["pool", "db"]
    assert found.query_rows.tolist() == [1]


@pytest.mark.parametrize(
    ("calls", "weight", "each_ms", "stands_for"),
    [
        (3, None, 2, 3),
        (None, 5.0, 6, 5),
        (3, 5.0, 2, 15),
        (None, None, 6, None),
        (0, None, 6, 1),
        (-2, 0.0, 6, 1),
    ],
)
def test_a_query_is_one_call_and_says_for_how_many_it_stands(calls, weight, each_ms, stands_for):
    found = built(
        (QUERY, "client", "q"),
        calls=pa.array([calls], pa.int64()),
        weight=pa.array([weight], pa.float64()),
    )
    assert column(found, "queries", "duration_ms") == [each_ms]
    assert column(found, "queries", "weight") == [stands_for]
    assert column(found, "spans", "duration_ms") == [6]
    assert column(found, "spans", "calls") == [calls]


def test_no_spans_make_empty_tables_with_all_columns():
    found = built()
    assert {name: table.num_rows for name, table in found.tables.items()} == {
        "requests": 0,
        "queries": 0,
        "spans": 0,
    }
    assert found.tables["spans"].schema == built((SILENT, None, "n")).tables["spans"].schema


def test_a_dictionary_is_not_encoded_again():
    texts = pa.array(["a", None, "a"], pa.string())
    once = encoded(texts)
    assert once.to_pylist() == texts.to_pylist()
    assert encoded(once) is once


def test_texts_may_come_as_dictionaries():
    spans = [(WEB, "server", "GET /a"), (SILENT, None, "work"), (WEB, "server", "GET /a")]
    plain = built(*spans)
    words = {
        "name": pa.array([name for *_, name in spans]).dictionary_encode(),
        "kind": pa.array([kind for _, kind, _ in spans], pa.string()).dictionary_encode(),
        "service": pa.array([None] * 3, pa.string()).dictionary_encode(),
    }
    for name, table in built(*spans, **words).tables.items():
        assert table.to_pylist() == plain.tables[name].to_pylist()


some = st.tuples(
    st.sampled_from([SILENT, QUERY, CACHE, WEB]),
    st.sampled_from([None, "server", "client", "internal"]),
    st.sampled_from(["GET /a", "GET", "q", "n", ""]),
)


@given(spans=st.lists(some, max_size=12))
@settings(max_examples=50)
def test_each_span_is_read_as_if_it_were_alone(spans):
    together = built(*spans).tables
    alone = [built(one).tables for one in spans]
    for name, table in together.items():
        own = set(table.column_names) - {"line", "span_id", "started_at"}
        expected = [row for one in alone for row in one[name].select(sorted(own)).to_pylist()]
        assert table.select(sorted(own)).to_pylist() == expected
