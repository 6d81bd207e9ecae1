"""Zipkin version 1: halves as Zipkin's own V1SpanConverter divides them (its test cases)."""

import json
import random

import pytest

from perfkit.formats.registry import formats
from perfkit.formats.traces.zipkin_v1 import FORMAT
from perfkit.span_tree import link

BASE = 1_472_470_996_199_000
FRONTEND = {"serviceName": "frontend", "ipv4": "127.0.0.1", "port": 8080}
BACKEND = {"serviceName": "backend", "ipv4": "192.168.99.101", "port": 9000}
KAFKA = {"serviceName": "kafka"}


def span(*annotations, tags=(), **more):
    """Build a span: annotations (ms since BASE, value, endpoint), tags (key, value, endpoint)."""
    return {
        "traceId": "1",
        "id": "3",
        "name": "get",
        "annotations": [
            {"timestamp": BASE + 1000 * ms, "value": value} | ({"endpoint": at} if at else {})
            for ms, value, at in annotations
        ],
        "binaryAnnotations": [
            {"key": key, "value": value} | ({"endpoint": at} if at else {})
            for key, value, at in tags
        ],
        **more,
    }


def rows(parsed, *spans):
    """Return (service, kind, start in ms since BASE, ms, peer or client) of every half."""
    tables = parsed(FORMAT, json.dumps(spans).encode()).tables
    clients = {}
    if "requests" in tables:
        clients = dict(
            zip(
                tables["requests"]["service"].to_pylist(),
                tables["requests"]["client"].to_pylist(),
                strict=True,
            )
        )
    table = tables["spans"]
    starts = table["started_at"].cast("int64").to_pylist()
    return [
        (
            row["service"],
            row["kind"],
            None if start is None else (start // 1000 - BASE) / 1000,
            row["duration_ms"],
            clients.get(row["service"]) if row["kind"] == "server" else row["peer"],
        )
        for row, start in zip(table.drop_columns(["started_at"]).to_pylist(), starts, strict=True)
    ]


OWN = {"timestamp": BASE, "duration": 207_000}

#: What is written -> the halves, as in SpanConverterTest and V1SpanConverterTest of zipkin.
CASES = {
    "client": (
        span(
            (0, "cs", FRONTEND), (39, "ws", FRONTEND), (204, "wr", FRONTEND), (207, "cr", FRONTEND),
            tags=[("http.path", "/api", FRONTEND), ("sa", True, BACKEND)], **OWN,
        ),
        [("frontend", "client", 0, 207.0, "backend")],
    ),
    "client that has not finished": (
        span((0, "cs", FRONTEND), timestamp=BASE),
        [("frontend", "client", 0, None, None)],
    ),
    "client whose start was not recorded": (
        span((207, "cr", FRONTEND), **OWN),
        [("frontend", "client", 0, 207.0, None)],
    ),
    "server": (
        span((0, "sr", BACKEND), (207, "ss", BACKEND), tags=[("ca", True, FRONTEND)], **OWN),
        [("backend", "server", 0, 207.0, "127.0.0.1:8080")],
    ),
    "server that shares the client's id": (
        span((0, "sr", BACKEND), (207, "ss", BACKEND)),
        [("backend", "server", 0, 207.0, None)],
    ),
    "both halves": (
        span(
            (0, "cs", FRONTEND), (50, "sr", BACKEND), (150, "ss", BACKEND), (207, "cr", FRONTEND),
            tags=[("sa", True, BACKEND), ("ca", True, FRONTEND)], **OWN,
        ),
        [
            ("frontend", "client", 0, 207.0, "backend"),
            ("backend", "server", 50, 100.0, "127.0.0.1:8080"),
        ],
    ),
    "both halves of a service that calls itself": (
        span(
            (0, "cs", FRONTEND), (50, "sr", FRONTEND), (150, "ss", FRONTEND), (207, "cr", FRONTEND),
            **OWN,
        ),
        [("frontend", "client", 0, 207.0, None), ("frontend", "server", 50, 100.0, None)],
    ),
    "one way": (
        span((0, "cs", FRONTEND), (50, "sr", BACKEND)),
        [("frontend", "client", 0, None, None), ("backend", "server", 50, None, None)],
    ),
    "local": (
        span(tags=[("lc", "", FRONTEND)], **OWN),
        [("frontend", "internal", 0, 207.0, None)],
    ),
    "no endpoint at all": (span((0, "sr", None), **OWN), [(None, "internal", 0, 207.0, None)]),
    "only the address of a server": (
        span(tags=[("lc", "", FRONTEND), ("sa", True, BACKEND)], **OWN),
        [("frontend", "internal", 0, 207.0, "backend")],
    ),
    "only the address of a client": (
        span(tags=[("ca", True, FRONTEND)]),
        [(None, "server", None, None, "127.0.0.1:8080")],
    ),
    "producer": (
        span((0, "ms", FRONTEND), (51, "ws", FRONTEND), tags=[("ma", True, KAFKA)]),
        [("frontend", "producer", 0, 51.0, "kafka")],
    ),
    "consumer": (
        span((0, "wr", BACKEND), (51, "mr", BACKEND), tags=[("ma", "1", KAFKA)]),
        [("backend", "consumer", 0, 51.0, "kafka")],
    ),
    "both halves of a message": (
        span(
            (0, "ms", FRONTEND), (10, "ws", FRONTEND), (20, "wr", BACKEND), (30, "mr", BACKEND),
            tags=[("ma", True, KAFKA)],
        ),
        [
            ("frontend", "producer", 0, 10.0, "kafka"),
            ("backend", "consumer", 20, 10.0, "kafka"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_halves_are_those_that_zipkin_makes(parsed, name):
    written, wanted = CASES[name]
    assert rows(parsed, written) == wanted


def test_two_halves_of_one_span_are_linked_and_count_as_one_record(parsed, accounts):
    result = parsed(FORMAT, json.dumps([CASES["both halves"][0]]).encode())
    accounts(result, 1)
    spans = result.tables["spans"]
    assert spans["span_id"].to_pylist() == ["0000000000000003"] * 2
    assert spans["trace_id"].to_pylist() == ["1".rjust(32, "0")] * 2
    assert link(spans).parent.tolist() == [-1, 0]
    assert spans["self_ms"].to_pylist() == [107.0, 100.0]


def test_halves_of_two_spans_are_linked(parsed):
    client = span((0, "cs", FRONTEND), (207, "cr", FRONTEND), parentId="2", **OWN)
    server = span((50, "sr", BACKEND), (150, "ss", BACKEND), parentId="2")
    spans = parsed(FORMAT, json.dumps([server, client]).encode()).tables["spans"]
    assert link(spans).parent.tolist() == [1, -1]


def test_tags_belong_to_the_half_of_their_service(parsed):
    written = span(
        (0, "cs", FRONTEND), (50, "sr", BACKEND), (60, "foo", BACKEND), (150, "ss", BACKEND),
        (207, "cr", FRONTEND),
        tags=[("http.path", "/a", BACKEND), ("sql.query", "select 1", FRONTEND), ("n", 5, None)],
        **OWN,
    )  # fmt: skip
    tables = parsed(FORMAT, json.dumps([written]).encode()).tables
    client, server = (json.loads(raw) for raw in tables["spans"]["attributes"].to_pylist())
    assert client == {"sql.query": "select 1", "n": 5}
    assert server == {
        "http.path": "/a",
        "annotations": [{"timestamp": BASE + 60_000, "value": "foo"}],
    }
    assert tables["queries"]["statement"].to_pylist() == ["select 1"]
    assert tables["requests"]["path"].to_pylist() == ["/a"]


def test_times_written_as_floats_are_read(parsed):
    text = json.dumps([CASES["client"][0]]).replace(f": {BASE}", f": {BASE / 1e15:.15f}e+15")
    assert "e+15" in text
    spans = parsed(FORMAT, text.encode()).tables["spans"]
    assert spans["started_at"].cast("int64").to_pylist() == [BASE * 1000]


@pytest.mark.parametrize(
    "shape",
    [
        json.dumps,
        lambda spans: json.dumps(spans, indent=1),
        lambda spans: json.dumps([spans[:4], spans[4:]]),
        lambda spans: "\n".join(map(json.dumps, spans)),
        lambda spans: "\n".join(json.dumps(spans[i : i + 5]) for i in (0, 5, 10)),
    ],
)
def test_every_shape_of_file_and_size_of_chunk_gives_the_same_rows(parsed, shape):
    spans = [case | {"id": f"{n + 1:x}"} for n, (case, _) in enumerate(CASES.values())]
    wanted = parsed(FORMAT, json.dumps(spans).encode()).tables["spans"].drop_columns(["line"])
    data = shape(spans).encode()
    for size in (None, 3000):
        found = parsed(FORMAT, data, size=size).tables["spans"].drop_columns(["line"])
        assert found.to_pylist() == wanted.to_pylist()


def test_it_is_recognised_by_this_format_alone():
    head = json.dumps([case for case, _ in CASES.values()]).encode()
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("zipkin-v1") > 0.9
    assert max(sure.values()) == 0.0


def test_version_2_is_not_recognised(real):
    assert FORMAT.recognises(real("traces/zipkin/yelp.json")).confidence == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_mutated_bytes_never_raise_and_add_up(parsed, accounts, seed):
    chance = random.Random(seed)
    spans = [chance.choice(list(CASES.values()))[0] | {"id": f"{n + 1:x}"} for n in range(30)]
    text = json.dumps(spans) if seed % 2 else "\n".join(map(json.dumps, spans))
    data = bytearray(text.encode()[: -chance.randrange(1, 300)])
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"}", b"9" * 30, b"null", b"1e999"]
        )
    result = parsed(FORMAT, bytes(data))
    accounts(result, result.lines)


def test_many_services_in_one_span_take_no_quadratic_time(parsed):
    services = [{"serviceName": f"s{n}"} for n in range(20_000)]
    written = span(*((n, "x", at) for n, at in enumerate(services)))
    spans = parsed(FORMAT, json.dumps([written]).encode()).tables["spans"]
    assert len(set(spans["service"].to_pylist())) == 20_000
