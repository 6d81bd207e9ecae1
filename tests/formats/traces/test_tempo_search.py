"""Answers of Tempo's search; whole traces of Tempo are OTLP."""

import gzip
import json
import random

import pytest

import perfkit
from perfkit.formats.registry import formats
from perfkit.formats.traces.tempo_search import FORMAT

TRACE, START = "2f3e0cee77ae5dc9c17ade3689eb2e54", 1_684_778_327_699_392_724


def attribute(key, value):
    return {"key": key, "value": {"stringValue": value}}


def span(number, *attributes, start=START + 5, length=446_979_497, **fields):
    times = {"startTimeUnixNano": str(start), "durationNanos": str(length)}
    return {"spanID": f"{number:x}", **times, "attributes": list(attributes)} | fields


def trace(*spans, **fields):
    found = {
        "traceID": TRACE,
        "rootServiceName": "shop",
        "rootTraceName": "update-billing",
        "startTimeUnixNano": str(START),
        "durationMs": 557,
    }
    sets = {"spanSets": [{"spans": list(spans), "matched": len(spans)}]} if spans else {}
    return {key: value for key, value in (found | sets | fields).items() if value is not None}


def answer(*traces):
    return json.dumps({"traces": traces, "metrics": {"totalBlocks": 13}}).encode()


def rows(parsed, *traces):
    return parsed(FORMAT, answer(*traces)).tables["spans"].to_pylist()


def test_the_roots_of_traces_are_rows_and_a_note_says_that_these_are_not_all(tmp_path):
    path = tmp_path / "search.json.gz"
    path.write_bytes(gzip.compress(answer(trace(), trace(traceID="abc", durationMs=None))))
    rec = perfkit.load(path)
    first, second = rec.arrow("spans").to_pylist()
    assert (first["trace_id"], first["span_id"], first["parent_id"]) == (TRACE, None, None)
    assert (first["service"], first["name"]) == ("shop", "update-billing")
    assert first["started_at"].value == START
    assert (first["duration_ms"], second["duration_ms"]) == (557.0, 0.0)
    assert second["trace_id"] == "abc".rjust(32, "0")
    assert "partial_traces" in {note.kind for note in rec.quality}


def test_spans_that_matched_are_rows_with_what_the_query_selected(parsed):
    said = [attribute("status", "error"), attribute("kind", "server"), attribute("name", "POST")]
    said += [attribute("http.route", "/orders"), attribute("service.name", "shop")]
    root, found = rows(parsed, trace(span(7, *said)))
    assert root["span_id"] is None
    assert (found["span_id"], found["kind"], found["name"]) == (f"{7:016x}", "server", "POST")
    assert (found["route"], found["service"], found["error"]) == ("/orders", "shop", "error")
    assert found["duration_ms"] == 446.979497
    assert found["line"] == root["line"] == 1


def test_the_root_that_matched_is_not_there_twice(parsed):
    (row,) = rows(parsed, trace(span(7, start=START, length=557_900_000)))
    assert (row["span_id"], row["name"], row["service"]) == (f"{7:016x}", "update-billing", "shop")
    assert row["duration_ms"] == 557.9


def test_the_deprecated_set_of_spans_counts_once_with_the_others(parsed):
    one = trace(span(7), span(8), spanSet={"spans": [span(7)], "matched": 1})
    assert [row["span_id"] for row in rows(parsed, one)[1:]] == [f"{7:016x}", f"{8:016x}"]


def test_a_root_that_was_not_received_is_no_row(parsed, accounts):
    missing = {"rootServiceName": "<root span not yet received>", "rootTraceName": None}
    unnamed = {"rootServiceName": None, "rootTraceName": None}
    result = parsed(FORMAT, answer(trace(span(7), **missing), trace(**unnamed), trace()))
    accounts(result, 3)
    assert result.irrelevant == 1
    assert result.tables["spans"]["span_id"].to_pylist() == [f"{7:016x}", None]


def test_bad_traces_are_rejected_and_bad_spans_left_out(parsed, accounts):
    data = answer(trace(traceID="zz"), trace(traceID=5), trace(span(1, spanID="?"), durationMs="x"))
    result = parsed(FORMAT, data)
    accounts(result, 3)
    assert result.rejected_lines == 2
    (row,) = result.tables["spans"].to_pylist()
    assert row["duration_ms"] is None


def test_a_cut_off_answer_is_read_as_far_as_it_goes(parsed, accounts):
    data = answer(*(trace(span(n), traceID=f"{n:x}") for n in range(1, 9)))[:-150]
    result = parsed(FORMAT, data)
    accounts(result, 8)
    assert result.rejected_lines == 1
    assert "truncated" in {note.kind for note in result.notes}


def test_chunks_of_any_size_give_equal_tables(parsed):
    data = answer(*(trace(span(n), traceID=f"{n:x}") for n in range(1, 99)))
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=2000)
    assert cut.tables["spans"].to_pylist() == whole.tables["spans"].to_pylist()
    assert cut.lines == whole.lines == 98


def test_an_answer_is_recognised_by_this_format_alone():
    data = answer(trace(span(1)), trace())
    sure = {item.name: item.recognises(data).confidence for item in formats()}
    assert sure.pop("tempo-search") > 0.9
    assert max(sure.values()) == 0.0


def whole_trace(name, **outer):
    one = {
        "traceId": "Lz4M7neuXcnBet42ieuOVA==",
        "spanId": "VjxiPHZRT44=",
        "name": "update-billing",
        "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 5_000_000),
    }
    resource = {"attributes": [attribute("service.name", "shop")]}
    return {name: [{"resource": resource, "scopeSpans": [{"spans": [one]}]}]} | outer


@pytest.mark.parametrize("name", ["batches", "resourceSpans"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_trace_by_its_id_is_otlp(tmp_path, name, wrapped):
    document = {"trace": whole_trace(name), "metrics": {}} if wrapped else whole_trace(name)
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(document))
    rec = perfkit.load(path)
    (row,) = rec.arrow("spans").to_pylist()
    assert (row["service"], row["name"], row["kind"]) == ("shop", "update-billing", "server")
    assert (row["span_id"], row["duration_ms"]) == ("563c623c76514f8e", 5.0)


@pytest.mark.parametrize("seed", range(20))
def test_mutated_bytes_never_raise_and_add_up(parsed, accounts, seed):
    chance = random.Random(seed)
    data = bytearray(answer(*(trace(span(n), traceID=f"{n:x}") for n in range(1, 9))))
    for _ in range(20):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"]", b"9" * 30, b"null", b"1e999"]
        )
    result = parsed(FORMAT, bytes(data))
    accounts(result, result.lines)
