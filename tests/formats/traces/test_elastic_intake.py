"""Elastic APM's intake protocol: the test data of elastic/apm-data, and what crosses chunks."""

import gzip
import json
import random

import pyarrow as pa
import pytest

import perfkit
from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.formats.traces.elastic_intake import FORMAT, holds
from perfkit.span_attributes import attributes, resources
from perfkit.span_tree import link

TRACE, AT = "0af7651916cd43dd8448eb211c80319c", 1_700_000_000_000_000


def metadata(service="shop", **more):
    agent = {"name": "python", "version": "6.20.0"}
    return {"metadata": {"service": {"name": service, "agent": agent, **more}}}


def transaction(identifier="b7ad6b7169203331", **more):
    return {
        "transaction": {
            "id": identifier,
            "trace_id": TRACE,
            "name": "GET /orders/{id}",
            "type": "request",
            "duration": 30.5,
            "timestamp": AT,
            "span_count": {"started": 1},
            **more,
        }
    }


def span(identifier="1", **more):
    return {
        "span": {
            "id": identifier,
            "trace_id": TRACE,
            "transaction_id": "b7ad6b7169203331",
            "parent_id": "b7ad6b7169203331",
            "name": "SELECT FROM orders",
            "type": "db",
            "subtype": "postgresql",
            "action": "query",
            "duration": 1.25,
            "timestamp": AT + 1000,
            **more,
        }
    }


def statement(text="SELECT 1 FROM orders WHERE id = 7"):
    return {"db": {"statement": text, "type": "sql", "instance": "shop", "user": "app"}}


def lines(*events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


#: file -> lines, spans, requests served, queries, lines without a span.
REAL = {
    "events": (5, 2, 1, 0, 3),
    "otel-bridge": (3, 2, 0, 0, 1),
    "span-links": (3, 2, 1, 0, 1),
    "spans": (11, 10, 0, 3, 1),
    "transactions": (6, 5, 3, 0, 1),
    "transactions_spans": (10, 9, 4, 2, 1),
}


@pytest.mark.parametrize("name", REAL)
def test_every_event_of_a_real_file_is_read(real, parsed, accounts, name):
    data = real(f"traces/elastic/{name}.ndjson")
    count, *wanted, irrelevant = REAL[name]
    result = parsed(FORMAT, data)
    accounts(result, count)
    found = result.tables
    assert [
        found[t].num_rows if t in found else 0 for t in ("spans", "requests", "queries")
    ] == wanted
    assert (result.irrelevant, result.rejected_lines) == (irrelevant, 0)
    events = [json.loads(line) for line in data.splitlines()]
    spans = [
        e.get("span") or e.get("transaction") for e in events if {*e} & {"span", "transaction"}
    ]
    assert found["spans"]["duration_ms"].to_pylist() == pytest.approx(
        [round(one["duration"], 6) for one in spans]
    )


def test_a_real_trace_is_linked_and_says_what_it_lacks(real, parsed):
    result = parsed(FORMAT, real("traces/elastic/transactions_spans.ndjson"))
    spans = result.tables["spans"]
    assert link(spans).parent.tolist() == [-1, 0, 0, 0, 0, -1, -1, -1, 7]
    notes = {note.kind: note.message for note in result.notes}
    assert "260 spans" in notes["dropped_spans"]  # 2 and 258
    assert "1 of 4 transactions" in notes["sampled"]
    assert spans["service"].to_pylist()[:2] == ["serviceabc", "1234_service-12a3"]
    first = result.tables["requests"].to_pylist()[0]
    assert (first["method"], first["route"], first["path"]) == ("POST", "/api/types", "/p/a/t/h")
    assert (first["status"], first["client"]) == (200, "8.8.8.8")


def test_a_real_composite_counts_as_its_calls(real, parsed):
    result = parsed(FORMAT, real("traces/elastic/spans.ndjson"))
    spans = result.tables["spans"].to_pylist()
    assert [row["calls"] for row in spans] == [None] * 9 + [10]
    assert spans[9]["duration_ms"] == 378.1912  # from the first call's start to the last one's end
    assert "composite_spans" in {note.kind for note in result.notes}
    assert [row["peer"] for row in spans[4:8]] == [
        "postgres/testdb", "postgresql", "postgresql", "localhost:8080",
    ]  # fmt: skip
    assert [row["category"] for row in spans[4:9]] == ["db", "db", "db", "http", "queue"]
    # ids that are no hexadecimal digits stay as they are, others are padded
    assert [spans[row]["span_id"] for row in (0, 6)] == ["00abcdef01234567", "ute4567890aaaade"]


def test_real_processes_are_described(real, parsed):
    spans = parsed(FORMAT, real("traces/elastic/spans.ndjson")).tables["spans"]
    said = resources(spans)
    assert said[0]["service.version"] == "5.1.3"
    assert said[0]["deployment.environment"] == "staging"
    assert said[1]["deployment.environment"] == "prod"  # the span's context overrides it
    assert said[0]["k8s.pod.name"] == "pod-name"
    assert said[0]["host.name"] == "prod1.example.com"
    assert said[0]["cloud.region"] == "cloud_region"
    assert said[0]["labels.tag1"] == "label1"
    assert said[4]["telemetry.distro.name"] == "elastic-ruby"


def test_real_kinds_of_the_bridge_to_opentelemetry(real, parsed):
    spans = parsed(FORMAT, real("traces/elastic/otel-bridge.ndjson")).tables["spans"]
    assert spans["kind"].to_pylist() == ["consumer", "client"]
    assert attributes(spans)[1]["http.method"] == "GET"


def test_cold_starts_are_among_the_attributes(real, parsed):
    spans = parsed(FORMAT, real("traces/elastic/transactions.ndjson")).tables["spans"]
    assert attributes(spans)[4]["faas.coldstart"] is False


@pytest.mark.parametrize(
    ("kind", "context", "wanted"),
    [
        ("request", {}, "server"),
        ("messaging", {}, "consumer"),
        ("scheduled", {}, "internal"),
        ("lambda", {"request": {"method": "GET"}, "response": {"status_code": 200}}, "server"),
        ("page-load", {"page": {"url": "http://shop/"}}, "internal"),
    ],
)
def test_transactions_have_a_kind_by_their_type(parsed, kind, context, wanted):
    data = lines(metadata(), transaction(type=kind, context=context))
    (row,) = parsed(FORMAT, data).tables["spans"].to_pylist()
    assert (row["kind"], row["category"]) == (wanted, "app")


@pytest.mark.parametrize(
    ("written", "kind", "category", "system"),
    [
        ({"type": "db.mysql.query", "subtype": None, "action": None}, "client", "db", "mysql"),
        ({"subtype": "redis"}, "client", "cache", "redis"),
        ({"type": "external", "subtype": "http"}, "client", "http", None),
        ({"type": "ext", "subtype": "http"}, "client", "http", None),
        ({"type": "external", "subtype": "grpc"}, "client", "rpc", None),
        ({"type": "messaging", "subtype": "kafka", "action": "send"}, "producer", "queue", None),
        ({"type": "messaging", "subtype": "kafka", "action": "poll"}, "consumer", "queue", None),
        ({"type": "template", "subtype": "jinja2"}, "internal", "template", None),
        ({"type": "storage", "subtype": "s3"}, "client", "file", None),
        ({"type": "app", "subtype": None, "action": None}, "internal", "app", None),
    ],
)
def test_spans_have_a_kind_and_a_category_by_their_type(parsed, written, kind, category, system):
    data = lines(metadata(), span(**written, name="x", context=statement("select 1")))
    tables = parsed(FORMAT, data).tables
    (row,) = tables["spans"].to_pylist()
    assert (row["kind"], row["category"]) == (kind, category)
    if category == "db":
        assert tables["queries"]["system"].to_pylist() == [system]


def test_a_composites_queries_have_the_mean_duration_and_their_number(parsed):
    composite = {"count": 4, "sum": 6.0, "compression_strategy": "exact_match"}
    written = span(duration=9.5, composite=composite, context=statement())
    tables = parsed(FORMAT, lines(metadata(), written, span("2", context=statement()))).tables
    assert tables["queries"]["duration_ms"].to_pylist() == [1.5, 1.25]
    assert tables["queries"]["weight"].to_pylist() == [4.0, None]
    assert tables["queries"]["fingerprint"].to_pylist() == ["select ? from orders where id = ?"] * 2


def test_metadata_hold_until_the_next(parsed):
    data = lines(
        metadata(), span("1"), metadata("stock"), span("2"), span("3"), metadata("shop"), span("4")
    )
    wanted = ["shop", "stock", "stock", "shop"]
    for size in (None, 300, 120):
        spans = parsed(FORMAT, data, size=size).tables["spans"]
        assert spans["service"].to_pylist() == wanted


def test_a_span_without_timestamp_begins_so_long_after_its_transaction(parsed):
    late = span("1", timestamp=None, start=2.5, context=statement())
    alone = span("2", timestamp=None, start=1, transaction_id="9")
    data = lines(metadata(), late, alone, transaction())
    for size in (None, 300):
        tables = parsed(FORMAT, data, size=size).tables
        starts = tables["spans"]["started_at"].cast("int64").to_pylist()
        assert starts == [AT * 1000 + 2_500_000, None, AT * 1000]
        assert tables["queries"]["started_at"].cast("int64").to_pylist() == starts[:1]


def test_timestamps_may_be_texts(parsed):
    data = lines(metadata(), span(timestamp="2023-11-14T22:13:20.000001Z"), span("2", timestamp=0))
    starts = parsed(FORMAT, data).tables["spans"]["started_at"].cast("int64").to_pylist()
    assert starts == [1_700_000_000_000_001_000, None]


def error(parent, message, **more):
    return {
        "error": {
            "id": "e",
            "trace_id": TRACE,
            "transaction_id": "b7ad6b7169203331",
            "parent_id": parent,
            "exception": {"type": "ValueError", "message": message},
            **more,
        }
    }


def test_errors_have_the_message_of_the_error_event(parsed):
    data = lines(
        metadata(),
        span("1", outcome="failure"),
        error("0000000000000001", "in the span"),
        span("2", outcome="failure"),
        span("3", outcome="success"),
        error("3", "handled"),
        span("4"),
        error("4", "of nobody knows which outcome"),
        transaction(outcome="failure", result="HTTP 5xx"),
    )
    for size in (None, 300):
        tables = parsed(FORMAT, data, size=size).tables
        assert tables["spans"]["error"].to_pylist() == [
            "ValueError: in the span",
            "failure",
            None,
            "ValueError: of nobody knows which outcome",
            "ValueError: in the span",  # the first error within the transaction
        ]
        assert tables["requests"]["error"].to_pylist() == ["ValueError: in the span"]


@pytest.mark.parametrize(
    ("status", "call", "request_"), [(404, True, False), (503, True, True), (200, False, False)]
)
def test_without_an_outcome_the_status_tells(parsed, status, call, request_):
    called = span(type="external", subtype="http", context={"http": {"status_code": status}})
    served = transaction(
        context={"response": {"status_code": status}, "request": {"method": "GET"}}
    )
    errors = parsed(FORMAT, lines(metadata(), called, served)).tables["spans"]["error"].to_pylist()
    assert [one is not None for one in errors] == [call, request_]


def test_sampled_events_stand_for_others(parsed):
    data = lines(
        metadata(), transaction(sample_rate=0.25), span(sample_rate=1), span("2", sample_rate=0)
    )
    spans = parsed(FORMAT, data).tables["spans"]
    assert spans["weight"].to_pylist() == [4.0, None, None]


def test_dropped_spans_are_counted_once_over_all_chunks(parsed):
    stats = [{"destination_service_resource": "a", "duration": {"count": 3, "sum": {"us": 5}}}]
    data = lines(
        metadata(),
        transaction("1", span_count={"started": 1, "dropped": 5}),
        transaction("2", span_count={"started": 1}, dropped_spans_stats=stats),
    )
    for size in (None, 250):
        (note,) = [n for n in parsed(FORMAT, data, size=size).notes if n.kind == "dropped_spans"]
        assert "dropped 8 spans" in note.message


def test_bad_lines_are_rejected_with_a_reason(parsed, accounts):
    bad = [{"span": {"id": "1"}}, {"span": {"id": 5, "trace_id": TRACE}}, {"x": 1}, [1], "{"]
    other = [{"metricset": {"samples": {}}}, {"log": {"message": "x"}}]
    data = lines(metadata(), span(), *bad[:4], *other) + b'{"span"\n\n' + lines(span("2", id=""))
    result = parsed(FORMAT, data)
    accounts(result, 11)
    assert [one.line for one in result.rejected] == [3, 4, 5, 6, 9, 11]
    assert (result.used, result.irrelevant) == (1, 4)


@pytest.mark.parametrize("size", [500, 5000])
def test_chunks_of_any_size_give_equal_tables(real, parsed, size):
    files = ("spans", "transactions_spans", "events", "transactions")
    data = b"".join(real(f"traces/elastic/{name}.ndjson") for name in files)
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant, cut.notes) == (whole.lines, whole.irrelevant, whole.notes)


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("packing", [bytes, gzip.compress, zstd])
def test_files_are_loaded_packed_or_not(tmp_path, real, packing):
    (tmp_path / "events").write_bytes(packing(real("traces/elastic/transactions_spans.ndjson")))
    rec = perfkit.load(tmp_path / "events")
    assert (rec.contents["spans"].num_rows, rec.contents["requests"].num_rows) == (9, 4)
    assert rec.sources["format"].tolist() == ["elastic-apm-intake"]


@pytest.mark.parametrize("name", REAL)
def test_a_file_is_recognised_by_this_format_alone(real, name):
    head = real(f"traces/elastic/{name}.ndjson")
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("elastic-apm-intake") > 0.9
    assert max(sure.values()) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        '{"m":{"se":{"n":"apm-a-rum-js","a":{"n":"js-base"}}}}\n{"x":{"id":"ec2e280be8345240"}}',
        '{"metadata": {"name": "pod"}, "spec": {"service": {"agent": {}}}}',
        '{"span": {"id": "1"}, "message": "a log line", "trace_id": "5"}',
        '{"transaction": "T1", "trace_id": "5", "duration": 5}',
    ],
)
def test_agents_in_browsers_and_logs_are_not_recognised(text):
    assert FORMAT.recognises(text.encode()).confidence == 0.0


def test_the_last_metadata_hold():
    data = lines(metadata("a"), span(), metadata("b"), span(name='\n{"metadata":{}}'))
    assert b'"b"' in holds(data, None)
    assert holds(lines(span()), b"before") == b"before"


@pytest.mark.parametrize("before", [b"{", b"null", b"[1]", b'{"metadata": 5}', b"\xff", None])
def test_damaged_metadata_cost_the_service_alone(before):
    (row,) = FORMAT.parse(Chunk(data=lines(span()), before=before)).tables["spans"].to_pylist()
    assert row["service"] is None


@pytest.mark.parametrize("seed", range(10))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(real, parsed, accounts, seed):
    chance = random.Random(seed)
    name = chance.choice(list(REAL))
    data = bytearray(real(f"traces/elastic/{name}.ndjson"))[: -chance.randrange(1, 300)]
    for _ in range(40):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"9" * 30, b"null", b"1e999", b"-1"]
        )
    broken = bytes(data)
    accounts(parsed(FORMAT, broken), broken.count(b"\n") + (broken[-1:] != b"\n"))


@pytest.mark.parametrize("value", [10**30, -1, 1e308, "x", [], {}, True, None])
@pytest.mark.parametrize("key", ["timestamp", "duration", "start", "sample_rate", "composite"])
def test_hostile_values_cost_at_most_their_line(parsed, accounts, key, value):
    result = parsed(FORMAT, lines(metadata(), span(**{key: value}), span("2")))
    accounts(result, 3)
    assert result.tables["spans"].num_rows >= 1


def test_deep_nesting_is_no_harm(parsed, accounts):
    deep = b'{"span":{"context":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_002
    result = parsed(FORMAT, lines(metadata(), span()) + deep + b"\n")
    accounts(result, 3)
    assert result.used == 1
