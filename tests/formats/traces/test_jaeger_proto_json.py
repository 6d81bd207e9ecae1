"""Jaeger's spans as protobuf's JSON has them."""

import base64
import json
import random

import pytest

import perfkit
from perfkit.formats.registry import formats
from perfkit.formats.traces import jaeger_json
from perfkit.formats.traces.jaeger_proto_json import FORMAT
from perfkit.formats.traces.jaeger_proto_model import duration_ns, epoch_ns, identified
from perfkit.span_attributes import attributes

SECOND = 1_700_000_000_000_000_000


def in_base64(number, size):
    return base64.b64encode(number.to_bytes(size, "big")).decode()


def span(number, parent=0, *tags, **fields):
    above = {"traceId": in_base64(255, 16), "spanId": in_base64(parent, 8)}
    return {
        "traceId": in_base64(255, 16),
        "spanId": in_base64(number, 8),
        "operationName": "work",
        "references": [above] if parent else [],
        "startTime": "2023-11-14T22:13:20.000000001Z",
        "duration": "0.005s",
        "tags": list(tags),
        "process": {"serviceName": "shop"},
    } | fields


def lines(*values):
    return b"".join(json.dumps(one).encode() + b"\n" for one in values)


PACKINGS = {
    "trace": lambda *spans: json.dumps({"spans": spans}).encode(),
    "batch": lambda *spans: json.dumps({"batch": {"spans": spans}}, indent=2).encode(),
    "list": lambda *spans: json.dumps(spans, indent=2).encode(),
    "messages": lines,
    "stream": lambda *spans: b"\n".join(
        json.dumps({"spans": [one]}, indent=2).encode() for one in spans
    ),
}


@pytest.mark.parametrize("how", PACKINGS)
def test_every_packing_gives_the_same_rows(tmp_path, how):
    path = tmp_path / "spans.json"
    path.write_bytes(PACKINGS[how](span(1), span(2, 1), span(3, 2)))
    rec = perfkit.load(path)
    rows = rec.arrow("spans").to_pylist()
    assert [row["span_id"][-1] for row in rows] == list("123")
    assert [row["parent_id"] for row in rows] == [None, f"{1:016x}", f"{2:016x}"]
    assert {(row["trace_id"], row["service"]) for row in rows} == {(f"{255:032x}", "shop")}
    assert rows[0]["started_at"].value == SECOND + 1
    assert rows[0]["duration_ms"] == 5.0


def test_jaegers_example_is_the_one_of_the_query_service(real, parsed):
    """But for the time of day: the two fixtures are not of one moment beyond microseconds."""
    ours = parsed(FORMAT, real("traces/jaeger/domain_01.json")).tables["spans"]
    theirs = parsed(jaeger_json.FORMAT, real("traces/jaeger/ui_01.json")).tables["spans"]
    same = ["trace_id", "span_id", "parent_id", "service", "name", "kind", "duration_ms", "error"]
    assert ours.select(same).equals(theirs.select(same))
    starts = [[at.value for at in table["started_at"].to_pylist()] for table in (ours, theirs)]
    assert [ns // 1000 for ns in starts[0]] == [ns // 1000 for ns in starts[1]]


@pytest.mark.parametrize("name", ["domain_01"])
def test_it_is_recognised_by_this_format_alone(real, name):
    data = real(f"traces/jaeger/{name}.json")
    sure = {item.name: item.recognises(data).confidence for item in formats()}
    assert sure.pop("jaeger-proto-json") > 0.9
    assert max(sure.values()) == 0.0


def test_values_have_the_type_of_their_field(parsed):
    said = [
        {"key": "a", "vType": "STRING"},
        {"key": "b", "vStr": "x"},
        {"key": "c", "vType": "INT64", "vInt64": "9223372036854775807"},
        {"key": "d", "vType": "INT64", "vInt64": 5},
        {"key": "e", "vType": "BOOL", "vBool": True},
        {"key": "f", "vType": "FLOAT64", "vFloat64": 72.5},
        {"key": "g", "vType": "BINARY", "vBinary": "AAAwOQ=="},
        {"key": "error", "vType": "BOOL", "vBool": True},
    ]
    fields = [{"key": "event", "vStr": "exception"}, {"key": "exception.type", "vStr": "KeyError"}]
    one = span(1, 0, *said, logs=[{"fields": fields}])
    spans = parsed(FORMAT, lines(one)).tables["spans"]
    wanted = {"a": "", "b": "x", "c": (1 << 63) - 1, "d": 5, "e": True, "f": 72.5}
    assert attributes(spans) == [wanted | {"g": "AAAwOQ==", "error": True}]
    assert spans["error"].to_pylist() == ["KeyError"]


def test_a_process_is_in_the_span_or_of_the_batch_or_in_the_map(parsed):
    of_map = {"processId": "p1", "process": {"serviceName": "mapped"}}
    batch = {"spans": [span(1), span(2, process=None), span(3, process=None, processId="p1")]}
    document = batch | {"process": {"serviceName": "batched"}, "processMap": [of_map]}
    spans = parsed(FORMAT, json.dumps(document).encode()).tables["spans"]
    assert spans["service"].to_pylist() == ["shop", "batched", "mapped"]


def test_what_follows_is_a_child_when_nothing_else_is_the_parent(parsed):
    here, away = in_base64(255, 16), in_base64(1, 16)
    follows = {"traceId": here, "spanId": in_base64(9, 8), "refType": "FOLLOWS_FROM"}
    child = {"traceId": here, "spanId": in_base64(8, 8), "refType": "CHILD_OF"}
    other = {"traceId": away, "spanId": in_base64(7, 8)}
    spans = [span(1, references=[other, follows]), span(2, references=[follows, child])]
    found = parsed(FORMAT, lines(*spans)).tables["spans"]["parent_id"].to_pylist()
    assert found == [f"{9:016x}", f"{8:016x}"]


@pytest.mark.parametrize(
    ("text", "ns"),
    [("5000ns", 5000), ("0.000005s", 5000), ("1.5ms", 1_500_000), ("1m2s", 62 * 10**9),
     (7, 7), (None, None), ("", None), ("-5s", None), ("9" * 400 + "s", None)],
)  # fmt: skip
def test_durations_are_read_in_any_unit(text, ns):
    assert duration_ns(text) == ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [("2023-11-14T22:13:20Z", SECOND), ("2023-11-14T17:13:20.5-05:00", SECOND + 500_000_000),
     ("2023-11-14T22:13:20.123456789+00:00", SECOND + 123_456_789), ("1969-12-31T23:59:59Z", None),
     ("2023-99-14T22:13:20Z", None), ("2023-11-14T22:13:20", None), (None, None)],
)  # fmt: skip
def test_times_are_read_to_the_nanosecond(text, ns):
    assert epoch_ns(text) == ns


def test_ids_are_base64_or_digits():
    assert identified("AAAAAAAAAAI=", 16) == identified("0000000000000002", 16) == f"{2:016x}"
    assert identified("zz", 16) is None


def test_a_bad_span_costs_itself_alone(parsed, accounts):
    bad = [span(2, spanId="?"), span(3, tags=5), 7]
    document = json.dumps({"spans": [span(1), *bad, span(4)]}).encode()
    result = parsed(FORMAT, document)
    accounts(result, 5)
    assert (result.tables["spans"].num_rows, result.rejected_lines) == (2, 3)
    messages = parsed(FORMAT, lines(span(1), {"a": 1}, *bad) + b"\n{\n")
    accounts(messages, 7)
    assert [one.line for one in messages.rejected] == [3, 4, 5, 7]
    assert messages.irrelevant == 2


def test_a_cut_off_document_is_read_as_far_as_it_goes(parsed, accounts):
    data = json.dumps({"spans": [span(n) for n in range(1, 6)]}, indent=1).encode()[:-60]
    result = parsed(FORMAT, data)
    accounts(result, 5)
    assert result.tables["spans"].num_rows == 4
    assert "truncated" in {note.kind for note in result.notes}


def test_warnings_are_counted(parsed):
    warned = span(1, warnings=["This span's timestamps were adjusted by -2ms"])
    notes = parsed(FORMAT, lines(warned, span(2))).notes
    assert "1 spans" in next(n.message for n in notes if n.kind == "clock_skew_adjusted")


def test_messages_are_cut_anywhere(parsed):
    data = lines(*(span(n, n // 2) for n in range(1, 200)))
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=5000)
    assert cut.tables["spans"].to_pylist() == whole.tables["spans"].to_pylist()
    assert cut.lines == whole.lines == 199


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("how", PACKINGS)
def test_mutated_bytes_never_raise_and_add_up(parsed, accounts, seed, how):
    chance = random.Random(seed)
    data = bytearray(PACKINGS[how](*(span(n, n // 2) for n in range(1, 20))))
    for _ in range(25):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"]", b"9" * 30, b"null", b"1e999"]
        )
    result = parsed(FORMAT, bytes(data))
    accounts(result, result.lines)
