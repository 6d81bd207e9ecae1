"""The download of Datadog's trace view, in the shapes that are known of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit.formats.model import Chunk
from perfkit.formats.traces.datadog_ui import FORMAT


def _document(trace, *, unit=1e9, listed=False, wrapped=True, ids=str):
    spans = []
    for span in trace:
        start = span["start"] / unit
        own = {name: ids(span[name]) for name in ("trace_id", "span_id", "parent_id")}
        spans.append({**span, **own, "start": start, "duration": span["duration"] / unit})
    held = spans if listed else {span["span_id"]: span for span in spans}
    inner = {"root_id": ids(trace[0]["span_id"]), "spans": held}
    return {"trace": inner, "orphaned": []} if wrapped else inner


@pytest.mark.parametrize("unit", [1e9, 1e6, 1e3])
@pytest.mark.parametrize(("listed", "wrapped"), [(False, True), (True, True), (False, False)])
def test_the_shape_makes_no_difference(unit, listed, wrapped, trace, parsed, accounts):
    data = json.dumps(_document(trace, unit=unit, listed=listed, wrapped=wrapped)).encode()
    result = parsed(FORMAT, data)
    accounts(result, 5)
    web, sql, *_ = result.tables["spans"].to_pylist()
    assert web["trace_id"] == "68e68f4300000000fffffffffffffffe"
    assert (web["span_id"], sql["parent_id"]) == ("18446744073709551615",) * 2
    assert web["started_at"].value // 1000 in {1_700_000_000_123_456, 1_700_000_000_123_457}
    assert (web["duration_ms"], sql["duration_ms"]) == (20.0, 3.0)
    assert (web["route"], sql["statement"]) == ("/orders/{id}", "SELECT * FROM o WHERE id = ?")
    assert (web["error"], sql["error"]) == (None, "boom")


def test_orphaned_spans_are_spans_too(trace, parsed):
    document = _document(trace[:4])
    document["orphaned"] = _document(trace[4:], listed=True)["trace"]["spans"]
    spans = parsed(FORMAT, json.dumps(document, indent=2).encode()).tables["spans"]
    assert spans["span_id"].to_pylist() == ["18446744073709551615", "2", "3", "4", "5"]


def test_a_span_with_an_end_and_no_duration(trace, parsed):
    document = _document(trace[:1])
    span = document["trace"]["spans"]["18446744073709551615"]
    span["end"] = span["start"] + span.pop("duration")
    spans = parsed(FORMAT, json.dumps(document).encode()).tables["spans"]
    assert spans["duration_ms"].to_pylist() == [pytest.approx(20, abs=1e-3)]


def test_a_download_that_was_cut_off(trace, parsed, accounts):
    data = json.dumps(_document(trace)).encode()[:-250]
    result = parsed(FORMAT, data)
    accounts(result, 5)
    assert result.tables["spans"].num_rows == 4
    assert "truncated" in {note.kind for note in result.notes}


@pytest.mark.parametrize("kind", ["json", "gz", "zst"])
def test_files_are_recognised_by_this_format_alone(kind, trace, packed, claims):
    data = json.dumps(_document(trace)).encode()
    assert list(claims(data)) == ["datadog-ui"]
    assert len(perfkit.load(packed(data, "trace", kind)).spans) == 5


ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(["start", "end", "duration", "meta", "name", "resource",
    "type", "error", "service", "trace_id", "span_id", "parent_id", "env"]), ODD))  # fmt: skip
def test_odd_values_never_raise(changes):
    span = {"trace_id": "1", "span_id": "2", "start": 1.7e9, "duration": 1, **changes}
    data = json.dumps({"trace": {"root_id": "2", "spans": {"2": span}}}).encode()
    result = FORMAT.combine([FORMAT.parse(Chunk.whole(data))])
    assert result.used + result.rejected_lines == result.lines == 1
