"""Payloads of the agent in every wrapping: the test agent's files, logs of AWS Lambda."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit.formats.model import Chunk
from perfkit.formats.traces.datadog_agent import FORMAT
from perfkit.span_attributes import decoded

FULL = "68e68f4300000000fffffffffffffffe"


def _hex(span, form):
    ids = {name: form % span[name] for name in ("trace_id", "span_id", "parent_id")}
    return {**span, **ids}


def _layouts(trace):
    text = json.dumps
    lambda_log = "START RequestId: 1\n" + text({"traces": [trace]}) + "\nEND RequestId: 1\n"
    return {
        "array of arrays": text([trace]),
        "one array per span": text([[span] for span in trace]),
        "printed": text([trace], indent=2),
        "flat": text(trace),
        "payloads in lines": "\n".join(text([[span]]) for span in trace) + "\n",
        "spans in lines": "\n".join(map(text, trace)),
        "wrapped": text({"traces": [trace]}),
        "wrapped and printed": text({"traces": [trace]}, indent=1),
        "grouped": text({"traces": [{"spans": trace}]}) + "\n" + text({"traces": []}) + "\n",
        "lambda": lambda_log,
        "lambda with times": lambda_log.replace('{"traces"', '2024-01-01T00:00:00Z abc {"traces"'),
        "with a byte order of CRLF": text([trace]) + "\r\n" + text([[]]) + "\r\n",
    }


NAMES = tuple(_layouts([]))


@pytest.mark.parametrize("name", NAMES)
def test_the_wrapping_makes_no_difference(name, trace, parsed, rows):
    plain = parsed(FORMAT, json.dumps([trace]).encode())
    wrapped = parsed(FORMAT, _layouts(trace)[name].encode())
    assert rows(wrapped) == rows(plain)
    assert rows(wrapped, "queries") == rows(plain, "queries")
    assert wrapped.rejected_lines == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_is_recognised_by_this_format_alone(name, trace, claims):
    assert claims(_layouts(trace)[name].encode()) == {"datadog-agent": pytest.approx(0.95)}


#: Layouts whose lines, if they have any that matter, are shorter than a chunk.
DIVIDED = tuple(name for name in NAMES if not name.startswith(("grouped", "lambda", "with")))


@pytest.mark.parametrize("name", DIVIDED)
@pytest.mark.parametrize("size", [900, 1500])
def test_chunks_make_no_difference(name, size, trace, parsed, rows):
    many = [{**span, "span_id": span["span_id"] - n} for n in range(4) for span in trace]
    data = _layouts(many)[name].encode()
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    assert rows(cut) == rows(whole)
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


def test_what_the_spans_say(trace, parsed):
    result = parsed(FORMAT, json.dumps([trace]).encode())
    web, sql, redis, mongo, rpc = result.tables["spans"].to_pylist()
    assert [row["trace_id"] for row in (web, sql, redis, mongo, rpc)] == [FULL] * 5
    assert (web["span_id"], web["parent_id"]) == ("18446744073709551615", None)
    assert (sql["span_id"], sql["parent_id"]) == ("2", "18446744073709551615")
    assert web["started_at"].value == 1_700_000_000_123_456_789
    assert (web["kind"], web["category"], web["route"]) == ("server", "app", "/orders/{id}")
    assert (web["duration_ms"], web["status"], web["error"]) == (20.0, 200, None)
    assert json.loads(web["resource"]) == {
        "deployment.environment.name": "prod",
        "service.version": "1.2",
        "service.instance.id": "abc",
        "telemetry.sdk.language": "python",
        "process.pid": 7,
    }
    assert (sql["kind"], sql["category"], sql["peer"]) == ("client", "db", "pg:5432")
    assert (sql["statement"], sql["error"]) == ("SELECT * FROM o WHERE id = ?", "boom")
    assert (redis["category"], redis["fingerprint"]) == ("cache", "get user:?")
    assert mongo["fingerprint"] == "find shop.orders filter {status: ?}"
    assert (rpc["category"], rpc["url"]) == ("rpc", "grpc://shop.Inventory/GetItem")
    (request,) = result.tables["requests"].to_pylist()
    assert (request["method"], request["path"]) == ("GET", "/orders/17")
    queries = result.tables["queries"].to_pylist()
    assert [row["system"] for row in queries] == ["postgresql", "mongodb"]
    assert (queries[0]["database"], queries[0]["rows_returned"]) == ("shop", 3)
    attributes = decoded(result.tables["spans"]["attributes"][1].as_py())
    assert attributes["resource"] == "SELECT * FROM o WHERE id = ?"
    assert attributes["meta.db.name"] == "shop"


@pytest.mark.parametrize("form", ["%016X", "%016x"])
def test_ids_in_hexadecimal_digits(form, trace, parsed):
    data = json.dumps({"traces": [[_hex(span, form) for span in trace]]}).encode() + b"\n"
    found = parsed(FORMAT, data).tables["spans"].to_pylist()
    assert {row["trace_id"] for row in found} == {FULL}
    assert found[1]["span_id"] == "0000000000000002"
    assert found[1]["parent_id"] == "ffffffffffffffff"
    assert found[0]["parent_id"] is None


def test_without_the_upper_half_ids_stay_the_numbers_that_they_are(trace, parsed):
    del trace[0]["meta"]["_dd.p.tid"]
    found = parsed(FORMAT, json.dumps([trace]).encode()).tables["spans"]["trace_id"]
    assert found.unique().to_pylist() == ["18446744073709551614"]


def test_two_traces_with_one_lower_half_keep_their_number(trace, parsed):
    other = {**trace[1], "span_id": 99, "meta": {"_dd.p.tid": "00000000000000aa"}}
    found = parsed(FORMAT, json.dumps([trace, [other]]).encode()).tables["spans"]["trace_id"]
    assert found.unique().to_pylist() == ["18446744073709551614"]


def test_ids_that_were_floats_are_rejected(trace, parsed, accounts):
    trace[1]["trace_id"] = 1.8446744073709552e19
    result = parsed(FORMAT, json.dumps([trace]).encode())
    accounts(result, 5)
    assert (result.rejected_lines, result.rejected[0].line) == (1, 2)


@pytest.mark.parametrize(
    ("changes", "kind", "category"),
    [
        ({"type": "http", "name": "requests.request"}, "client", "http"),
        ({"type": "web", "parent_id": 9, "meta": {}, "metrics": {}}, None, "app"),
        ({"type": "web", "meta": {"span.kind": "internal"}}, "internal", "app"),
        ({"type": "serverless", "resource": "handler", "meta": {}}, "server", "app"),
        ({"type": "worker", "meta": {"span.kind": "consumer"}}, "consumer", "app"),
        ({"type": "queue", "meta": {"span.kind": "producer"}}, "producer", "queue"),
        ({"type": "template", "name": "jinja2.render", "meta": {}}, None, "template"),
        ({"type": "http", "meta": {"aws.service": "SQS", "aws.operation": "X"}}, "client", "queue"),
        ({"type": "", "name": "work", "meta": {}}, None, "other"),
        ({"type": None, "name": "work", "meta": None, "metrics": None}, None, "other"),
    ],
)  # fmt: skip
def test_kinds_and_categories(changes, kind, category, trace, parsed):
    data = json.dumps([[{**trace[0], **changes}]]).encode()
    (row,) = parsed(FORMAT, data).tables["spans"].to_pylist()
    assert (row["kind"], row["category"]) == (kind, category)


@pytest.mark.parametrize(
    ("resource", "route"),
    [
        ("GET /orders/{id}", "/orders/{id}"),
        ("GET ^orders/(?P<pk>[0-9]+)$", "^orders/(?P<pk>[0-9]+)$"),
        ("OrdersController#index", "OrdersController#index"),
        ("GET", None),
        ("GET 404", None),
        ("", None),
    ],
)
def test_routes(resource, route, trace, parsed):
    data = json.dumps([[{**trace[0], "resource": resource}]]).encode()
    assert parsed(FORMAT, data).tables["requests"]["route"].to_pylist() == [route]


def test_sampling_is_noted(trace, parsed):
    trace[0]["metrics"]["_dd.rule_psr"] = 0.1
    trace[1]["metrics"]["_dd.span_sampling.mechanism"] = 8
    notes = {note.kind for note in parsed(FORMAT, json.dumps([trace]).encode()).notes}
    assert {"sampling", "single_spans"} <= notes
    trace[0]["metrics"]["_dd.rule_psr"] = 1.0
    notes = {note.kind for note in parsed(FORMAT, json.dumps([trace]).encode()).notes}
    assert "sampling" not in notes


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(trace, parsed, accounts):
    data = json.dumps([trace]).encode()[:-200]
    result = parsed(FORMAT, data)
    accounts(result, 5)
    assert result.tables["spans"].num_rows == 4
    assert "truncated" in {note.kind for note in result.notes}


@pytest.mark.parametrize("name", ["test_multi_trace", "test_trace_distributed_same_payload"])
def test_files_of_the_test_agent(name, real, parsed, accounts, claims):
    data = real(f"traces/datadog/{name}.json")
    result = parsed(FORMAT, data)
    accounts(result, 4)
    spans = result.tables["spans"].to_pylist()
    assert [row["name"] for row in spans] == ["root0", "child0", "root1", "child1"]
    assert all(len(row["trace_id"]) == 32 for row in spans)
    assert [row["duration_ms"] for row in spans] == [
        span["duration"] / 1e6 for trace in json.loads(data) for span in trace
    ]
    assert parsed(FORMAT, data, size=500).tables["spans"].to_pylist() == spans
    assert list(claims(data)) == ["datadog-agent"]


@pytest.mark.parametrize("kind", ["json", "gz", "zst"])
def test_files_and_packed_files(kind, trace, packed):
    rec = perfkit.load(packed(json.dumps([trace]).encode(), "traces", kind))
    assert (len(rec.spans), len(rec.requests), len(rec.queries)) == (5, 1, 2)
    assert rec.sources["format"].tolist() == ["datadog-agent"]


@pytest.mark.parametrize(
    "data",
    [
        b'{"trace_id": 1, "span_id": 2, "event": "x", "start": 1}',
        b'[{"traceId": "1", "id": "2", "timestamp": 1}]',
        b'{"message": "\\"trace_id\\" \\"span_id\\" \\"start\\""}',
        b'[{"trace_id": 1, "span_id": 2, "name": "a", "start": 1.5, "service": "s"}]',
        b"",
    ],
)
def test_other_json_is_none_of_ours(data):
    assert FORMAT.recognises(data).confidence == 0


@settings(max_examples=150)
@given(st.data())
def test_damaged_bytes_never_raise(data):
    span = {"trace_id": 1, "start": 10**18, "name": "a", "meta": {"b": "c"}}
    text = json.dumps([[{**span, "span_id": number} for number in range(4)]]).encode()
    damaged = bytearray(text)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(text)))
    result = FORMAT.parse(Chunk.whole(bytes(damaged[:end])))
    assert result.used + result.irrelevant + result.rejected_lines == result.lines
    FORMAT.recognises(bytes(damaged))
    FORMAT.combine([result])


def test_deep_and_odd_values_cost_one_span(trace, parsed):
    deep = json.dumps([trace]).replace('"prod"', "[" * 100_000 + "]" * 100_000)
    assert parsed(FORMAT, deep.encode()).rejected_lines <= 1
    generator = random.Random(1)
    odd = [None, "", "x", -1, 10**30, 10**60, 1.5, True, [], {}, {"a": [1]}]
    for _ in range(200):
        span = {**trace[1], generator.choice(list(trace[1])): generator.choice(odd)}
        result = parsed(FORMAT, json.dumps([[trace[0], span]]).encode())
        assert result.used + result.rejected_lines == 2
        lines = json.dumps([[span]]).encode() + b"\n" + json.dumps([[trace[0]]]).encode() + b"\n"
        assert parsed(FORMAT, lines).used >= 1
