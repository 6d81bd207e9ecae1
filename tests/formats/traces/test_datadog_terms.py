"""What tags, type and resource of a Datadog span say, in the words of the tables."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.datadog_terms import Label, error_of, process, route_of, said


def label(name="op", resource=None, type_=None, *, top=False):
    return Label(name, resource, type_, top)


@pytest.mark.parametrize(
    ("resource", "route"),
    [
        ("GET /orders/{id}", "/orders/{id}"),
        ("/orders", "/orders"),
        ("GET ^orders/(?P<id>[0-9]+)$", "^orders/(?P<id>[0-9]+)$"),
        ("OrdersController#index", "OrdersController#index"),
        ("app.views.orders", "app.views.orders"),
        ("*", "*"),
        ("  POST   /a b ", "/a b"),
        ("GET 200", None),
        ("GET", None),
        ("404", None),
        ("", None),
    ],
)
def test_a_resource_names_a_route_or_none(resource, route):
    assert route_of(resource) == route


@pytest.mark.parametrize(
    ("tags", "what", "kind"),
    [
        ({"span.kind": "Server"}, label(), "server"),
        ({"span.kind": "odd"}, label(type_="http"), "client"),
        ({}, label(type_="web", top=True), "server"),
        ({}, label(type_="web"), None),  # a template or a middleware
        ({"http.method": "GET"}, label(type_="web"), "server"),
        ({}, label(type_="serverless", top=True), "server"),
        ({}, label(type_="sql"), "client"),
        ({}, label(type_="redis"), "client"),
        ({"span.kind": "client"}, label(type_="web", top=True), "client"),
        ({}, label(), None),
    ],
)
def test_the_kind_is_what_the_tag_says_or_the_type(tags, what, kind):
    assert said(tags, what).kind == kind


def test_the_resource_of_a_served_request_is_its_route_unless_a_tag_tells():
    what = label("flask.request", "GET /a/{id}", "web", top=True)
    assert said({}, what).facts.route == "/a/{id}"
    assert said({"http.route": "/b"}, what).facts.route == "/b"
    assert said({}, label("aws.lambda", "resize", "serverless", top=True)).facts.route == "resize"


@pytest.mark.parametrize(
    ("name", "type_", "system"),
    [
        ("postgres.query", "sql", "postgresql"),
        ("mysql2.query", "sql", "mysql"),
        ("redis.command", "redis", "redis"),
        ("pymongo.cmd", "mongodb", "mongodb"),
        ("database.query", "sql", None),
    ],
)
def test_the_system_of_a_database_is_told_by_type_or_name(name, type_, system):
    assert said({}, label(name, "SELECT 1", type_)).facts.system == system


def test_a_statement_is_the_resource_unless_that_is_only_the_name():
    assert said({}, label("postgres.query", "SELECT 1", "sql")).facts.statement == "SELECT 1"
    assert said({}, label("postgres.query", "postgres.query", "sql")).facts.statement is None
    stated = said({"db.statement": "SELECT 2"}, label("postgres.query", "x", "sql"))
    assert stated.facts.statement == "SELECT 2"
    assert said({}, label("es.query", "GET /index", "elasticsearch")).facts.statement is None


def test_the_type_tells_the_category_and_tags_what_it_cannot():
    assert said({}, label(type_="sql")).facts.category == "db"
    assert said({}, label(type_="redis")).facts.category == "cache"
    assert said({"messaging.system": "kafka"}, label(type_="http")).facts.category == "queue"
    assert said({}, label(type_="web", top=True)).facts.category == "http"


def test_the_process_is_told_in_opentelemetrys_names():
    tags = {
        "version": "1.2",
        "env": "prod",
        "_dd.hostname": "h",
        "process_id": 7,
        "language": "",
        "x": 1,
    }
    assert json.loads(process(tags)) == {
        "service.version": "1.2",
        "deployment.environment.name": "prod",
        "host.name": "h",
        "process.pid": 7,
    }
    assert process({"x": 1}) is None
    assert process({"version": 10**40}) == f'{{"service.version":{10**40}}}'


@pytest.mark.parametrize(
    ("tags", "error"),
    [
        ({"error.message": "m", "error.type": "T"}, "m"),
        ({"error.msg": "m", "error.type": "T"}, "m"),
        ({"error.type": "T", "error.message": ""}, "T"),
        ({"error.message": 7}, "7"),
        ({"error.stack": "s"}, None),
    ],
)
def test_an_error_is_its_message_or_its_type(tags, error):
    assert error_of(tags) == error


def test_a_remote_call_is_named_by_its_resource_unless_tags_name_it():
    what = label("grpc.client", "/shop.Orders/Get", "grpc")
    assert said({"span.kind": "client"}, what).facts.url == "grpc://shop.Orders/Get"
    own = {"span.kind": "client", "rpc.system": "grpc", "rpc.service": "a.B", "rpc.method": "C"}
    assert said(own, what).facts.url == "grpc://a.B/C"
    assert said({"rpc.system": "grpc"}, what).facts.url is None  # tags that name it are complete


@pytest.mark.parametrize(
    ("rate", "sampled"),
    [(0.5, True), (0, True), (1, False), (1.0, False), (-1, False), ("0.5", False)],
)
def test_a_rate_below_one_is_sampling(rate, sampled):
    assert said({"_dd.rule_psr": rate}, label()).sampled is sampled


def test_a_span_kept_without_its_trace_and_the_half_of_its_id_are_told():
    found = said({"_dd.span_sampling.mechanism": 8, "_dd.p.tid": "67b5e4c300000000"}, label())
    assert (found.single, found.upper) == (True, "67b5e4c300000000")
    assert (said({}, label()).single, said({}, label()).upper) == (False, None)


scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
names = st.sampled_from(
    ["span.kind", "db.statement", "http.url", "http.status_code", "error.message", "_dd.p.tid",
     "_dd.rule_psr", "version", "env", "mongodb.query", "peer.service", "out.port"]
)  # fmt: skip
kinds = st.sampled_from([None, "", "web", "sql", "mongodb", "grpc", "serverless", "Redis", "?"])


@given(tags=st.dictionaries(names, scalar), resource=st.none() | st.text(max_size=12), type_=kinds,
       top=st.booleans())  # fmt: skip
def test_any_tags_are_read(tags, resource, type_, top):
    found = said(tags, Label("op", resource, type_, top))
    assert found.kind in {None, "server", "client", "producer", "consumer", "internal"}
    for text in (found.facts.route, found.facts.statement, found.error, found.process):
        assert text is None or isinstance(text, str)
