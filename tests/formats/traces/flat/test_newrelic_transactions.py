"""Transaction events of New Relic: requests with what they say of their calls."""

import json

import pytest

from perfkit.formats.traces.newrelic_transactions import FORMAT


@pytest.mark.parametrize("shape", ["array", "csv", "lines", "insights", "nerdgraph"])
def test_web_transactions_are_requests(shape, newrelic, written, parsed):
    result = parsed(FORMAT, written(newrelic["transactions"], shape))
    first, second = result.tables["requests"].to_pylist()
    assert (first["route"], first["method"], first["path"]) == ("/orders/:id", "GET", "/orders/17")
    assert (first["duration_ms"], first["status"], first["service"]) == (465.100584, 200, "shop")
    assert first["trace_id"] == "a6da3dd78ae8d119d7d48420205b0dab"
    assert first["started_at"].isoformat() == "2024-05-01T10:00:00.123000+00:00"
    assert (second["error"], second["status"], second["duration_ms"]) == ("boom", 500, 1500.0)
    assert first["error"] is None
    assert int(json.loads(first["attributes"])["databaseCallCount"]) == 21


def test_background_transactions_are_no_requests(newrelic, written, parsed, accounts):
    result = parsed(FORMAT, written(newrelic["transactions"], "array"))
    accounts(result, 3)
    assert (result.irrelevant, result.tables["requests"].num_rows) == (1, 2)


def test_many_calls_to_databases_are_noted(newrelic, written, parsed):
    rows = newrelic["transactions"][:1] * 3
    counts = (16, 15, 40)
    rows = [row | {"databaseCallCount": n} for row, n in zip(rows, counts, strict=True)]
    for size in (None, 900):
        result = parsed(FORMAT, written(rows, "lines"), size=size)
        (note,) = [note for note in result.notes if note.kind == "query_counts"]
        assert note.message.startswith("2 of 3 requests made more than 15 calls")
        assert "up to 40" in note.message
    few = parsed(FORMAT, written(rows[1:2], "lines"))
    assert not few.notes


@pytest.mark.parametrize("rows", [100, 5000])
def test_as_many_rows_as_a_limit_are_a_truncated_export(rows, newrelic, written, parsed):
    data = written([newrelic["transactions"][1]] * rows, "lines")
    assert "row_limit" in {note.kind for note in parsed(FORMAT, data, size=60_000).notes}
    less = data[: data.rindex(b"\n", 0, -1) + 1]
    assert not parsed(FORMAT, less).notes


@pytest.mark.parametrize("value", ["1,234.5", "", "fast", None])
def test_durations_that_are_none_cost_their_row(value, newrelic, written, parsed, accounts):
    rows = [newrelic["transactions"][0] | {"duration": value}, newrelic["transactions"][1]]
    result = parsed(FORMAT, written(rows, "csv"))
    accounts(result, 3)
    (bad,) = result.rejected
    assert (bad.line, result.tables["requests"].num_rows) == (2, 1)


@pytest.mark.parametrize(
    "row",
    [
        {"event": "request_finished", "duration": 0.5, "timestamp": 1, "path": "/a"},
        {
            "transactionName": "WebTransaction/a/b",
            "error.class": "E",
            "duration": 1,
            "timestamp": 1,
        },
        {"name": "GET /orders", "duration": 12, "timestamp": 1714557600123},
        {"name": "WebTransaction/Go/GET /a", "timestamp": 1714557600123},
    ],
)
def test_other_events_are_none_of_ours(row):
    assert FORMAT.recognises(json.dumps(row).encode() + b"\n").confidence == 0
