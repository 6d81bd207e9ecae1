"""Waits for connections, from traces alone."""

import json

import pyarrow as pa

import perfkit
from perfkit.analyses.pool import pool
from perfkit.pool_waits import waits
from perfkit.recording import Recording
from perfkit.sources import primary


def spans(count=40, **columns):
    values = {
        "trace_id": [f"t{n}" for n in range(count)],
        "span_id": [f"s{n}" for n in range(count)],
        "service": ["shop"] * count,
        "name": ["connect"] * count,
        "category": ["pool"] * count,
        "started_at": pa.array(range(count), pa.timestamp("s", "UTC")),
        "duration_ms": [1.0] * (count - 2) + [80.0, 120.0],
    }
    return Recording.from_frames(spans=pa.table(values | columns))


def test_spans_of_a_pool_are_waits_for_it():
    result = pool(spans())
    (row,) = result.arrow.to_pylist()
    assert (row["pool"], row["checkouts"], row["max_wait_ms"]) == ("shop", 40, 120.0)
    assert row["p50_wait_ms"] == 1.0
    assert any("only waits are known" in caveat for caveat in result.caveats)
    assert not result.findings


def test_the_address_names_the_pool_where_it_is_known():
    assert (
        waits(spans(peer=["db:5432"] * 40).arrow("spans"))["pool"].to_pylist() == ["db:5432"] * 40
    )


def test_other_spans_and_unknown_durations_are_no_waits():
    rec = spans(category=["db"] * 39 + ["pool"], duration_ms=[1.0] * 39 + [None])
    assert waits(rec.arrow("spans")).num_rows == 0
    assert pool(rec).headline == "No pool was recorded"


def test_what_a_pool_tells_of_itself_comes_before_what_spans_tell():
    told = Recording.from_frames(
        checkouts=pa.table({"pool": ["main"] * 30, "wait_ms": [2.0] * 30, "hold_ms": [5.0] * 30})
    )
    assert pool(told + spans()).arrow["pool"].to_pylist() == ["main"]


def test_a_trace_fills_the_waits_of_its_pools(tmp_path):
    span = {
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "2",
        "name": "pg-pool.connect",
        "kind": 3,
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000000012000000",
        "attributes": [{"key": "db.system", "value": {"stringValue": "postgresql"}}],
    }
    other = {**span, "spanId": "0" * 15 + "3", "name": "handler", "kind": 1, "attributes": []}
    line = {"resourceSpans": [{"scopeSpans": [{"spans": [span, span, other]}]}]}
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(line) + "\n")
    (row,) = perfkit.load(path).arrow("checkouts").to_pylist()
    assert (row["wait_ms"], row["trace_id"], row["hold_ms"]) == (12.0, span["traceId"], None)
    twice = perfkit.load(path) + perfkit.load(path)
    assert twice.arrow("checkouts").num_rows == 1


def test_a_wait_that_pool_and_trace_tell_counts_once():
    rec = perfkit.sample("healthy")
    waited = primary(rec, "checkouts")
    assert 0 < waited.num_rows < rec.arrow("checkouts").num_rows
    assert waited["hold_ms"].null_count == 0
