"""Elastic APM's documents: nested, flat and in arrays of fields, however they were exported.

Their shapes are those of the documents that the tests of elastic/apm-server approve.
"""

import gzip
import json
import random

import pyarrow as pa
import pytest

import perfkit
from perfkit.formats.registry import formats
from perfkit.formats.traces.elastic_documents import FORMAT
from perfkit.span_attributes import attributes, resources
from perfkit.span_tree import link

TRACE, ROOT, AT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", 1_700_000_000_000_000


def event(kind, **more):
    return {
        "@timestamp": "2023-11-14T22:13:20.000Z",
        "processor": {"event": kind, "name": "transaction"},
        "trace": {"id": TRACE},
        "timestamp": {"us": AT},
        "service": {
            "name": "shop",
            "version": "1.2",
            "environment": "prod",
            "node": {"name": "n1"},
        },
        "agent": {"name": "python", "version": "6.20"},
        "host": {"hostname": "node-1", "os": {"platform": "linux"}},
        "kubernetes": {"pod": {"name": "shop-7"}},
        "labels": {"team": "orders"},
        "data_stream.dataset": "apm",
        **more,
    }


def transaction(**more):
    return event(
        "transaction",
        transaction={
            "id": ROOT,
            "name": "GET /orders/{id}",
            "type": "request",
            "result": "HTTP 5xx",
            "sampled": True,
            "duration": {"us": 20_000},
            "span_count": {"started": 3, "dropped": 7},
            "representative_count": 4,
        },
        event={"outcome": "failure"},
        http={"request": {"method": "GET"}, "response": {"status_code": 503, "transfer_size": 30}},
        url={"full": "http://shop/orders/7?x=1", "path": "/orders/7", "query": "?x=1"},
        client={"ip": "10.0.0.9"},
        **more,
    )


def span(number=1, **more):
    found = event(
        "span",
        transaction={"id": ROOT},
        parent={"id": ROOT},
        event={"outcome": "success"},
        destination={"address": "db", "port": 5432},
        span={
            "id": f"{number:x}",
            "name": "SELECT FROM orders",
            "type": "db",
            "subtype": "postgresql",
            "action": "query",
            "duration": {"us": 1500},
            "db": {
                "statement": f"SELECT * FROM orders WHERE id = {number}",
                "type": "sql",
                "instance": "shop",
                "user": {"name": "app"},
            },
            "destination": {"service": {"resource": "postgresql/shop", "type": "db"}},
            **more,
        },
    )
    return found | {"timestamp": {"us": AT + 1000 * number}}


def error():
    return event(
        "error",
        transaction={"id": ROOT},
        parent={"id": ROOT},
        error={"exception": [{"type": "ValueError", "message": "boom"}], "id": "e"},
        message="boom",
    )


def metric():
    return {"@timestamp": "2023-11-14T22:13:20.000Z", "processor": {"event": "metric"}}


COMPOSITE = {"count": 10, "sum": {"us": 1100}, "compression_strategy": "exact_match"}
DOCUMENTS = [transaction(), span(1), span(2, composite=COMPOSITE), error(), metric()]


def hit(document):
    return {"_index": ".ds-traces-apm-default", "_id": "x", "_score": 1.0, "_source": document}


def answer(hits, total=5):
    found = {"total": {"value": total, "relation": "eq"}, "max_score": 1.0, "hits": hits}
    return {"took": 3, "timed_out": False, "_shards": {"total": 1}, "hits": found}


def flat(document, prefix=""):
    found = {}
    for key, value in document.items():
        inner = isinstance(value, dict)
        found |= flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return found


def fields(document):
    """Return a document as the ``fields`` of a search."""
    found = flat(document)
    for raised in found.pop("error.exception", ()):
        found |= {f"error.exception.{key}": value for key, value in raised.items()}
    found |= {f"{key}.text": value for key, value in found.items() if key.startswith("url.")}
    return {key: value if isinstance(value, list) else [value] for key, value in found.items()}


def by_fields(document):
    return {"_index": "x", "_id": "y", "fields": fields(document)}


def lines(items):
    return "\n".join(map(json.dumps, items))


#: How the same documents are exported.
SHAPES = {
    "hits": lambda docs: json.dumps(answer(list(map(hit, docs)))),
    "pretty hits": lambda docs: json.dumps(answer(list(map(hit, docs))), indent=2),
    "flat hits": lambda docs: json.dumps(answer([hit(flat(doc)) for doc in docs])),
    "fields": lambda docs: json.dumps(answer(list(map(by_fields, docs)))),
    "hits and fields": lambda docs: json.dumps(answer([{**hit({}), **by_fields(d)} for d in docs])),
    "Kibana's inspector": lambda docs: json.dumps(
        {"id": "1", "rawResponse": answer(list(map(hit, docs)))}, indent=1
    ),
    "elasticdump": lambda docs: lines(map(hit, docs)),
    "documents": lines,
    "flat documents": lambda docs: lines(map(flat, docs)),
    "an array of hits": lambda docs: json.dumps(list(map(hit, docs))),
    "an array of documents": lambda docs: json.dumps(docs, indent=2),
    "an array of fields": lambda docs: json.dumps(list(map(fields, docs))),
    "pages": lambda docs: lines(
        [answer(list(map(hit, docs[:2]))), answer(list(map(hit, docs[2:])))]
    ),
    "one below the other": lambda docs: "\n".join(json.dumps(hit(d), indent=2) for d in docs),
}


@pytest.mark.parametrize("how", SHAPES)
def test_every_shape_gives_the_same_tables(tmp_path, how):
    wanted = tmp_path / "wanted"
    wanted.write_text(lines(DOCUMENTS))
    (tmp_path / "given").write_text(SHAPES[how](DOCUMENTS))
    found, reference = perfkit.load(tmp_path / "given"), perfkit.load(wanted)
    assert found.sources["format"].tolist() == ["elastic-apm-documents"]
    for name in ("spans", "requests", "queries"):
        drop = ["line", "attributes"]
        assert (
            found.contents[name].drop_columns(drop).to_pylist()
            == reference.contents[name].drop_columns(drop).to_pylist()
        )
    assert attributes(found.contents["spans"])[1].items() >= {"db.instance": "shop"}.items()
    assert found.quality == reference.quality


def test_what_the_documents_say(parsed, accounts):
    result = parsed(FORMAT, lines(DOCUMENTS).encode())
    accounts(result, 5)
    assert (result.used, result.irrelevant) == (3, 2)
    root, first, many = result.tables["spans"].to_pylist()
    assert (root["kind"], root["category"], root["weight"]) == ("server", "app", 4.0)
    assert root["error"] == "ValueError: boom"
    assert (root["duration_ms"], root["route"], root["status"]) == (20.0, "/orders/{id}", 503)
    assert (first["peer"], first["kind"], first["parent_id"]) == ("postgresql/shop", "client", ROOT)
    assert (first["span_id"], many["calls"]) == ("0000000000000001", 10)
    (request,) = result.tables["requests"].to_pylist()
    assert (request["method"], request["path"], request["client"]) == (
        "GET",
        "/orders/7",
        "10.0.0.9",
    )
    assert request["response_bytes"] == 30
    queries = result.tables["queries"].to_pylist()
    assert [row["duration_ms"] for row in queries] == [1.5, 0.11]
    assert (queries[0]["system"], queries[0]["database"], queries[0]["user"]) == (
        "postgresql", "shop", "app",
    )  # fmt: skip
    assert resources(result.tables["spans"])[0] == {
        "service.version": "1.2",
        "deployment.environment": "prod",
        "service.instance.id": "n1",
        "telemetry.distro.name": "python",
        "telemetry.distro.version": "6.20",
        "host.name": "node-1",
        "k8s.pod.name": "shop-7",
    }
    assert link(result.tables["spans"]).parent.tolist() == [-1, 0, 0]
    assert {note.kind for note in result.notes} == {"dropped_spans", "composite_spans"}


def test_documents_of_version_6_have_their_own_http_fields_and_offsets(parsed):
    old = span(
        1,
        http={
            "method": "GET",
            "url": {"original": "http://stock/7"},
            "response": {"status_code": 404},
        },
    )
    old["span"] |= {"type": "external.http", "start": {"us": 250}, "subtype": None, "action": None}
    old["span"].pop("destination")
    old.pop("timestamp")
    old.pop("event")
    (row,) = parsed(FORMAT, lines([old]).encode()).tables["spans"].to_pylist()
    assert (row["category"], row["url"], row["status"]) == ("http", "http://stock/7", 404)
    assert row["error"] == "failure"  # no outcome: the status tells
    assert row["started_at"].value == AT * 1000 + 250_000


def test_without_the_processor_what_it_has_tells_what_it_is(parsed):
    bare = [{k: v for k, v in doc.items() if k != "processor"} for doc in DOCUMENTS[:4]]
    result = parsed(FORMAT, lines(bare).encode())
    assert result.tables["spans"]["kind"].to_pylist() == ["server", "client", "client"]
    assert result.tables["requests"]["error"].to_pylist() == ["ValueError: boom"]


def test_an_export_of_the_first_hits_only_says_so(parsed):
    data = json.dumps(answer(list(map(hit, DOCUMENTS)), total=10_000)).encode()
    for size in (None, 2000):
        (note,) = [n for n in parsed(FORMAT, data, size=size).notes if n.kind == "row_limit"]
        assert "10,000 hits, 5 are in the export" in note.message


@pytest.mark.parametrize(
    "how", ["hits", "pretty hits", "fields", "elasticdump", "an array of documents"]
)
@pytest.mark.parametrize("size", [3000, 20_000])
def test_chunks_of_any_size_give_equal_tables(parsed, size, how):
    chance = random.Random(2)
    documents = [*(span(n, action='}],"_source":{') for n in range(1, 60)), *DOCUMENTS]
    chance.shuffle(documents)
    data = SHAPES[how](documents).encode()
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant, cut.notes) == (whole.lines, whole.irrelevant, whole.notes)


@pytest.mark.parametrize("size", [2500, 9000, 30_000])
def test_pages_longer_than_a_chunk_lose_nothing(parsed, size):
    pages = [[span(10 * page + n) for n in range(1, 9)] for page in range(4)]
    data = lines([answer(list(map(hit, page))) for page in pages]).encode()
    found = parsed(FORMAT, data, size=size)
    assert found.tables["spans"].num_rows == 32
    assert found.rejected_lines == 0


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("packing", [gzip.compress, zstd])
def test_packed_files_are_read(tmp_path, packing):
    (tmp_path / "apm").write_bytes(packing(SHAPES["hits"](DOCUMENTS).encode()))
    assert perfkit.load(tmp_path / "apm").contents["spans"].num_rows == 3


@pytest.mark.parametrize("how", SHAPES)
def test_documents_are_recognised_by_this_format_best(how):
    head = SHAPES[how](DOCUMENTS * 20).encode()[: 64 * 1024]
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("elastic-apm-documents") > 0.9
    assert max(sure.values()) < 0.7  # JSON lines with a time and durations may be a log


@pytest.mark.parametrize(
    "document",
    [
        {
            "@timestamp": "2023",
            "trace": {"id": "a"},
            "transaction": {"id": "b"},
            "message": "hello",
        },
        {"traceID": "a", "spanID": "b", "duration": 5, "process": {"serviceName": "x"}},
        {"span": {"id": "1", "duration": {"us": 5}}},
    ],
)
def test_logs_and_spans_of_jaeger_are_not_recognised(document):
    for how in ("hits", "documents", "elasticdump"):
        assert FORMAT.recognises(SHAPES[how]([document]).encode()).confidence == 0.0


def test_bad_documents_cost_themselves_alone(parsed, accounts):
    bad = [{"a": 1}, span() | {"trace": {"id": None}}, span() | {"span": 5}, 7]
    result = parsed(FORMAT, lines([span(1), *bad, span(2)]).encode() + b"\n{")
    accounts(result, 7)
    assert [one.line for one in result.rejected] == [2, 3, 4, 5, 7]
    result = parsed(FORMAT, json.dumps(answer([hit(d) for d in [span(1), *bad, span(2)]])).encode())
    accounts(result, 6)
    assert result.tables["spans"].num_rows == 2


def test_a_cut_off_export_is_read_as_far_as_it_goes(parsed):
    data = SHAPES["hits"]([span(n) for n in range(1, 20)]).encode()
    result = parsed(FORMAT, data[:-200])
    assert (result.used, result.rejected_lines) == (18, 1)
    assert "truncated" in {note.kind for note in result.notes}


@pytest.mark.parametrize("how", ["hits", "fields", "elasticdump", "an array of documents", "pages"])
@pytest.mark.parametrize("seed", range(4))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(parsed, accounts, seed, how):
    chance = random.Random(seed)
    data = bytearray(SHAPES[how](DOCUMENTS * 4).encode())[: -chance.randrange(1, 300)]
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"9" * 30, b"null", b"1e999", b"."]
        )
    result = parsed(FORMAT, bytes(data))
    accounts(result, result.lines)


def test_names_with_many_dots_and_deep_nesting_are_no_harm(parsed, accounts):
    dots = json.dumps({"@timestamp": "x", "." * 50_000: 1, "trace.id": TRACE})
    deep = '{"trace":' + '{"a":' * 50_000 + "1" + "}" * 50_001
    result = parsed(FORMAT, "\n".join([dots, deep, json.dumps(span())]).encode())
    accounts(result, 3)
    assert result.used == 1
