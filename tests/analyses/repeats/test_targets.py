"""What spans call, from the columns that each kind of call has."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.repeats import targets as kinds


@pytest.fixture(scope="session")
def called(table):
    def of(**columns):
        row = {"trace_id": "t", "span_id": "s", "kind": "client", **columns}
        from perfkit.fingerprinted import fingerprinted

        rows = fingerprinted(table("spans", [row]))
        one = np.ones(1, bool)
        (kind,) = found = kinds.classes(rows, ~one, one)
        if not kind:
            return None
        number, named = kinds.targets(rows, found)
        return named[number[0]]

    return of


@pytest.mark.parametrize(
    ("columns", "kind", "text"),
    [
        ({"statement": "SELECT 1 FROM t"}, "sql", "select ? from t"),
        ({"statement": "GET a:1", "category": "cache"}, "cache", "get a:?"),
        ({"name": "GET", "category": "cache"}, "cache", "get"),
        ({"url": "http://h/a/7", "name": "GET"}, "http", "GET http://h/a/{id}"),
        ({"url": "http://h/a/7", "name": "get"}, "http", "GET http://h/a/{id}"),
        ({"url": "http://h/a/7", "name": "HTTP GET"}, "http", "GET http://h/a/{id}"),
        ({"name": "GET /a/{id}", "category": "http"}, "http", "GET /a/{id}"),
        ({"name": "GET", "route": "/a/{id}", "category": "http"}, "http", "GET /a/{id}"),
        ({"name": "s.A/Get", "category": "rpc"}, "rpc", "s.A/Get"),
        ({"name": "SELECT FROM items", "category": "db"}, "sql", "select from items"),
        ({"name": "DynamoDB.GetItem", "category": "db"}, "sql", "dynamodb.getitem"),
        ({"name": "orders send", "kind": "producer"}, "queue", "orders send"),
        (
            {"statement": '{"find": "items", "filter": {"_id": "a7"}}'},
            "sql",
            '{ "find" : "items", "filter" : { "_id" : ? } }',
        ),
    ],
)
def test_a_call_is_named_by_what_its_kind_has(called, columns, kind, text):
    found = called(**columns)
    assert (found.kind, found.text) == (kind, text)


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "render", "kind": "internal"},
        {"name": "SELECT shop", "category": "db"},  # the database alone
        {"name": "GET", "category": "http"},
        {"name": "connect", "category": "pool"},
    ],
)
def test_what_tells_nothing_is_no_call(called, columns):
    assert called(**columns) is None


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"statement": "select a from b where c = ?"}, True),
        ({"statement": "select a, b from c where d in (1, 2..."}, False),
        ({"name": "SELECT FROM items", "category": "db"}, False),
        ({"name": "GET", "category": "cache"}, False),
    ],
)
def test_what_does_not_show_its_item_is_marked(called, columns, told):
    assert called(**columns).told is told
