"""Jaeger's spans as Elasticsearch and OpenSearch hold them."""

import gzip
import json
import random

import pytest

import perfkit
from perfkit.formats.registry import formats
from perfkit.formats.traces import jaeger_json
from perfkit.formats.traces.jaeger_elasticsearch import FORMAT
from perfkit.span_attributes import attributes, resources

TRACE, START = "0af7651916cd43dd8448eb211c80319c", 1_700_000_000_000_000


def tag(key, kind, value):
    return {"key": key, "type": kind, "value": value}


def span(number, parent=0, *tags, **fields):
    reference = {"refType": "CHILD_OF", "traceID": TRACE, "spanID": f"{parent:016x}"}
    return {
        "traceID": TRACE,
        "spanID": f"{number:016x}",
        "operationName": "work",
        "references": [reference] if parent else [],
        "startTime": START + number,
        "startTimeMillis": (START + number) // 1000,
        "duration": 1000,
        "tags": list(tags),
        "logs": [],
        "process": {"serviceName": "shop", "tags": [tag("replicas", "int64", "3")]},
    } | fields


def served(number):
    kind = tag("span.kind", "string", "server")
    return span(number, 0, kind, tag("http.status_code", "int64", "200"))


def lines(*documents):
    return b"".join(json.dumps(one).encode() + b"\n" for one in documents)


def exported(one):
    return {"_index": "jaeger-span-2026-11-21", "_id": one["spanID"], "_source": one}


def hits(*spans):
    return {"took": 3, "timed_out": False, "hits": {"total": {"value": len(spans)},
            "hits": [exported(one) for one in spans]}}  # fmt: skip


PACKINGS = {
    "documents": lines,
    "elasticdump": lambda *spans: lines(*map(exported, spans)),
    "bulk": lambda *spans: lines(
        *(one for s in spans for one in ({"create": {"_index": "jaeger-span-read"}}, s))
    ),
    "hits": lambda *spans: json.dumps(hits(*spans)).encode(),
    "pretty hits": lambda *spans: json.dumps(hits(*spans), indent=2).encode(),
    "list": lambda *spans: json.dumps(spans).encode(),
    "data stream": lambda *spans: lines(
        *(one | {"@timestamp": str(one["startTime"] * 1000)} for one in spans)
    ),
}


@pytest.mark.parametrize("how", PACKINGS)
def test_every_packing_gives_the_same_rows_and_no_envelope_takes_it_away(tmp_path, how):
    spans = [served(1), *(span(n, 1, tag("n", "int64", str(n))) for n in range(2, 9))]
    path = tmp_path / "spans.json.gz"
    path.write_bytes(gzip.compress(PACKINGS[how](*spans)))
    rec = perfkit.load(path)
    rows = rec.arrow("spans").drop_columns(["line"]).to_pylist()
    assert [row["span_id"][-1] for row in rows] == list("12345678")
    assert {row["service"] for row in rows} == {"shop"}
    assert rows[0]["status"] == 200
    assert rec.arrow("requests").num_rows == 1
    assert not rec.rejects


def test_a_span_of_the_query_service_and_of_the_storage_are_equal(parsed):
    one = span(1, 2, tag("error", "bool", "true"), tag("http.status_code", "int64", "503"))
    typed = [tag("error", "bool", True), tag("http.status_code", "int64", 503)]
    process = {"serviceName": "shop", "tags": [tag("replicas", "int64", 3)]}
    other = one | {"tags": typed, "processID": "p1"}
    del other["process"], other["startTimeMillis"]
    trace = {"traceID": TRACE, "spans": [other], "processes": {"p1": process}}
    ours = parsed(FORMAT, json.dumps(one).encode()).tables["spans"]
    theirs = parsed(jaeger_json.FORMAT, json.dumps(trace).encode()).tables["spans"]
    assert ours.drop_columns(["attributes"]).equals(theirs.drop_columns(["attributes"]))
    assert attributes(ours) == attributes(theirs) == [{"error": True, "http.status_code": 503}]
    assert resources(ours) == [{"replicas": 3}]


def test_tags_that_are_fields_count_as_those_in_the_list(parsed):
    fields = {"http@method": "GET", "http@status_code": 404, "span@kind": "server"}
    described = {"serviceName": "shop", "tags": [], "tag": {"k8s@pod@name": "shop-1"}}
    one = span(1, 0, tag("http.route", "string", "/a/{id}"), tag=fields, process=described)
    tables = parsed(FORMAT, lines(one)).tables
    (row,) = tables["requests"].to_pylist()
    assert (row["method"], row["status"], row["route"]) == ("GET", 404, "/a/{id}")
    assert resources(tables["spans"]) == [{"k8s.pod.name": "shop-1"}]
    assert attributes(tables["spans"])[0]["http.status_code"] == 404


def test_values_are_typed_and_what_does_not_fit_its_type_stays_a_text(parsed):
    said = [
        tag("a", "int64", "12"),
        tag("b", "float64", "0.5"),
        tag("c", "bool", "TRUE"),
        tag("d", "int64", "many"),
        tag("e", "binary", "00ff"),
        tag("f", "int64", 7),
        tag("g", "string", "12"),
    ]
    spans = parsed(FORMAT, lines(span(1, 0, *said))).tables["spans"]
    wanted = {"a": 12, "b": 0.5, "c": True, "d": "many", "e": "00ff", "f": 7, "g": "12"}
    assert attributes(spans) == [wanted]


def test_lines_that_hold_no_span_are_irrelevant_and_broken_ones_rejected(parsed, accounts):
    other = {"serviceName": "shop", "operationName": "work"}  # an operation, not a span
    data = lines({"index": {"_id": "1"}}, span(1), span(2, spanID="zz"), span(3, duration=[]))
    data += lines(exported(span(4)), {"_source": other}) + b"\n{\n[" + b"\n"
    result = parsed(FORMAT, data)
    accounts(result, 9)
    assert result.tables["spans"]["line"].to_pylist() == [2, 5]
    assert [bad.line for bad in result.rejected] == [3, 4, 6, 8, 9]
    assert result.irrelevant == 2


@pytest.mark.parametrize("how", PACKINGS)
def test_chunks_of_any_size_give_equal_tables(parsed, how):
    data = PACKINGS[how](*(span(n, n // 2, tag("x", "string", "y" * 90)) for n in range(1, 400)))
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=20_000)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)
    assert whole.tables["spans"].num_rows == 399


def test_a_cut_off_answer_is_read_as_far_as_it_goes(parsed, accounts):
    data = json.dumps(hits(*(span(n) for n in range(1, 9)))).encode()[:-200]
    result = parsed(FORMAT, data)
    accounts(result, 8)
    assert result.tables["spans"].num_rows == 7
    assert "truncated" in {note.kind for note in result.notes}


def test_jaegers_own_example_is_recognised_by_this_format_alone(real, parsed):
    data = real("traces/jaeger/es_01.json")
    sure = {item.name: item.recognises(data).confidence for item in formats()}
    assert sure.pop("jaeger-elasticsearch") > 0.9
    assert max(sure.values()) == 0.0
    (row,) = parsed(FORMAT, data).tables["spans"].to_pylist()
    assert (row["parent_id"], row["service"]) == ("0000000000000003", "service-x")
    assert (row["error"], row["peer"], row["duration_ms"]) == ("error", "service-y", 0.005)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("how", ["documents", "elasticdump", "hits", "pretty hits"])
def test_mutated_bytes_never_raise_and_add_up(parsed, accounts, seed, how):
    chance = random.Random(seed)
    data = bytearray(PACKINGS[how](*(span(n, n // 2) for n in range(1, 30))))
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"]", b"9" * 30, b"null", b"1e999"]
        )
    for size in (None, 3000):
        result = parsed(FORMAT, bytes(data), size=size)
        accounts(result, result.lines)
