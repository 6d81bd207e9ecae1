"""Jaeger's traces as the query service and the UI give them."""

import gzip
import json
import random

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.formats.traces import otlp_json
from perfkit.formats.traces.jaeger_json import FORMAT
from perfkit.span_attributes import decoded

TRACE, START = "0af7651916cd43dd8448eb211c80319c", 1_700_000_000_000_000
TYPES = {str: "string", bool: "bool", int: "int64", float: "float64"}
#: What both formats tell of the same trace.
COMMON = ["trace_id", "span_id", "parent_id", "name", "kind", "started_at", "duration_ms"]
COMMON += ["status", "error", "service", "category", "route", "url", "self_ms"]


def tags(values):
    return [{"key": k, "type": TYPES[type(v)], "value": v} for k, v in values.items()]


def span(number, parent=0, **values):
    """A span whose id is ``number``; ``values`` are fields, and tags with ``__`` for dots."""
    fields = {"traceID": TRACE, "spanID": f"{number:016x}", "operationName": "work"}
    reference = {"refType": "CHILD_OF", "traceID": TRACE, "spanID": f"{parent:016x}"}
    fields["references"] = [reference] if parent else []
    fields |= {"startTime": START + number, "duration": 1000, "tags": [], "logs": []}
    fields |= {"processID": "p1", "warnings": None}
    known = {key: value for key, value in values.items() if key in {*fields, "process", "flags"}}
    known |= {"parentSpanID": values["parentSpanID"]} if "parentSpanID" in values else {}
    said = {k.replace("__", "."): v for k, v in values.items() if k not in known}
    return fields | {"tags": tags(said)} | known


def trace(*spans, **others):
    described = {"serviceName": "shop", "tags": tags({"host.name": "web-1"})}
    found = {"traceID": TRACE, "spans": list(spans), "processes": {"p1": described}}
    return found | {"warnings": None} | others


def answer(*traces):
    return {"data": list(traces), "total": 0, "limit": 0, "offset": 0, "errors": None}


def rows(parsed, document, **how):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parsed(FORMAT, data, **how).tables["spans"].to_pylist()


def told(row):
    """A row without where it is, and with what its attributes say."""
    return row | {"line": 0, "attributes": decoded(row["attributes"])}


def many(count, seed=1):
    chance = random.Random(seed)
    for _ in range(count):
        identifier = f"{chance.getrandbits(128):032x}"
        spans = [span(n, n // 2, http__url=f"/{chance.random()}") for n in range(1, 12)]
        for one in spans:
            one["traceID"] = identifier
            one["references"] = [r | {"traceID": identifier} for r in one["references"]]
        yield trace(*spans, traceID=identifier)


#: The same traces in every packing that the UI takes or tools write.
PACKINGS = {
    "answer": answer,
    "pretty": lambda *traces: json.dumps(answer(*traces), indent=2).encode(),
    "list": lambda *traces: list(traces),
    "sorted": lambda *traces: json.dumps(answer(*traces), sort_keys=True).encode(),
    "last": lambda *traces: {"errors": None, "data": list(traces)},
    "lines": lambda *traces: b"".join(json.dumps(t).encode() + b"\n" for t in traces),
    "answers": lambda *traces: b"\r\n".join(json.dumps(answer(t)).encode() for t in traces),
    "listed": lambda *traces: [answer(t) for t in traces],
    "listed, pretty": lambda *traces: json.dumps([answer(t) for t in traces], indent=1).encode(),
    "glued": lambda *traces: b"".join(json.dumps(answer(t), indent=2).encode() for t in traces),
    "single": lambda *traces: b"\n\n".join(json.dumps({"data": t}).encode() for t in traces),
}


@pytest.mark.parametrize("how", PACKINGS)
@pytest.mark.parametrize("count", [1, 3])
def test_every_packing_gives_the_same_rows(parsed, how, count):
    traces = list(many(count))
    wanted = rows(parsed, answer(*traces))
    data = PACKINGS[how](*traces)
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    assert FORMAT.recognises(data[:65536]).confidence > 0.9
    found = rows(parsed, data)
    assert list(map(told, found)) == list(map(told, wanted))
    assert len(found) == 11 * count


def test_one_trace_alone_and_the_object_that_the_ui_makes_of_it_are_read(parsed):
    one = trace(span(1), span(2, 1))
    assert len(rows(parsed, one)) == len(rows(parsed, {"data": one, "id": TRACE})) == 2


def test_lines_are_lines_and_records_of_documents_are_spans(parsed, accounts):
    traces = list(many(3))
    accounts(parsed(FORMAT, PACKINGS["lines"](*traces) + b"\n"), 4)
    document = parsed(FORMAT, json.dumps(answer(*traces)).encode() + b"\n")
    accounts(document, 33)
    assert document.tables["spans"]["line"].to_pylist() == list(range(1, 34))


def test_the_same_trace_as_otlp_gives_equal_spans(real, parsed):
    ours = parsed(FORMAT, real("traces/jaeger/otlp2jaeger-out.json"))
    theirs = parsed(otlp_json.FORMAT, real("traces/jaeger/otlp2jaeger-in.json"))
    for name, columns in (("spans", COMMON), ("requests", ["trace_id", "route", "service"])):
        found = ours.tables[name].select(columns).to_pylist()
        assert found == theirs.tables[name].select(columns).to_pylist()
        assert len(found) == 1
    assert "duplicate_spans" in {note.kind for note in ours.notes}


def test_warnings_are_counted_over_all_chunks(parsed):
    adjusted = ["This span's timestamps were adjusted by 1.5ms"]
    disabled = ["clock skew adjustment disabled; not applying calculated delta of 3s"]
    traces = [
        trace(span(1, warnings=adjusted), span(2, warnings=disabled), warnings=["odd"], traceID="1")
        for _ in range(3)
    ]
    for number, one in enumerate(traces):
        for each in one["spans"]:
            each["traceID"] = str(number)
            each["tags"] = tags({"long": "x" * 40_000})
    for size in (None, 1000):
        result = parsed(FORMAT, json.dumps(answer(*traces)).encode(), size=size)
        said = {note.kind: note.message for note in result.notes}
        assert "3 spans" in said["clock_skew_adjusted"]
        assert "3 spans" in said["clock_skew"]
        assert "3 other warnings" in said["trace_warnings"]


def test_as_many_traces_as_a_search_returns_are_told(parsed):
    for count, limited in ((20, True), (19, False)):
        notes = parsed(FORMAT, json.dumps(answer(*many(count))).encode()).notes
        assert ("export_limit" in {note.kind for note in notes}) == limited


def test_a_bad_span_costs_itself_alone(parsed, accounts):
    bad = [span(2, spanID="zz"), span(3, operationName=5), span(4, references="x"), 5]
    document = json.dumps(answer(trace(span(1), *bad), trace(span(5)))).encode()
    result = parsed(FORMAT, document)
    accounts(result, 6)
    assert result.tables["spans"]["span_id"].to_pylist() == [f"{n:016x}" for n in (1, 5)]
    assert result.rejected_lines == 4
    lines = parsed(FORMAT, (json.dumps(trace(span(1), *bad)) + "\n").encode() * 2)
    accounts(lines, 2)
    assert "broken_spans" in {note.kind for note in lines.notes}


def test_lines_that_hold_no_span_are_irrelevant_or_rejected(parsed, accounts):
    good = json.dumps(trace(span(1))).encode() + b"\n"
    cut_off = json.dumps(trace(span(2))).encode()[:-30]
    data = good + b"\n" + b'{"data": []}\n' + cut_off + b"\n[1]\n\xff\n"
    result = parsed(FORMAT, data)
    accounts(result, 6)
    assert [bad.line for bad in result.rejected] == [5, 6]
    assert result.irrelevant == 2
    assert result.tables["spans"]["line"].to_pylist() == [1, 4]  # of the one cut off, a span


def test_an_answer_without_traces_is_recognised_and_holds_nothing(parsed):
    data = json.dumps(answer()).encode()
    assert FORMAT.recognises(data).confidence > 0.8
    assert parsed(FORMAT, data).lines == 0


@pytest.mark.parametrize("end", range(40, 900, 37))
@pytest.mark.parametrize("indent", [None, 1])
def test_a_cut_off_document_is_read_as_far_as_its_spans_are_whole(parsed, accounts, end, indent):
    data = json.dumps(answer(trace(span(1), span(2, 1))), indent=indent).encode()[:end]
    result = parsed(FORMAT, data)
    accounts(result, result.lines)
    whole = data.count(b'"warnings": null')
    found = len(result.tables.get("spans", ()))
    assert whole - 1 <= found <= whole
    is_whole = b'}], "total"' in data or b'],\n "total"' in data
    assert is_whole or "truncated" in {note.kind for note in result.notes}


def test_a_half_character_and_no_number_cost_nothing(parsed):
    text = json.dumps(answer(trace(span(1, http__url="/\ud800"), span(2, duration=7))))
    (first, second) = rows(parsed, text.replace('"duration": 7', '"duration": NaN').encode())
    assert first["url"] == "/\ufffd"
    assert second["duration_ms"] is None


@pytest.mark.parametrize("how", ["answer", "pretty", "list", "lines", "answers", "listed", "glued"])
def test_chunks_of_any_size_give_equal_tables(parsed, how):
    traces = list(many(60))
    data = PACKINGS[how](*traces)
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=30_000)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


def test_a_large_document_is_cut_at_its_traces():
    data = json.dumps(answer(*many(60))).encode()
    end = FORMAT.cut(data[:100_000])
    assert 60_000 < end <= 100_000
    parts = [
        Chunk(data=data[:end], head=data[:65536], last=False),
        Chunk(data=data[end:], head=data[:65536], first=False),
    ]
    found = [FORMAT.parse(part) for part in parts]
    assert all(part.rejected_lines == 0 and part.used for part in found)
    assert sum(part.lines for part in found) == 660


@pytest.mark.parametrize("name", ["ui_01", "ui_testTrace", "otlp2jaeger-out"])
def test_real_files_are_recognised_by_this_format_alone_and_loaded(real, tmp_path, name):
    data = real(f"traces/jaeger/{name}.json")
    sure = {item.name: item.recognises(data[:65536]).confidence for item in formats()}
    assert sure.pop("jaeger-ui") > 0.9
    assert max(sure.values()) == 0.0
    compact = msgspec.json.format(data, indent=0)
    packed = {"a.json": data, "b.json": compact, "c.json.gz": gzip.compress(data)}
    packed["d.json.zst"] = pa.Codec("zstd").compress(data, asbytes=True)
    found = []
    for file, content in packed.items():
        path = tmp_path / file
        path.write_bytes(content)
        spans = perfkit.load(path).arrow("spans")
        found.append(spans.select(COMMON).to_pylist())
    assert found[0] == found[1] == found[2] == found[3]
    assert found[0]


def test_jaegers_own_example(real, parsed):
    result = parsed(FORMAT, real("traces/jaeger/ui_01.json"))
    spans = {row["span_id"][-1]: row for row in result.tables["spans"].to_pylist()}
    assert {key: row["parent_id"] for key, row in spans.items()} == {
        "2": None, "3": "0000000000000002", "4": "0000000000000002", "5": "0000000000000004",
    }  # fmt: skip
    assert {row["service"] for row in spans.values()} == {"service-x", "service-y"}
    assert spans["5"]["duration_ms"] == 0.004


@pytest.mark.parametrize(
    "name",
    ["jaeger/es_01.json", "jaeger/domain_01.json", "jaeger/otlp2jaeger-in.json",
     "zipkin/yelp.json", "elastic/spans.ndjson", "datadog/test_multi_trace.json"],
)  # fmt: skip
def test_other_traces_are_not_recognised(real, name):
    assert FORMAT.recognises(real(f"traces/{name}")[:65536]).confidence == 0.0


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("how", ["answer", "pretty", "lines"])
def test_mutated_bytes_never_raise_and_add_up(parsed, accounts, seed, how):
    chance = random.Random(seed)
    data = PACKINGS[how](*many(6, seed))
    data = bytearray(data if isinstance(data, bytes) else json.dumps(data).encode())
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"]", b"9" * 30, b"null", b"1e999"]
        )
    broken = bytes(data)
    for size in (None, 5000):
        result = parsed(FORMAT, broken, size=size)
        accounts(result, result.lines)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*span(1), "process", "parentSpanID"]), VALUES))
def test_values_of_any_type_never_raise(fields):
    document = answer(trace(span(1) | fields), trace(span(2)))
    found = FORMAT.combine([FORMAT.parse(Chunk.whole(json.dumps(document).encode()))])
    assert found.used + found.irrelevant + found.rejected_lines == found.lines == 2
    assert found.tables["spans"].num_rows >= 1


def test_deep_nesting_never_raises(parsed):
    deep = b'{"data":[{"spans":' + b"[" * 100_000
    assert parsed(FORMAT, deep).used == 0
    nested = json.dumps(answer(trace(span(1)))).replace('"logs": []', '"logs": ' + "[" * 5000)
    parsed(FORMAT, nested.encode())
