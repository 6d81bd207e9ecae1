"""The same call in the names of every convention gives the same facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.conventions import facts, service
from perfkit.formats.traces.conventions.names import _NAMES

QUERY = {"system": "postgresql", "statement": "SELECT 1", "database": "shop", "category": "db"}
QUERIES = {
    "opentelemetry": {
        "db.system.name": "postgresql",
        "db.query.text": "SELECT 1",
        "db.namespace": "shop",
        "server.address": "pg",
        "server.port": 5432,
    },
    "opentelemetry, old": {
        "db.system": "postgresql",
        "db.statement": "SELECT 1",
        "db.name": "shop",
        "net.peer.name": "pg",
        "net.peer.port": "5432",
    },
    "datadog": {
        "db.system": "postgresql",
        "sql.query": "SELECT 1",
        "db.name": "shop",
        "out.host": "pg",
        "network.destination.port": 5432.0,
    },
    "datadog, old": {
        "db.type": "postgres",
        "sql.query": "SELECT 1",
        "db.instance": "shop",
        "out.host": "pg",
        "out.port": "5432",
    },
    "opentracing": {
        "db.type": "postgresql",
        "db.statement": "SELECT 1",
        "db.instance": "shop",
        "peer.hostname": "pg",
        "peer.port": 5432,
    },
    "elastic": {
        "context.db.type": "postgresql",
        "context.db.statement": "SELECT 1",
        "context.db.instance": "shop",
        "context.destination.address": "pg",
        "context.destination.port": 5432,
    },
}
CALLS = {
    "opentelemetry": {
        "http.request.method": "GET",
        "url.full": "http://api:80/a?b=1",
        "http.response.status_code": 200,
        "server.address": "api",
        "server.port": 80,
    },
    "opentelemetry, old": {
        "http.method": "GET",
        "http.url": "http://user:secret@api:80/a?b=1",
        "http.status_code": "200",
    },
    "zipkin": {"http.method": "GET", "http.url": "http://api:80/a?b=1", "http.status_code": "200"},
    "elastic": {
        "context.http.method": "GET",
        "context.http.url": "http://api:80/a?b=1",
        "context.http.status_code": 200,
    },
    "sentry": {"method": "GET", "url": "http://api:80/a?b=1", "http.response.status_code": "200"},
}


@pytest.mark.parametrize("attributes", QUERIES.values(), ids=QUERIES)
def test_a_query_is_the_same_in_every_convention(attributes):
    found = facts(attributes)._asdict()
    assert {name: found[name] for name in QUERY} == QUERY
    assert found["peer"] == "pg:5432"


@pytest.mark.parametrize("attributes", CALLS.values(), ids=CALLS)
def test_an_http_call_is_the_same_in_every_convention(attributes):
    found = facts(attributes)
    assert (found.method, found.status, found.category) == ("GET", 200, "http")
    assert (found.url, found.path, found.peer) == ("http://api:80/a?b=1", "/a", "api:80")


@pytest.mark.parametrize("slot", [slot for slot, names in _NAMES.items() if len(names) > 1])
def test_the_name_listed_first_wins_whatever_the_order(slot):
    values = {name: f"v{rank}" for rank, name in enumerate(_NAMES[slot])}
    backwards = dict(reversed(values.items()))
    assert facts(values) == facts(backwards)
    if slot in {"statement", "database", "user", "route", "client", "request_id"}:
        assert getattr(facts(backwards), slot) == "v0"


@pytest.mark.parametrize(
    ("attributes", "url"),
    [
        (
            {"rpc.system": "grpc", "rpc.service": "shop.Inventory", "rpc.method": "GetItem"},
            "grpc://shop.Inventory/GetItem",
        ),
        (
            {"rpc.system.name": "grpc", "rpc.method": "shop.Inventory/GetItem"},
            "grpc://shop.Inventory/GetItem",
        ),
        (
            {"rpc.system": "grpc", "rpc.grpc.full_method": "/shop.Inventory/GetItem"},
            "grpc://shop.Inventory/GetItem",
        ),
        ({"grpc.method.path": "/shop.Inventory/GetItem"}, "rpc://shop.Inventory/GetItem"),
        ({"rpc.system": "apache_dubbo", "rpc.service": "S", "rpc.method": "m"}, "dubbo://S/m"),
        (
            {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "GetObject"},
            "aws-api://S3/GetObject",
        ),
        ({"aws.service": "SQS", "aws.operation": "SendMessage"}, "aws-api://SQS/SendMessage"),
        (
            {"rpc.system": "jsonrpc", "rpc.method": "add", "http.url": "http://a/x"},
            "jsonrpc://add",
        ),
        ({"rpc.system": "grpc", "rpc.method": "_OTHER"}, None),
    ],
)
def test_a_remote_call_has_a_url_of_system_service_and_method(attributes, url):
    assert facts(attributes).url == url


@pytest.mark.parametrize(
    ("attributes", "peer"),
    [
        ({"messaging.system": "kafka", "messaging.destination.name": "orders"}, "orders"),
        (
            {"messaging.destination": "old", "messaging.destination.name": "new", "peer.port": 1},
            "new",
        ),
        (
            {"messaging.destination.template": "/c/{id}", "messaging.destination.name": "/c/17"},
            "/c/{id}",
        ),
        ({"message_bus.destination": "orders"}, "orders"),
        ({"kafka.topic": "orders"}, "orders"),
    ],
)
def test_the_peer_of_a_message_is_its_destination(attributes, peer):
    found = facts(attributes)
    assert (found.peer, found.category) == (peer, "queue")


@pytest.mark.parametrize(
    ("attributes", "peer"),
    [
        ({"server.address": "db", "server.port": 5432}, "db:5432"),
        ({"net.peer.name": "db", "net.peer.port": "5432"}, "db:5432"),
        ({"url.full": "http://user:secret@api:8080/x"}, "api:8080"),
        ({"peer.address": "mysql://root:secret@db:3306"}, "db:3306"),
        ({"server.address": "::1", "server.port": 80}, "[::1]:80"),
        ({"peer.service": "billing"}, "billing"),
        ({"peer.service": "billing", "service.peer.name": "new"}, "new"),
        ({"network.peer.address": "10.0.0.1", "network.peer.port": 99}, "10.0.0.1:99"),
        ({"network.peer.address": "10.0.0.1", "url.full": "https://api/x"}, "api"),
        ({"server.address": "redis:6379", "server.port": 6379}, "redis:6379"),
        ({"url.full": "http://[broken"}, None),
        ({}, None),
    ],
)
def test_the_peer_is_a_name_before_an_address_and_never_holds_a_password(attributes, peer):
    assert facts(attributes).peer == peer
    assert "secret" not in str(facts(attributes))


@pytest.mark.parametrize(
    ("attributes", "category"),
    [
        ({"db.system": "redis"}, "cache"),
        ({"db.system": "elasticsearch", "http.method": "POST", "http.url": "http://es/x"}, "db"),
        ({"db.type": "sql"}, "db"),
        ({"redis.raw_command": "GET a"}, "cache"),
        ({"mongodb.collection": "orders"}, "db"),
        ({"rpc.system": "grpc", "http.method": "POST"}, "rpc"),
        ({"rpc.system": "aws-api", "rpc.service": "S3", "http.method": "GET"}, "file"),
        ({"rpc.system": "aws-api", "rpc.service": "DynamoDB"}, "db"),
        ({"aws.service": "AmazonSQS", "http.url": "http://sqs"}, "queue"),
        ({"messaging.operation.type": "process", "messaging.system": "kafka"}, "app"),
        ({"messaging.operation": "receive"}, "queue"),
        ({"gen_ai.operation.name": "chat", "server.address": "api.openai.com"}, "ai"),
        ({"graphql.operation.name": "Orders"}, "app"),
        ({"faas.invoked_name": "resize"}, "faas"),
        ({"faas.trigger": "http", "http.method": "GET"}, "http"),
        ({"cache.hit": True}, "cache"),
        ({"http.flavor": "1.1"}, "http"),
        ({"db.total_ms": 12, "team": "a"}, None),
        ({"span.kind": "client", "component": "x"}, None),
    ],
)
def test_categories_of_attributes(attributes, category):
    assert facts(attributes).category == category


def test_micrometer_says_route_and_status_in_single_words():
    served = {"method": "GET", "uri": "/orders/{id}", "status": "200", "http.url": "/orders/17"}
    found = facts(served)
    assert (found.method, found.status, found.route) == ("GET", 200, "/orders/{id}")
    assert (found.url, found.path, found.category) == ("/orders/17", "/orders/17", "http")
    assert facts({**served, "uri": "UNKNOWN"}).route is None


def test_single_words_that_mean_something_else_say_nothing():
    assert facts({"method": "findAll", "uri": "/a", "status": "5"}) == facts({})
    assert facts({"url": "not one", "status": 3}) == facts({})


def test_what_is_known_about_the_answer():
    attributes = {
        "db.query.text": "SELECT $1",
        "db.query.parameter.0": 17,
        "db.response.returned_rows": "3",
        "http.request.header.x-request-id": ["abc"],
        "rpc.response.status_code": "DEADLINE_EXCEEDED",
        "error.type": "timeout",
    }
    found = facts(attributes)
    assert (found.parameters, found.rows_returned, found.request_id) == ('{"0":"17"}', 3, "abc")
    assert (found.status, found.error) == (4, "timeout")


@pytest.mark.parametrize("value", ["true", "false", True, False, 0, ""])
def test_an_error_flag_is_no_error_text(value):
    assert facts({"error": value}).error is None


def test_values_of_odd_types_are_unknown_or_text():
    found = facts({"http.status_code": "many", "http.method": 5, "db.system": "mssql"})
    assert (found.status, found.method, found.system) == (None, "5", "microsoft.sql_server")
    assert facts({"http.response.body.size": float("inf")}).response_bytes is None
    assert facts({"http.status_code": True}).status is None
    assert facts({"http.status_code": [404]}).status == 404
    assert facts({"db.statement": ["GET a", "GET b"]}).statement == "GET a\nGET b"


def test_a_negative_count_is_unknown():
    found = facts({"db.row_count": -1, "http.response_content_length": "-1"})
    assert (found.rows_returned, found.response_bytes) == (None, None)


def test_a_method_beyond_the_known_ones_is_told_by_its_own_name():
    found = facts({"http.request.method": "_OTHER", "http.request.method_original": "PURGE"})
    assert found.method == "PURGE"


def test_a_service_that_is_no_text_is_none():
    assert service({"service.name": "shop"}) == "shop"
    assert service({"service.name": {"a": 1}}) is None
    assert service({}) is None


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ANY_NAME = st.sampled_from([name for names in _NAMES.values() for name in names]) | st.text()


@given(st.dictionaries(ANY_NAME, ODD, max_size=12))
def test_any_values_give_facts_of_the_stated_types(attributes):
    found = facts(attributes)
    for name, value in found._asdict().items():
        whole = name in {"status", "response_bytes", "rows_returned"}
        assert value is None or type(value) is (int if whole else str)
