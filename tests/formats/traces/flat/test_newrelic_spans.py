"""Span events of New Relic, checked against the units and names of its agents."""

import json

import pytest

import perfkit
from perfkit.errors import EmptyInput
from perfkit.formats.traces.newrelic_spans import FORMAT
from perfkit.formats.traces.newrelic_terms import route
from perfkit.span_attributes import attributes, resources


@pytest.fixture
def spans(newrelic, written, parsed):
    return parsed(FORMAT, written(newrelic["spans"], "nerdgraph"))


def test_seconds_and_milliseconds_are_told_apart(spans):
    root, sql, http = spans.tables["spans"].to_pylist()
    assert [row["duration_ms"] for row in (root, sql, http)] == [46.5, 1.2, 10.0]
    assert root["started_at"].isoformat() == "2024-05-01T10:00:00.123000+00:00"
    assert root["self_ms"] == pytest.approx(35.3)


def test_ids_are_padded_and_in_lower_case(spans):
    root, sql, http = spans.tables["spans"].to_pylist()
    assert root["trace_id"] == "a6da3dd78ae8d119d7d48420205b0dab"
    assert (sql["span_id"], sql["parent_id"]) == ("00000000000000b1", root["span_id"])
    assert (root["parent_id"], http["parent_id"]) == (None, root["span_id"])


def test_what_agents_call_things_has_its_columns(spans):
    root, sql, http = spans.tables["spans"].to_pylist()
    assert (root["kind"], root["category"], root["status"]) == ("server", "app", 200)
    assert (sql["kind"], sql["category"], sql["peer"]) == ("client", "db", "pg:5432")
    assert (http["category"], http["peer"], http["error"]) == ("http", "stock:8080", "TimeoutError")
    assert http["url"] == "http://stock:8080/items/3"
    (query,) = spans.tables["queries"].to_pylist()
    assert (query["system"], query["database"]) == ("postgresql", "shop")
    (request,) = spans.tables["requests"].to_pylist()
    assert (request["method"], request["path"]) == ("GET", "/orders/17")
    assert request["route"] == "shop.views:orders"


def test_the_process_is_told_apart_from_the_span(spans):
    table = spans.tables["spans"]
    assert resources(table, [0])[0]["host.name"] == "web-1"
    assert attributes(table, [0])[0]["transactionId"] == "a6da3dd78ae8d119"
    assert "duration" not in attributes(table, [0])[0]


def test_answers_of_several_queries_are_read(newrelic, parsed, accounts):
    answers = {
        "first": {"results": newrelic["spans"][:1]},
        "empty": {"results": []},
        "second": {"metadata": {"timeWindow": {}}, "results": newrelic["spans"][1:]},
    }
    data = json.dumps({"data": {"actor": {"account": answers}}}).encode()
    for size in (None, 400):
        result = parsed(FORMAT, data, size=size)
        accounts(result, 3)
        assert result.tables["spans"]["line"].to_pylist() == [1, 2, 3]


def test_transactions_beside_spans_are_left_out(newrelic, written, parsed, claims):
    rows = [*newrelic["spans"], *newrelic["transactions"]]
    for shape in ("array", "csv", "lines"):
        data = written(rows, shape)
        assert max(claims(data), key=claims(data).get) == "newrelic-spans"
        result = parsed(FORMAT, data)
        assert (result.tables["spans"].num_rows, result.rejected_lines) == (3, 0)
        assert result.irrelevant == 3 + (shape == "csv")


@pytest.mark.parametrize(
    ("rows", "shape"),
    [(100, "array"), (100, "csv"), (1000, "lines"), (2000, "array"), (5000, "lines")],
)
def test_as_many_rows_as_a_limit_are_a_truncated_export(rows, shape, newrelic, written, parsed):
    base = newrelic["spans"][0]
    made = [base | {"id": f"{n:016x}", "guid": f"{n:016x}"} for n in range(rows)]
    for count, expected in ((rows, True), (rows - 1, False)):
        result = parsed(FORMAT, written(made[:count], shape), size=40_000)
        assert ("row_limit" in {note.kind for note in result.notes}) is expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"duration": "1,234"}, "a number with a comma"),
        ({"duration.ms": "46,5"}, "a number with a comma"),
        ({"duration": 46.5}, "its duration and duration.ms contradict"),
        ({"trace.id": "", "traceId": ""}, "it has no trace and span id"),
        ({"id": None, "guid": None}, "it has no trace and span id"),
    ],
)
@pytest.mark.parametrize("shape", ["array", "csv", "lines", "semicolons"])
def test_rows_that_cannot_be_used_cost_themselves(
    change, reason, shape, newrelic, written, parsed, accounts
):
    rows = [newrelic["spans"][0] | change, *newrelic["spans"][1:]]
    result = parsed(FORMAT, written(rows, shape))
    head = shape in {"csv", "semicolons"}
    accounts(result, 3 + head)
    (bad,) = result.rejected
    assert bad.reason.startswith(reason)
    assert bad.line == 1 + head
    assert result.tables["spans"].num_rows == 2


def test_unusable_exports_say_what_to_export(newrelic, written, packed):
    rows = [row | {"duration": "1,5", "duration.ms": None} for row in newrelic["spans"]]
    with pytest.raises(EmptyInput, match="SELECT"):
        perfkit.load(packed(written(rows, "csv"), "spans", "csv"))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, "server"),
        ({"span.kind": "internal"}, "server"),
        ({"transaction.name": "OtherTransaction/Celery/x", "name": "x"}, None),
        ({"transaction.name": None, "name": "Function/x"}, "server"),
        (
            {"transaction.name": None, "name": "x", "request.uri": None, "request.method": None},
            None,
        ),
        ({"span.kind": "consumer", "transaction.name": "OtherTransaction/Message/x"}, "consumer"),
        ({"name": "Truncated/WebTransaction/Uri/a", "transaction.name": None}, "server"),
    ],
)
def test_what_enters_a_service_by_http_serves(change, kind, newrelic, written, parsed):
    result = parsed(FORMAT, written([newrelic["spans"][0] | change], "array"))
    assert result.tables["spans"]["kind"].to_pylist() == [kind]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, "TimeoutError"),
        ({"error.expected": True}, None),
        ({"error.class": None, "error.message": None, "otel.status_code": "ERROR"}, "error"),
        ({"error.class": None}, "too slow"),
    ],
)
def test_errors_are_those_that_nobody_expected(change, error, newrelic, written, parsed):
    for shape in ("array", "csv"):
        rows = [newrelic["spans"][2] | change]
        assert parsed(FORMAT, written(rows, shape)).tables["spans"]["error"].to_pylist() == [error]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("WebTransaction/Go/GET /orders", "/orders"),
        ("WebTransaction/Expressjs/GET//orders/:id", "/orders/:id"),
        ("WebTransaction/SpringController/orders/{id} (GET)", "/orders/{id}"),
        ("WebTransaction/Uri/orders/17", "/orders/{id}"),
        ("WebTransaction/Function/shop:orders", "shop:orders"),
        ("OtherTransaction/Celery/x", None),
        ("GET /orders", None),
    ],
)
def test_routes_are_in_the_names_of_web_transactions(name, found):
    assert route(name) == found


@pytest.mark.parametrize(
    "row",
    [
        {"traceId": "a" * 32, "id": "b" * 16, "timestamp": 1714557600000000, "duration": 5},
        {
            "traceId": "a" * 32,
            "id": "b" * 16,
            "timestamp": 1,
            "duration": 5,
            "name": "get",
            "parentId": "c" * 16,
            "localEndpoint": {"serviceName": "a"},
        },
        {"@timestamp": "2024-05-01", "trace.id": "a", "span.id": "b", "span.duration.us": 5},
        {"timestamp": 1, "duration": 5, "name": "orders"},
        {"timestamp": 1, "trace.id": "a", "id": "b"},
    ],
)
def test_spans_of_others_are_not_taken(row):
    assert FORMAT.recognises(json.dumps([row]).encode()).confidence == 0
    assert FORMAT.recognises(json.dumps(row).encode() + b"\n").confidence == 0


def test_statements_that_agents_cut_off_are_noted(newrelic, written, parsed):
    for end, noted in (("...", True), ("", False)):
        rows = [newrelic["spans"][1] | {"db.statement": "SELECT " + "a" * 1990 + end}]
        notes = parsed(FORMAT, written(rows, "array")).notes
        assert ("truncated_statements" in {note.kind for note in notes}) is noted


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("1714557600123", set()),
        ("2024-05-01 10:00:00.123", {"timezone_assumed"}),
        ("May 1, 2024 10:00", {"times_unknown"}),
        ("", set()),
    ],
)
def test_times_that_cannot_be_read_are_noted(value, kinds, newrelic, written, parsed):
    result = parsed(FORMAT, written([newrelic["spans"][1] | {"timestamp": value}], "csv"))
    assert result.tables["spans"].num_rows == 1
    assert {note.kind for note in result.notes if "time" in note.kind} == kinds
