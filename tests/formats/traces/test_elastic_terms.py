"""Elastic APM's terms in the words of the tables, as its specification has them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces import elastic_terms as terms
from perfkit.formats.traces.conventions import facts


@pytest.mark.parametrize(
    ("written", "divided"),
    [
        (("db.postgresql.query", None, None), ("db", "postgresql", "query", "db")),
        (("db", "redis", "query"), ("db", "redis", "query", "cache")),
        (("db", "postgresql", None), ("db", "postgresql", None, "db")),
        (("external.http", None, None), ("external", "http", None, "http")),
        (("ext.http", None, None), ("ext", "http", None, "http")),
        (("a.b.c.d", None, None), ("a", "b", "c.d", None)),
        ((None, None, None), ("", None, None, None)),
        (("", "", ""), ("", None, None, None)),
    ],
)
def test_a_type_in_one_word_is_type_subtype_and_action(written, divided):
    found = terms.span_type(*written)
    assert (found.type, found.subtype, found.action) == divided[:3]
    assert found.category == divided[3]


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (("db", "postgresql", None), "client"),
        (("external", "http", None), "client"),
        (("messaging", "kafka", "send"), "producer"),
        (("messaging", "kafka", "RECEIVE"), "consumer"),
        (("messaging", "kafka", None), "internal"),
        (("app", None, None), "internal"),
    ],
)
def test_the_kind_of_a_span_follows_from_its_type(what, kind):
    assert terms.kind_of_span(terms.span_type(*what), None) == kind
    assert terms.kind_of_span(terms.span_type(*what), "SERVER") == "server"
    assert terms.kind_of_span(terms.span_type(*what), "odd") == kind


@pytest.mark.parametrize(
    ("kind", "said", "serves", "expected"),
    [
        ("request", None, False, "server"),
        ("job", None, True, "server"),
        ("messaging", None, True, "consumer"),
        ("job", None, False, "internal"),
        (None, None, False, "internal"),
        ("request", "Consumer", True, "consumer"),
    ],
)
def test_the_kind_of_a_transaction(kind, said, serves, expected):
    assert terms.kind_of_transaction(kind, said, serves=serves) == expected


def test_the_subtype_names_the_database_and_the_resource_the_peer():
    what = terms.span_type("db", "postgresql", "query")
    found = terms.called(facts({"server.address": "pg"}), what, "postgresql/shop", "SELECT")
    assert (found.system, found.peer) == ("postgresql", "postgresql/shop")
    assert terms.called(found, what, "", "SELECT").peer == "postgresql/shop"
    assert terms.called(found, what, {"x": 1}, "SELECT").peer == "postgresql/shop"


def test_the_name_of_a_remote_call_is_its_procedure():
    what = terms.span_type("external", "grpc", None)
    assert terms.called(facts({}), what, None, "/shop.Orders/Get").url == "grpc://shop.Orders/Get"
    assert terms.called(facts({}), what, None, "call the shop").url is None


@pytest.mark.parametrize(
    ("name", "route", "method"),
    [
        ("GET /orders/{id}", "/orders/{id}", "GET"),
        ("GET /orders/17", "/orders/{id}", "GET"),
        ("OrdersController#show", "OrdersController#show", None),
        ("", None, None),
    ],
)
def test_a_transaction_is_named_by_its_route(name, route, method):
    found = terms.served(facts({}), name)
    assert (found.route, found.method) == (route, method)


def test_what_the_transaction_says_wins_over_its_name():
    found = terms.served(facts({"http.route": "/a", "http.request.method": "PUT"}), "GET /b")
    assert (found.route, found.method) == ("/a", "PUT")


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("10.0.0.1:4711", "10.0.0.1"),
        ("[::1]:80", "[::1]"),
        ("::1", "::1"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_the_port_of_a_client_says_nothing(client, expected):
    assert terms.served(facts({})._replace(client=client), "x").client == expected


@pytest.mark.parametrize(
    ("outcome", "status", "served", "expected"),
    [
        ("failure", 200, True, True),
        ("success", 500, True, False),
        (None, 404, True, False),  # the server did what it should
        (None, 404, False, True),
        (None, 500, True, True),
        (None, 399, False, False),
        (None, None, True, None),
        ("unknown", 500, True, None),
    ],
)
def test_who_failed_is_said_by_the_outcome_or_the_status(outcome, status, served, expected):
    assert terms.failed(outcome, status, served=served) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AB", "00000000000000ab"),
        ("order-7", "order-7"),
        ("", None),
        (None, None),
        ("x" * 1025, None),
    ],
)
def test_an_id_is_padded_or_stays(text, expected):
    assert terms.identifier(text, 16) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(3, 3), (1, 1), (2.9, 2), (0, None), (0.5, None), (-2, None), (2**31, None), (None, None),
     (float("nan"), None), (float("inf"), None)],
)  # fmt: skip
def test_a_composite_has_at_least_one_call(count, expected):
    assert terms.calls(count) == expected


@given(value=st.none() | st.integers() | st.floats(), each=st.sampled_from([1, 1000, 1_000_000]))
def test_times_fit_the_table_or_are_unknown(value, each):
    found = terms.nanoseconds(value, each)
    assert found is None or 0 <= found < 2**63
    if isinstance(value, int) and 0 <= value * each < 2**63:
        assert found == value * each


values = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
objects = st.dictionaries(st.text(max_size=3), values, max_size=3)


@given(
    own=objects, more=st.lists(objects | st.none(), max_size=3), indent=st.sampled_from([None, 1])
)
def test_joined_objects_are_one_with_all_names(own, more, indent):
    texts = [json.dumps(one, indent=indent).encode() for one in more]
    pairs = json.loads(terms.joined(own, *texts), object_pairs_hook=list)
    expected = [pair for pair in own.items() if pair[1] is not None]
    assert pairs == expected + [pair for one in more if one for pair in one.items()]
