"""What a call is, whether it only reads, whether others may hang on its answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.parallel.operations import Call, guards, operation, spoken


def call(**columns):
    names = ("category", "name", "text", "fingerprint_id", "url", "peer")
    return operation(Call(*(columns.get(name) for name in names)))


@pytest.mark.parametrize(
    ("columns", "name", "kind", "reads"),
    [
        (
            {"category": "http", "name": "GET", "url": "http://a:80/b/7?c=1"},
            "GET a:80/b/{id}",
            "http",
            True,
        ),
        ({"name": "HTTP POST: /b", "url": "/b", "peer": "a"}, "POST a/b", "http", False),
        (
            {"category": "http", "name": "http.request", "url": "https://me:pw@a/b#x"},
            "a/b",
            "http",
            None,
        ),
        ({"category": "http", "name": "get", "url": "//a"}, "a/", "http", None),
        ({"category": "http", "name": "GET /b/{id}", "peer": "a"}, "GET /b/{id}", "http", True),
        (
            {"category": "db", "text": "select a from b where c = ?"},
            "select a from b where c = ?",
            "db",
            True,
        ),
        (
            {"category": "db", "text": "select a from b for update"},
            "select a from b for update",
            "db",
            False,
        ),
        ({"category": "db", "text": "select nextval(?)"}, "select nextval(?)", "db", False),
        (
            {"category": "db", "text": "with a as (select b) insert into c select b"},
            None,
            "db",
            False,
        ),
        ({"category": "db", "text": "insert into a values (?)"}, None, "db", False),
        ({"category": "db", "name": "mongodb.findOne"}, "mongodb.findOne", "db", True),
        ({"category": "db", "name": "DynamoDB.PutItem"}, "DynamoDB.PutItem", "db", False),
        ({"category": "cache", "name": "GET", "text": "GET user:17"}, "get user:?", "cache", True),
        ({"category": "cache", "name": "redis.hgetall"}, "redis.hgetall", "cache", True),
        ({"category": "cache", "text": "SET user:17 x"}, "set user:? ?", "cache", False),
        ({"category": "cache", "text": "GETDEL user:17"}, "getdel user:?", "cache", False),
        ({"category": "rpc", "name": "shop.Carts/GetCart"}, "shop.Carts/GetCart", "rpc", True),
        ({"category": "rpc", "name": "/shop.Carts/EmptyCart"}, None, "rpc", None),
        (
            {"category": "rpc", "name": "Pay/Charge", "url": "grpc://Pay/Charge"},
            "Pay/Charge",
            "rpc",
            False,
        ),
        ({"category": "queue", "name": "get message"}, "get message", "queue", False),
        ({"name": "budget"}, "budget", "rpc", None),
    ],
)
def test_a_call_is_named_and_known_to_read_or_not(columns, name, kind, reads):
    found = call(**columns)
    assert (found.kind, found.reads) == (kind, reads)
    assert name is None or found.name == name


def test_what_has_no_name_is_no_operation():
    assert call() is None


@pytest.mark.parametrize(
    "text",
    [
        "/oauth/token",
        "CheckPermission",
        "feature_flags",
        "rate-limit",
        "GetConfig",
        "select a from sessions",
    ],
)
def test_what_decides_on_the_rest_is_a_guard(text):
    assert guards(text)


@pytest.mark.parametrize(
    "text", ["/authors/{id}", "/blocks", "authored posts", "/stock", "blog in", "flagship"]
)
def test_what_only_looks_like_it_is_none(text):
    assert not guards(text)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/orders/order-1077/lines", "GET a/orders/{id}/lines"),
        ("/api/v2/s3/x", "GET a/api/v2/s3/x"),
        ("/2026-03-01", "GET a/{id}"),
    ],
)
def test_paths_are_templates(path, name):
    assert call(name="GET", url=f"http://a{path}").name == name


def test_words_are_taken_apart():
    assert spoken("GetUserCart", "a_b-c") == "get user cart a b c"


@given(st.text(max_size=80), st.sampled_from(["http", "db", "cache", "rpc", "queue", None, ""]))
def test_any_text_is_answered(text, category):
    for column in ("name", "url", "text"):
        found = call(**{"category": category, column: text})
        assert found is None or len(found.name) <= 400
