import pytest

from perfkit import tables
from perfkit.fingerprint import fingerprint_id
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.span_rows import Row, span_tables


def row(name="GET", kind="server", **attributes):
    known = {key: attributes.pop(key) for key in list(attributes) if key in Row._fields}
    pairs = {key.replace("__", "."): value for key, value in attributes.items()}
    plain = {
        "trace_id": "t", "span_id": "s", "parent_id": None, "service": "shop", "name": name,
        "kind": kind, "started_ns": 10**18, "duration_ns": 2_500_000, "error": None, "line": 1,
        "facts": facts(pairs), "attributes": b"[]",
    }  # fmt: skip
    return Row(**(plain | known))


QUERY = {"db__system": "postgresql", "db__statement": "select * from t where id = 5"}


def only(table, *rows):
    (found,) = span_tables(rows).tables[table].to_pylist()
    return found


def test_no_spans_are_empty_tables():
    found = span_tables([])
    assert {name: table.num_rows for name, table in found.tables.items()} == {
        "requests": 0, "queries": 0, "spans": 0,
    }  # fmt: skip
    assert all(found.tables[name].schema == tables.schema(name) for name in found.tables)


def test_every_span_is_a_row_and_those_that_are_more_are_numbered():
    rows = [row(), row("SELECT", "client", **QUERY), row(), row("x", "internal")]
    found = span_tables(rows)
    assert found.tables["spans"].num_rows == 4
    assert found.request_rows.tolist() == [0, 2]
    assert found.query_rows.tolist() == [1]


def test_times_are_milliseconds_and_unknown_ones_stay_unknown():
    assert only("spans", row())["duration_ms"] == 2.5
    unknown = only("spans", row(started_ns=None, duration_ns=None))
    assert (unknown["started_at"], unknown["duration_ms"]) == (None, None)
    assert only("spans", row(started_ns=0))["started_at"].year == 1970


def test_a_statement_has_its_fingerprint_in_both_tables():
    rows = [row("SELECT t", "client", db__name="d", db__user="u", **QUERY)]
    query, span = only("queries", *rows), only("spans", *rows)
    assert query["fingerprint"] == span["fingerprint"] == "select * from t where id = ?"
    assert query["fingerprint_id"] == fingerprint_id(query["fingerprint"])
    assert (query["system"], query["database"], query["user"]) == ("postgresql", "d", "u")
    assert (query["application"], query["duration_kind"]) == ("shop", "client")
    assert span["category"] == "db"


@pytest.mark.parametrize(
    "one",
    [
        row("GET key", "client", db__system="redis", db__statement="GET key"),
        row("connect", "client", db__system="postgresql"),
        row("SELECT", "server", **QUERY),  # the database's own span is no call
    ],
)
def test_commands_of_caches_connects_and_the_servers_side_are_no_queries(one):
    assert span_tables([one]).tables["queries"].num_rows == 0


@pytest.mark.parametrize(
    ("one", "route"),
    [
        (row("GET /x/7", http__route="/x/{id}"), "/x/{id}"),
        (row("GET /orders/{id}", http__method="GET"), "/orders/{id}"),
        (row("GET /orders/7", http__method="get"), "/orders/{id}"),  # no route known: the path
        (row("GET", http__method="GET"), None),
        (row("POST /a", http__method="GET"), None),
        (row("shop.Orders/List"), "shop.Orders/List"),
        (row("GET /a", "client", http__method="GET"), None),
    ],
)
def test_the_route_is_the_attribute_or_the_name_of_a_server_span(one, route):
    assert only("spans", one)["route"] == route


def test_a_request_carries_what_http_says():
    found = only(
        "requests",
        row("GET /a", http__request__method="GET", http__response__status_code=503, url__path="/a",
            client__address="10.0.0.1", http__response__body__size=77, error="boom", line=9),
    )  # fmt: skip
    assert (found["method"], found["status"], found["path"]) == ("GET", 503, "/a")
    assert (found["client"], found["response_bytes"], found["error"]) == ("10.0.0.1", 77, "boom")
    assert (found["line"], found["trace_id"]) == (9, "t")
    assert found["attributes"] is None  # the span has them
