"""OTLP/JSON: the specification's example, Jaeger's twin files, and every age of the format."""

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.formats.traces.otlp_json import FORMAT

TRACE, ROOT, CHILD = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "eee19b7ec3c1b175"


def pairs(**attributes):
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}
    return [
        {"key": key.replace("__", "."), "value": {kinds[type(value)]: value}}
        for key, value in attributes.items()
    ]


def span(span_id=ROOT, parent="", start=1000, end=2000, kind=2, name="GET /a/{id}", **attributes):
    return {
        "traceId": TRACE,
        "spanId": span_id,
        "parentSpanId": parent,
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start * 1_000_000),
        "endTimeUnixNano": str(end * 1_000_000),
        "attributes": pairs(**attributes),
    }


def export(*spans, service="shop"):
    resource = {"attributes": pairs(service__name=service)}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def lines(*exports):
    return b"".join(json.dumps(item).encode() + b"\n" for item in exports)


def test_the_example_of_the_specification(real, parsed):
    result = parsed(FORMAT, real("traces/otlp/proto_example.json"))
    (row,) = result.tables["spans"].to_pylist()
    assert row["trace_id"] == TRACE  # written in upper case
    assert (row["span_id"], row["parent_id"]) == (ROOT, "eee19b7ec3c1b173")
    assert (row["service"], row["kind"], row["duration_ms"]) == ("my.service", "server", 1000.0)
    assert (result.lines, result.used) == (1, 1)


def test_jaegers_example_repeats_a_span_that_counts_once(real, parsed):
    given = real("traces/jaeger/otlp2jaeger-in.json")
    wanted = json.loads(real("traces/jaeger/otlp2jaeger-out.json"))
    result = parsed(FORMAT, given)
    twin = wanted["data"][0]["spans"][0] if "data" in wanted else wanted["spans"][0]
    (row,) = result.tables["spans"].to_pylist()
    assert row["trace_id"] == twin["traceID"]
    assert row["span_id"] == twin["spanID"]
    assert row["name"] == twin["operationName"]
    assert row["duration_ms"] * 1000 == twin["duration"]
    assert "duplicate_spans" in {note.kind for note in result.notes}
    assert result.tables["requests"].num_rows == 1
    assert (result.lines, result.used, result.irrelevant) == (2, 1, 1)


def test_traces_are_recognised_by_this_format_alone(real):
    for name in ("traces/otlp/proto_example.json", "traces/jaeger/otlp2jaeger-in.json"):
        sure = {item.name: item.recognises(real(name)).confidence for item in formats()}
        assert sure.pop("otlp-json") > 0.9
        assert max(sure.values()) == 0.0


@pytest.mark.parametrize(
    "name", ["jaeger/ui_01.json", "zipkin/yelp.json", "elastic/spans.ndjson", "jaeger/es_01.json"]
)
def test_other_traces_are_not_recognised(real, name):
    assert FORMAT.recognises(real(f"traces/{name}")).confidence == 0.0


def snake(text):
    names = ("resourceSpans", "scopeSpans", "traceId", "spanId", "parentSpanId", "stringValue")
    names += ("intValue", "startTimeUnixNano", "endTimeUnixNano")
    for name in names:
        text = text.replace(name, "".join(f"_{c.lower()}" if c.isupper() else c for c in name))
    return text


def in_base64(text):
    for identifier in (TRACE, ROOT, CHILD):
        text = text.replace(identifier, base64.b64encode(bytes.fromhex(identifier)).decode())
    return text


def with_enums(text):
    text = text.replace('"kind": 2', '"kind": "SPAN_KIND_SERVER"')
    return text.replace('"kind": 3', '"kind": "SPAN_KIND_CLIENT"')


#: The same export as other tools and ages write it.
OTHERWISE = {
    "batches": lambda text: text.replace("resourceSpans", "batches"),
    "old": lambda text: text.replace("scopeSpans", "instrumentationLibrarySpans"),
    "tempo v2": lambda text: f'{{"trace": {text}}}',
    "list": lambda text: f"[{text}]",
    "pretty": lambda text: json.dumps(json.loads(text), indent=2),
    "upper": lambda text: text.replace(TRACE, TRACE.upper()),
    "enums": with_enums,
    "snake": snake,
    "base64": in_base64,
    "numbers": lambda text: text.replace('"1000000000"', "1000000000"),
}


@pytest.mark.parametrize("how", OTHERWISE)
def test_every_age_and_tool_gives_the_same_rows(parsed, how):
    document = export(
        span(http__route="/a/{id}", http__method="GET", http__status_code=200),
        span(
            CHILD, ROOT, 1100, 1300, 3, "SELECT", db__system="postgresql", db__statement="select 1"
        ),
    )
    wanted = parsed(FORMAT, lines(document)).tables
    data = OTHERWISE[how](json.dumps(document)).encode() + b"\n"
    assert FORMAT.recognises(data).confidence > 0.5
    found = parsed(FORMAT, data).tables
    for name in ("spans", "requests", "queries"):
        drop = ["attributes", "line"]
        assert (
            found[name].drop_columns(drop).to_pylist()
            == wanted[name].drop_columns(drop).to_pylist()
        )


def test_new_conventions_win_over_old_ones(parsed):
    both = span(
        http__method="OLD",
        http__request__method="GET",
        http__status_code=500,
        http__response__status_code="200",
        http__target="/old?x=1",
        url__path="/new",
        net__peer__ip="10.0.0.1",
        client__address="10.0.0.2",
        http__route="/r",
    )
    tables = parsed(FORMAT, lines(export(both))).tables
    (row,) = tables["requests"].to_pylist()
    assert (row["method"], row["status"], row["path"]) == ("GET", 200, "/new")
    assert (row["client"], row["route"]) == ("10.0.0.2", "/r")


def test_a_client_call_of_a_database_is_a_query_and_a_command_of_a_cache_is_not(parsed):
    tables = parsed(
        FORMAT,
        lines(
            export(
                span(CHILD, ROOT, 1100, 1300, 3, "SELECT", db__system="postgresql",
                     db__statement="SELECT 1 FROM t WHERE a = 5", db__name="shop"),
                span("1", ROOT, 1100, 1300, 3, "GET", db__system="redis", db__statement="GET k"),
                span("2", ROOT, 1100, 1300, 3, "connect", db__system="postgresql"),
            )
        ),
    ).tables  # fmt: skip
    (query,) = tables["queries"].to_pylist()
    assert query["fingerprint"] == "select ? from t where a = ?"
    assert query["duration_kind"] == "client"
    assert (query["trace_id"], query["span_id"]) == (TRACE, CHILD)
    assert (query["system"], query["database"]) == ("postgresql", "shop")
    assert tables["spans"]["category"].to_pylist() == ["db", "cache", "pool"]
    assert tables["spans"]["span_id"].to_pylist()[1] == "0000000000000001"


def test_a_span_without_end_has_an_unknown_duration(parsed):
    open_span = span()
    open_span["endTimeUnixNano"] = "0"
    broken = span("1", start=2000, end=1000)
    spans = parsed(FORMAT, lines(export(open_span, broken))).tables["spans"]
    assert spans["duration_ms"].to_pylist() == [None, None]
    assert spans["self_ms"].to_pylist() == [None, None]


def test_errors_have_a_text(parsed):
    failed = span() | {"status": {"code": 2, "message": "boom"}}
    named = span("1", error__type="Timeout") | {"status": {"code": "STATUS_CODE_ERROR"}}
    fine = span("2", error__type="Timeout")
    spans = parsed(FORMAT, lines(export(failed, named, fine))).tables["spans"]
    assert spans["error"].to_pylist() == ["boom", "Timeout", None]


def test_repeats_are_dropped_with_their_requests_and_queries(parsed, accounts):
    document = export(
        span(),
        span(
            CHILD, ROOT, 1100, 1300, 3, "SELECT", db__system="postgresql", db__statement="select 1"
        ),
    )
    for size in (None, 300):
        result = parsed(FORMAT, lines(document, document), size=size)
        accounts(result, 2)
        assert {name: table.num_rows for name, table in result.tables.items()} == {
            "requests": 1,
            "queries": 1,
            "spans": 2,
        }
        assert (result.used, result.irrelevant) == (1, 1)


def test_broken_lines_are_rejected_and_other_signals_are_irrelevant(parsed, accounts):
    good = lines(export(span()))
    data = good + good[:-40] + b"\n\n" + b'{"resourceMetrics": []}\n{"a": 1}\n[1]\n\xff\n' + good
    result = parsed(FORMAT, data)
    accounts(result, 8)
    assert [bad.line for bad in result.rejected] == [2, 5, 6, 7]
    assert result.irrelevant == 2 + 1  # and the last line, whose span is a repeat


def test_a_bad_span_costs_itself_alone(parsed, accounts):
    bad_id, bad_type = span("zz"), span("3") | {"name": 5}
    result = parsed(FORMAT, lines(export(span(), bad_id, bad_type)))
    accounts(result, 1)
    assert result.tables["spans"].num_rows == 1
    assert "2 spans" in next(n.message for n in result.notes if n.kind == "broken_spans")


def many(chance, count):
    """Traces with random trees; several spans a line."""
    spans = [span(f"{1:x}", "", 0, 10_000)]
    for number in range(2, count):
        start = chance.randrange(-100, 10_000)
        parent = f"{chance.randrange(1, number):x}"
        spans.append(
            span(f"{number:x}", parent, 10_000 + start, 10_000 + start + chance.randrange(4000), 1)
        )
    return [export(*spans[i : i + 7]) for i in range(0, len(spans), 7)]


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_chunks_of_any_size_give_equal_tables(parsed, size):
    data = lines(*many(random.Random(1), 200))
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(real, parsed, accounts, seed):
    chance = random.Random(seed)
    given = lines(*many(chance, 60)) + real("traces/otlp/proto_example.json").replace(b"\n", b"")
    data = bytearray(given[: len(given) - chance.randrange(400)])
    for _ in range(40):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"9" * 30, b"null", b"1e999"]
        )
    broken = bytes(data)
    accounts(parsed(FORMAT, broken), broken.count(b"\n") + (broken[-1:] != b"\n"))


@pytest.mark.parametrize("end", range(0, 1200, 61))
def test_a_cut_document_is_one_rejected_record(real, parsed, end):
    result = parsed(FORMAT, real("traces/otlp/proto_example.json")[:end])
    assert result.used == 0
    assert result.lines == result.irrelevant + result.rejected_lines


def test_attributes_in_latin_1_are_read_and_noted():
    text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span(http__route="/a?b")]}]}]})
    found = FORMAT.parse(Chunk.whole(text.replace("?", "\xfc").encode("latin-1")))
    (row,) = found.tables["requests"].to_pylist()
    assert row["route"] == "/a\xfcb"
    assert "encoding" in {note.kind for note in found.notes}


@given(st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8)),
                min_size=1, max_size=8, unique=True), st.booleans())  # fmt: skip
def test_every_id_survives_exactly(ids, in_base64):
    write = (lambda data: base64.b64encode(data).decode()) if in_base64 else bytes.hex
    spans = [span() | {"traceId": write(trace), "spanId": write(own)} for trace, own in ids]
    found = FORMAT.parse(Chunk.whole(lines(export(*spans)))).tables["spans"]
    rows = found.select(["trace_id", "span_id"]).to_pylist()
    assert [(row["trace_id"], row["span_id"]) for row in rows] == [
        (trace.hex(), own.hex()) for trace, own in ids
    ]


def test_a_head_without_ids_leaves_it_to_the_chunk_how_they_are_written(parsed):
    document = export(span() | {"traceId": in_base64(TRACE), "spanId": in_base64(ROOT)})
    huge = [{"key": f"k{n}", "value": {"stringValue": "x" * 1000}} for n in range(100)]
    document["resourceSpans"][0]["resource"]["attributes"] += huge
    result = parsed(FORMAT, lines(document))
    (row,) = result.tables["spans"].to_pylist()
    assert (row["trace_id"], row["span_id"]) == (TRACE, ROOT)
    assert "base64_ids" in {note.kind for note in result.notes}


def test_what_the_instrumentation_dropped_is_said_once(parsed):
    document = export(span() | {"droppedAttributesCount": 2}, span("1") | {"droppedEventsCount": 1})
    other = export(span("2") | {"droppedLinksCount": "1"}, span("3"))
    for size in (None, 700):
        notes = parsed(FORMAT, lines(document, other), size=size).notes
        (note,) = (note for note in notes if note.kind == "dropped_data")
        assert "from 3 spans" in note.message
