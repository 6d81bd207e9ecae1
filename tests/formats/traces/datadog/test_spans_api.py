"""Answers of Datadog's spans API: pages as they come, and as people collect them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit.formats.model import Chunk
from perfkit.formats.traces.datadog_spans_api import FORMAT


def _event(own, parent="0", **attributes):
    base = {
        "attributes": {"duration": 100_000_345, "http": {"method": "GET", "status_code": "200"}},
        "custom": {"duration": 100_000_345, "http": {"url": "http://shop/orders/17"}},
        "end_timestamp": "2023-01-02T09:42:36.420Z",
        "start_timestamp": "2023-01-02T09:42:36.320Z",
        "env": "prod",
        "host": "i-0123",
        "ingestion_reason": "rule",
        "parent_id": parent,
        "resource_name": "GET /orders/{id}",
        "retained_by": "retention_filter",
        "service": "shop",
        "span_id": str(own),
        "tags": ["team:A", "version:1.2"],
        "trace_id": "12345678909876543210",
        "type": "web",
    }
    return {"attributes": {**base, **attributes}, "id": f"AAAA{own}", "type": "spans"}


def _events():
    sql = {
        "type": "sql",
        "resource_name": "SELECT * FROM o WHERE id = ?",
        "service": "pg",
        "attributes": {"operation_name": "postgres.query"},
        "custom": {"span": {"kind": "client"}, "db": {"name": "shop", "statement": "SELECT 1"}},
    }
    failed = {"custom": {"error": {"type": "E", "message": "boom"}}, "single_span": True}
    return [_event(1), _event(2, "1", **sql), _event(3, "1", **failed)]


def _page(events, after=None):
    meta = {"elapsed": 132, "page": {"after": after} if after else {}, "status": "done"}
    return {"data": events, "meta": meta}


def _layouts(events):
    text = json.dumps
    first, last = _page(events[:1], "abc"), _page(events[1:])
    return {
        "a page": text(_page(events)),
        "a printed page": text(_page(events), indent=2),
        "links first": text({"links": {}, "meta": {"a": 1}, "data": events}),
        "pages": text([first, last]),
        "pages in lines": text(first) + "\n" + text(last) + "\n",
        "spans": text(events),
        "spans in lines": "\n".join(map(text, events)) + "\n",
    }


NAMES = tuple(_layouts(_events()))


@pytest.mark.parametrize("name", NAMES)
def test_the_wrapping_makes_no_difference(name, parsed, rows, accounts):
    plain = parsed(FORMAT, _layouts(_events())["a page"].encode())
    data = _layouts(_events())[name].encode()
    result = parsed(FORMAT, data)
    accounts(result, 3)
    assert rows(result) == rows(plain)
    assert rows(parsed(FORMAT, data, size=700)) == rows(plain)
    assert "row_limit" not in {note.kind for note in result.notes}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_recognised_by_this_format_alone(name, claims):
    assert list(claims(_layouts(_events())[name].encode())) == ["datadog-spans-api"]


def test_what_the_spans_say(parsed):
    result = parsed(FORMAT, json.dumps(_page(_events(), "next")).encode())
    web, sql, failed = result.tables["spans"].to_pylist()
    assert (web["trace_id"], web["span_id"], web["parent_id"]) == (
        "12345678909876543210",
        "1",
        None,
    )
    assert (web["kind"], web["route"], web["duration_ms"]) == ("server", "/orders/{id}", 100.000345)
    assert json.loads(web["resource"])["service.version"] == "1.2"
    assert (sql["name"], sql["statement"], sql["duration_ms"]) == (
        "postgres.query",
        "SELECT 1",
        100,
    )
    assert (failed["error"], web["error"]) == ("boom", None)
    kinds = {note.kind for note in result.notes}
    assert {"sampling", "single_spans", "row_limit"} <= kinds


def test_a_duration_that_contradicts_the_times_is_no_duration(parsed):
    data = json.dumps(_page([_event(1, attributes={"duration": 2345}, custom={})])).encode()
    assert parsed(FORMAT, data).tables["spans"]["duration_ms"].to_pylist() == [100.0]


def test_ids_of_128_bits(parsed):
    data = json.dumps(_page([_event(1, trace_id="67B5" * 8, span_id="00ff00ff00ff00ff")])).encode()
    (row,) = parsed(FORMAT, data).tables["spans"].to_pylist()
    assert (row["trace_id"], row["span_id"]) == ("67b5" * 8, "00ff00ff00ff00ff")


def test_a_page_that_was_cut_off(parsed, accounts):
    data = json.dumps(_page(_events())).encode()
    result = parsed(FORMAT, data[: len(data) * 5 // 6])
    accounts(result, 3)
    assert result.tables["spans"].num_rows == 2
    assert "truncated" in {note.kind for note in result.notes}


@pytest.mark.parametrize("kind", ["json", "gz", "zst"])
def test_files_are_taken_for_no_logs(kind, packed):
    rec = perfkit.load(packed(json.dumps(_page(_events())).encode(), "spans", kind))
    assert rec.sources["format"].tolist() == ["datadog-spans-api"]
    assert (len(rec.spans), len(rec.requests), len(rec.queries)) == (3, 2, 1)


def test_logs_of_datadog_are_not_taken_for_spans():
    logs = {"data": [{"type": "log", "attributes": {"span_id": "1", "timestamp": "2024-01-01"}}]}
    assert FORMAT.recognises(json.dumps(logs).encode()).confidence == 0


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(list(_event(1)["attributes"])), ODD, max_size=4))
def test_odd_values_never_raise(changes):
    data = json.dumps(_page([_event(1), _event(2, **changes)])).encode()
    result = FORMAT.combine([FORMAT.parse(Chunk.whole(data))])
    assert result.used + result.rejected_lines == result.lines == 2


@settings(max_examples=100)
@given(st.data())
def test_damaged_bytes_never_raise(data):
    text = json.dumps(_page(_events())).encode()
    damaged = bytearray(text)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    result = FORMAT.parse(Chunk.whole(bytes(damaged)))
    assert result.used + result.irrelevant + result.rejected_lines == result.lines


def test_hostile_nesting_is_read_in_reasonable_time(parsed):
    data = b'{"type":"spans","span_id":1,"attributes":' * 20_000
    assert parsed(FORMAT, data).used == 0
    assert parsed(FORMAT, b'[{"id":' + b'{"id":"' * 50_000).used == 0
