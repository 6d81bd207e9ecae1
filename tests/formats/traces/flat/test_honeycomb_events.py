"""Honeycomb's events: spans of OpenTelemetry and of the Beelines, with their weights."""

import json

import pytest

import perfkit
from perfkit.errors import EmptyInput
from perfkit.formats.traces.honeycomb_events import FORMAT
from perfkit.span_attributes import attributes, resources


def test_spans_of_opentelemetry(honeycomb, written, parsed, accounts):
    result = parsed(FORMAT, written(honeycomb["otel"], "query_data"))
    accounts(result, 4)
    root, sql = result.tables["spans"].to_pylist()
    assert (root["trace_id"], root["parent_id"]) == ("0000000000000000d7d48420205b0dab", None)
    assert (sql["trace_id"], sql["parent_id"]) == (root["trace_id"], root["span_id"])
    assert (root["duration_ms"], sql["duration_ms"]) == (46.5, 1.25)
    assert (root["kind"], root["route"], root["status"]) == ("server", "/orders/{id}", 500)
    assert (root["error"], sql["error"]) == ("boom", None)
    assert sql["statement"] == "SELECT a, b\nFROM orders WHERE name = 'x'"
    assert root["started_at"].nanosecond == 789
    assert resources(result.tables["spans"], [0]) == [
        {"host.name": "web-1", "service.version": "1.2"}
    ]
    assert "trace.trace_id" not in attributes(result.tables["spans"], [0])[0]


def test_events_and_links_are_no_spans(honeycomb, written, parsed):
    result = parsed(FORMAT, written(honeycomb["otel"], "array"))
    assert (result.irrelevant, result.tables["spans"].num_rows) == (2, 2)


@pytest.mark.parametrize(
    ("name", "value", "weight"),
    [
        ("SampleRate", 10, 10.0),
        ("samplerate", "4", 4.0),
        ("meta.sample_rate", 2, 2.0),
        ("sampleRate", 1, None),
        ("SampleRate", 0, None),
        ("SampleRate", "", None),
        ("other", 10, None),
    ],
)
def test_a_sampled_span_stands_for_several(name, value, weight, honeycomb, written, parsed):
    rows = [{k: v for k, v in row.items() if k != "SampleRate"} for row in honeycomb["otel"]]
    for shape in ("array", "csv"):
        result = parsed(FORMAT, written([row | {name: value} for row in rows], shape))
        for table in ("spans", "requests", "queries"):
            assert set(result.tables[table]["weight"].to_pylist()) == {weight}
        sampled = "sampling" in {note.kind for note in result.notes}
        assert sampled is (weight is not None)


def test_beelines_requests_and_queries(honeycomb, written, parsed):
    result = parsed(FORMAT, written(honeycomb["beeline"], "lines"))
    (request,) = result.tables["requests"].to_pylist()
    assert (request["route"], request["method"], request["status"]) == ("/orders/:id", "GET", 200)
    assert (request["path"], request["service"], request["weight"]) == ("/orders/17", "shop", 4.0)
    (query,) = result.tables["queries"].to_pylist()
    assert (query["duration_ms"], query["parameters"], query["weight"]) == (3.5, "[17]", 4.0)
    assert query["statement"] == "SELECT * FROM orders WHERE id = %s"
    assert query["trace_id"] == "9e020857-1248-431f-b2dd-f1541bd1e113"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"meta.type": "express", "request.method": "GET"}, "server"),
        ({"meta.type": "http_request", "meta.span_type": "subroot"}, "server"),
        ({"type": "http_client", "request.method": "GET"}, "client"),
        ({"meta.span_type": "root", "request.path": "/a"}, "server"),
        ({"meta.span_type": "root"}, None),
        ({"meta.span_type": "mid", "request.path": "/a"}, None),
        ({"type": "sql"}, "client"),
        ({"type": "unspecified", "span.kind": "unspecified"}, None),
        ({"span.kind": "Server"}, "server"),
    ],
)
def test_kinds_are_as_stated_or_by_type(fields, kind, parsed, written):
    row = {"trace.trace_id": "t", "trace.span_id": "s", "duration_ms": 1, "name": "x", **fields}
    result = parsed(FORMAT, written([row], "array"))
    assert result.tables["spans"]["kind"].to_pylist() == [kind]
    assert ("requests" in result.tables) is (kind == "server")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Timestamp", "2024-05-01T10:00:00Z"),
        ("time", 1714557600),
        ("timestamp", 1714557600000),
        ("Timestamp", "2024-05-01 10:00:00"),
        ("time", "1714557600"),
    ],
)
def test_times_are_iso_or_since_1970(name, value, parsed, written):
    row = {"trace.trace_id": "t", "trace.span_id": "s", "duration_ms": 1, name: value}
    for shape in ("array", "csv"):
        result = parsed(FORMAT, written([row], shape))
        (start,) = result.tables["spans"]["started_at"].to_pylist()
        assert start.isoformat() == "2024-05-01T10:00:00+00:00"
        naive = "timezone_assumed" in {note.kind for note in result.notes}
        assert naive is (isinstance(value, str) and " " in value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"duration_ms": "1,234.5"}, "a number with a comma"),
        ({"trace.span_id": ""}, "it has no trace and span id"),
    ],
)
def test_rows_that_cannot_be_used_cost_themselves(
    change, reason, honeycomb, written, parsed, accounts
):
    rows = [honeycomb["otel"][2] | change, honeycomb["otel"][0]]
    result = parsed(FORMAT, written(rows, "csv"))
    accounts(result, 4)
    (bad,) = result.rejected
    assert bad.reason.startswith(reason)
    # the statement has two lines, which are lost with it
    assert (bad.line, result.rejected_lines) == (2, 2)
    assert result.tables["spans"]["line"].to_pylist() == [4]


def test_missing_durations_are_noted(honeycomb, written, parsed):
    rows = [{k: v for k, v in row.items() if k != "duration_ms"} for row in honeycomb["otel"]]
    result = parsed(FORMAT, written(rows, "csv"))
    assert result.tables["spans"]["duration_ms"].null_count == 2
    assert "duration_unknown" in {note.kind for note in result.notes}


@pytest.mark.parametrize("rows", [100, 1000])
def test_as_many_rows_as_a_limit_are_a_truncated_export(rows, honeycomb, written, parsed):
    made = [honeycomb["otel"][0] | {"trace.span_id": f"{n:016x}"} for n in range(rows)]
    for count, expected in ((rows, True), (rows - 1, False)):
        result = parsed(FORMAT, written(made[:count], "query_data"), size=50_000)
        assert ("row_limit" in {note.kind for note in result.notes}) is expected


def test_aggregates_are_refused_with_what_to_export(packed):
    rows = [
        {"data": {"trace.trace_id": str(n), "trace.parent_id": "", "COUNT": 3}} for n in range(3)
    ]
    data = json.dumps({"data": {"results": rows}}).encode()
    with pytest.raises(EmptyInput, match=r"trace\.span_id"):
        perfkit.load(packed(data, "query", "json"))


@pytest.mark.parametrize(
    "row",
    [
        {"trace.trace_id": "a", "duration_ms": 5, "request.path": "/a", "request.method": "GET"},
        {"trace_id": "a", "span_id": "b", "duration_ms": 5, "path": "/a"},
        {"trace": {"trace_id": "a", "span_id": "b"}, "duration_ms": 5},
    ],
)
def test_logs_of_requests_are_none_of_ours(row):
    assert FORMAT.recognises(json.dumps(row).encode() + b"\n").confidence == 0


@pytest.mark.parametrize("size", [None, 3_000, 200_000])
@pytest.mark.parametrize("indent", [None, 1])
def test_series_before_the_rows_are_none(size, indent, honeycomb, parsed, accounts):
    series = [{"time": "2024-05-01T10:00:00Z", "data": {"COUNT": n}} for n in range(2_000)]
    rows = [{"data": row} for row in honeycomb["otel"]]
    data = json.dumps({"data": {"series": series, "results": rows}}, indent=indent).encode()
    result = parsed(FORMAT, data, size=size)
    accounts(result, 4)
    assert (result.tables["spans"].num_rows, result.rejected_lines) == (2, 0)


def test_libhoneys_batches_may_begin_with_the_data(honeycomb, parsed, accounts):
    batch = [{"data": row["data"], **row} for row in honeycomb["beeline"]]
    result = parsed(FORMAT, json.dumps(batch).encode())
    accounts(result, 2)
    assert result.tables["spans"]["weight"].to_pylist() == [4.0, 4.0]
