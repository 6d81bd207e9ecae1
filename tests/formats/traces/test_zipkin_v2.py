"""Zipkin version 2: its own test data, every shape of file, and both halves of a call."""

import gzip
import json
import random

import pyarrow as pa
import pytest

import perfkit
from perfkit.formats.registry import formats
from perfkit.formats.traces.zipkin_v2 import FORMAT
from perfkit.span_tree import link


def span(identifier, parent=None, *, service="shop", start=1000, duration=500, **more):
    found = {
        "traceId": "beaf",
        "id": identifier,
        "name": "work",
        "timestamp": 1_700_000_000_000_000 + start,
        "localEndpoint": {"serviceName": service, "ipv4": "10.0.0.1", "port": 80},
        **more,
    }
    if parent:
        found["parentId"] = parent
    if duration:
        found["duration"] = duration
    return found


def document(*spans):
    return json.dumps(spans).encode()


def tree(spans):
    """Return (service, kind) of each span, with those of its parent."""
    parents = link(spans).parent.tolist()
    names = list(zip(spans["service"].to_pylist(), spans["kind"].to_pylist(), strict=True))
    return [
        (name, names[row] if row >= 0 else None) for name, row in zip(names, parents, strict=True)
    ]


#: name -> spans, requests served, queries, spans that name a parent which is not there.
REAL = {
    "yelp": (16, 4, 2, 0),
    "ascend": (8, 3, 0, 0),
    "messaging": (4, 1, 0, 0),
    "messaging2": (11, 2, 0, 6),
    "messaging-kafka": (28, 0, 0, 0),
    "skew": (4, 2, 0, 0),
    "simple-db-p6": (5, 1, 4, 0),
    "envoy": (1, 1, 0, 0),
}


@pytest.mark.parametrize("name", REAL)
def test_every_span_of_a_real_trace_is_read_and_linked(real, parsed, accounts, name):
    data = real(f"traces/zipkin/{name}.json")
    written = json.loads(data)
    result = parsed(FORMAT, data)
    accounts(result, len(written))
    count = [
        result.tables[t].num_rows if t in result.tables else 0 for t in ("requests", "queries")
    ]
    spans = result.tables["spans"]
    assert (spans.num_rows, *count, int(link(spans).missing.sum())) == REAL[name]
    assert [row["id"].rjust(16, "0") for row in written] == spans["span_id"].to_pylist()
    assert [row.get("duration") for row in written] == [
        None if ms is None else round(ms * 1000) for ms in spans["duration_ms"].to_pylist()
    ]


def test_real_halves_hang_below_each_other(real, parsed):
    spans = parsed(FORMAT, real("traces/zipkin/yelp.json")).tables["spans"]
    found = dict(
        zip(
            zip(spans["span_id"].to_pylist(), spans["kind"].to_pylist(), strict=True),
            tree(spans),
            strict=True,
        )
    )
    # the same id twice: the server's half is the client's only child
    for identifier in ("7a778764a0d0b594", "f5f268651b2a2b34", "668ed78ad94b35a1"):
        client, _ = found[identifier, "client"]
        assert found[identifier, "server"][1] == client
    # what the server called names the shared id, and hangs below the server's half
    assert found["15fc03927f0f68df", "client"][1] == ("mobile_api", "server")
    assert found["2e8cfb154b59a41f", "server"][1] is None


def test_a_call_answered_late_is_linked_though_clocks_differ(real, parsed):
    result = parsed(FORMAT, real("traces/zipkin/skew.json"))
    assert tree(result.tables["spans"]) == [
        (("serviceb", "internal"), ("serviceb", "server")),
        (("serviceb", "server"), ("servicea", "client")),
        (("servicea", "server"), None),
        (("servicea", "client"), ("servicea", "server")),
    ]
    assert "clock_skew" in {note.kind for note in result.notes}


def test_real_errors_and_messages(real, parsed):
    spans = parsed(FORMAT, real("traces/zipkin/messaging-kafka.json")).tables["spans"]
    assert [e for e in spans["error"].to_pylist() if e] == [
        "some error",
        "some error",
        "error",
    ]  # the last tag is empty
    kinds = spans["kind"].to_pylist()
    assert (kinds.count("producer"), kinds.count("consumer"), kinds.count("internal")) == (
        9,
        7,
        12,
    )
    of_kind = dict(zip(kinds, spans["category"].to_pylist(), strict=True))
    assert of_kind["producer"] == of_kind["consumer"] == "queue"


def test_statements_of_p6spy_and_of_a_service_called_mysql_are_queries(real, parsed):
    queries = parsed(FORMAT, real("traces/zipkin/simple-db-p6.json")).tables["queries"]
    assert queries["statement"].to_pylist()[2] == "call next value for hibernate_sequence"
    assert queries["duration_ms"].to_pylist() == [2.033, 2.414, 6.051, 1.118]
    queries = parsed(FORMAT, real("traces/zipkin/yelp.json")).tables["queries"]
    assert queries["system"].to_pylist() == ["mysql", "mysql"]
    assert queries["statement"].to_pylist()[0] == "COMMIT"


def test_peers_routes_statuses_and_clients(real, parsed):
    spans = parsed(FORMAT, real("traces/zipkin/yelp.json")).tables["spans"].to_pylist()
    assert [row["peer"] for row in spans[:4]] == ["blt", "spectre", None, "memcache"]
    assert spans[3]["category"] == "cache"
    (request,) = parsed(FORMAT, real("traces/zipkin/envoy.json")).tables["requests"].to_pylist()
    assert (request["method"], request["status"], request["service"]) == ("GET", 200, None)
    ascend = parsed(FORMAT, real("traces/zipkin/ascend.json")).tables["requests"].to_pylist()
    assert ascend[0]["route"] == "/content/personal"  # it is named "get /content/personal"
    assert ascend[0]["client"] == "10.230.16.208:3400"


OTHERWISE = {
    "pretty": lambda spans: json.dumps(spans, indent=2),
    "traces": lambda spans: json.dumps([spans[:3], [], spans[3:]]),
    "pretty traces": lambda spans: json.dumps([spans[:3], spans[3:]], indent=1),
    "lines": lambda spans: "\n".join(map(json.dumps, spans)),
    "lines of arrays": lambda spans: "\n".join(json.dumps(spans[i : i + 2]) for i in (0, 2, 4)),
    "lines of traces": lambda spans: "\n".join(json.dumps([spans[i : i + 2]]) for i in (0, 2, 4)),
    "upper": lambda spans: json.dumps(spans).replace("beaf", "BEAF"),
    "nulls": lambda spans: json.dumps([{**s, "tags": None, "annotations": None} for s in spans]),
    "other order": lambda spans: json.dumps([dict(reversed(s.items())) for s in spans]),
    "end of line": lambda spans: json.dumps(spans) + "\n\n",
}


@pytest.mark.parametrize("how", OTHERWISE)
def test_every_shape_of_file_gives_the_same_rows(parsed, how):
    spans = [span(f"{i + 1:x}", "1" if i else None, start=i) for i in range(6)]
    wanted = parsed(FORMAT, document(*spans)).tables["spans"].drop_columns(["line"])
    data = OTHERWISE[how](spans).encode()
    assert FORMAT.recognises(data).confidence > 0.9
    found = parsed(FORMAT, data).tables["spans"].drop_columns(["line"])
    assert found.to_pylist() == wanted.to_pylist()
    assert found["trace_id"].to_pylist()[0] == "beaf".rjust(32, "0")


def test_both_halves_are_kept_and_repeats_are_not(parsed, accounts):
    client = span("a", "1", kind="CLIENT", remoteEndpoint={"ipv4": "10.0.0.9", "port": 8080})
    server = span("a", "1", service="stock", kind="SERVER", shared=True, start=1100, duration=300)
    result = parsed(FORMAT, document(client, server, client, server))
    accounts(result, 4)
    spans = result.tables["spans"]
    assert spans["kind"].to_pylist() == ["client", "server"]
    assert spans["peer"].to_pylist() == ["10.0.0.9:8080", None]
    assert tree(spans)[1] == (("stock", "server"), ("shop", "client"))
    assert spans["self_ms"].to_pylist() == [0.2, 0.3]


def test_halves_in_two_files_are_linked(tmp_path):
    client = [span("1", kind="SERVER", duration=2000), span("a", "1", kind="CLIENT")]
    server = [span("a", "1", service="stock", kind="SERVER", shared=True, start=1100, duration=300)]
    for name, spans in (("client.json", client), ("server.json", server)):
        (tmp_path / name).write_bytes(document(*spans))
    spans = perfkit.load(tmp_path).contents["spans"]
    assert ((("stock", "server"), ("shop", "client"))) in tree(spans)


def test_several_servers_with_one_id_hang_below_their_caller_each_with_its_own_calls(parsed):
    def at(host):
        return {"serviceName": "pusher", "ipv4": f"10.0.0.{host}"}

    call = span("a", "1", service="bouncer", kind="CLIENT", duration=None)
    answers = [
        span(
            "a", "1", kind="SERVER", shared=True, start=1100 + i, duration=None, localEndpoint=at(i)
        )
        for i in range(3)
    ]
    within = [span(f"b{i}", "a", start=1200, localEndpoint=at(i)) for i in range(3)]
    spans = parsed(FORMAT, document(call, *answers, *within)).tables["spans"]
    assert link(spans).parent.tolist() == [-1, 0, 0, 0, 1, 2, 3]


def test_a_span_reported_in_parts_is_put_together(parsed, accounts):
    call = span("a", "1", kind="CLIENT", start=0, tags={"x": "1"})
    late = {"traceId": "beaf", "id": "a", "parentId": "1", "tags": {"error": "late"}}
    named = span("a", "1", start=5, duration=None, annotations=[{"timestamp": 7, "value": "wr"}])
    other = span("a", "1", service="stock", kind="SERVER", shared=True)
    for size in (None, 150):
        result = parsed(FORMAT, document(late, call, named, other), size=size)
        accounts(result, 4)
        spans = result.tables["spans"].to_pylist()
        assert [(row["kind"], row["error"]) for row in spans] == [
            ("client", "late"),
            ("server", None),
        ]
        said = json.loads(spans[0]["attributes"])
        assert said == {"x": "1", "error": "late", "annotations": [{"timestamp": 7, "value": "wr"}]}
        assert "partial_spans" in {note.kind for note in result.notes}


@pytest.mark.parametrize(
    ("tags", "error"),
    [({"error": ""}, "error"), ({"error": "boom"}, "boom"), ({"error": "false"}, None), ({}, None)],
)
def test_an_error_tag_says_that_it_failed_even_when_empty(parsed, tags, error):
    (row,) = parsed(FORMAT, document(span("1", tags=tags))).tables["spans"].to_pylist()
    assert row["error"] == error


@pytest.mark.parametrize(
    ("written", "start", "ms"),
    [
        ({"timestamp": 0, "duration": 0}, None, None),
        ({"timestamp": 1.5e15, "duration": 2.5}, 1_500_000_000_000_000_000, 0.002),
        ({"timestamp": "1500000000000000", "duration": "7"}, 1_500_000_000_000_000_000, 0.007),
        ({"timestamp": None, "duration": -4}, None, None),
        ({"timestamp": 10**17, "duration": 10**18}, None, None),
    ],
)
def test_times_are_microseconds_and_zero_is_unknown(parsed, written, start, ms):
    spans = parsed(FORMAT, document(span("1") | written)).tables["spans"]
    assert spans["started_at"].cast("int64").to_pylist() == [start]
    assert spans["duration_ms"].to_pylist() == [ms]


def test_a_path_in_a_span_name_is_a_route_template(parsed):
    brave = span("1", kind="SERVER", name="get /orders/{id}")
    sleuth = span("2", kind="SERVER", name="http:/orders/7?x=1", tags={"http.path": "/orders/7"})
    bare = span("3", kind="SERVER", name="post", tags={"http.path": "/orders/8"})
    rows = parsed(FORMAT, document(brave, sleuth, bare)).tables["requests"].to_pylist()
    assert [row["route"] for row in rows] == ["/orders/{id}", "/orders/{id}", None]
    assert rows[0]["method"] == "GET"
    assert rows[2]["path"] == "/orders/8"


def test_bad_spans_cost_themselves_alone(parsed, accounts):
    bad = [span("zz"), span("1" * 17), span("2") | {"name": 5}, span("3") | {"traceId": ""}]
    result = parsed(FORMAT, document(span("1"), *bad, span("4")))
    accounts(result, 6)
    assert [bad.line for bad in result.rejected] == [2, 3, 4, 5]
    lines = b"\n".join([document(span("1"), *bad), b"", b"{", document(*bad[:1]), b'{"a": 1}'])
    result = parsed(FORMAT, lines)
    accounts(result, 5)
    assert [bad.line for bad in result.rejected] == [3, 4, 5]
    assert "4 spans" in next(n.message for n in result.notes if n.kind == "broken_spans")


def many(chance, count):
    kinds = ("CLIENT", "SERVER", "PRODUCER", "CONSUMER", None)
    for number in range(1, count):
        yield span(
            f"{number:x}",
            f"{chance.randrange(0, number):x}",
            service=chance.choice("ab"),
            start=chance.randrange(10_000),
            duration=chance.choice([None, 0, 5, 800]),
            kind=chance.choice(kinds),
            shared=chance.random() < 0.2,
            tags={"http.path": f"/{chance.randrange(5)}", "note": '}],[{"traceId"\\'},
        )


@pytest.mark.parametrize("shape", ["pretty", "traces", "lines"])
@pytest.mark.parametrize("size", [700, 20_000])
def test_chunks_of_any_size_give_equal_tables(parsed, size, shape):
    data = OTHERWISE[shape](list(many(random.Random(1), 150))).encode()
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)
    assert set(cut.notes) == set(whole.notes)


@pytest.mark.parametrize("size", [400, 1500])
def test_lines_longer_than_a_chunk_lose_nothing(parsed, size):
    spans = [span(f"{i + 1:x}", start=i) for i in range(40)]
    data = "\n".join(json.dumps(spans[i : i + 10]) for i in range(0, 40, 10)).encode()
    found = parsed(FORMAT, data, size=size)
    assert found.tables["spans"].num_rows == 40
    assert found.rejected_lines == 0


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("packing", [gzip.compress, zstd])
def test_packed_files_are_read(tmp_path, real, packing):
    (tmp_path / "yelp.packed").write_bytes(packing(real("traces/zipkin/yelp.json")))
    rec = perfkit.load(tmp_path / "yelp.packed")
    assert rec.contents["spans"].num_rows == 16
    assert rec.sources["format"].tolist() == ["zipkin-v2"]


@pytest.mark.parametrize("name", REAL)
def test_a_trace_is_recognised_by_this_format_alone(real, name):
    head = real(f"traces/zipkin/{name}.json")[: 64 * 1024]
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("zipkin-v2") > 0.9
    assert max(sure.values()) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        '{"traceId": "abc", "id": "12", "timestamp": "2024-01-01T00:00:00Z", "message": "x"}',
        '{"level": "info", "traceId": "abc", "id": "12", "duration": 5, "url": "/a"}',
        '{"traceId": "abc", "spanId": "12", "localEndpoint": {}}',
        '{"traceId": "nothing", "id": "12", "localEndpoint": {}}',
        '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "ab", "spanId": "cd"}]}]}]}',
    ],
)
def test_logs_and_other_traces_are_not_recognised(text):
    assert FORMAT.recognises(text.encode()).confidence == 0.0


@pytest.mark.parametrize("seed", range(10))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(real, parsed, accounts, seed):
    chance = random.Random(seed)
    given = [document(*many(chance, 40)), real("traces/zipkin/yelp.json")]
    given.append(OTHERWISE["lines of arrays"](list(many(chance, 7))).encode())
    data = bytearray(given[seed % 3][: -chance.randrange(1, 300)])
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"9" * 30, b"null", b"1e999", b"NaN"]
        )
    result = parsed(FORMAT, bytes(data))
    accounts(result, result.lines)


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b"{" * 5000, b"[" * 5000, b"[[[[", b"]"])
def test_what_holds_no_span_is_read_without_complaint(parsed, accounts, data):
    result = parsed(FORMAT, data)
    accounts(result, result.lines)
    assert result.used == 0


def test_a_cut_off_export_is_read_as_far_as_it_goes(parsed):
    data = document(*(span(f"{i + 1:x}", start=i) for i in range(20)))
    result = parsed(FORMAT, data[:-150])
    assert (result.used, result.rejected_lines) == (19, 1)
    assert "truncated" in {note.kind for note in result.notes}
