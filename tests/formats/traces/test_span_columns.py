"""What all formats have in common: of servers, no address of their own is a peer."""

import json

import pytest

import perfkit

BEGIN = 1_795_000_000_000_000_000
ADDRESSES = {
    "server.address": "shop-7f9c",
    "server.port": 8080,
    "net.host.name": "shop-7f9c",
    "client.address": "203.0.113.9",
    "net.sock.peer.addr": "203.0.113.9",
    "net.peer.port": 51234,
    "http.request.method": "GET",
}


def otlp(kind):
    number = ["internal", "server", "client", "producer", "consumer"].index(kind) + 1
    pairs = [
        {"key": key, "value": {"intValue" if isinstance(value, int) else "stringValue": value}}
        for key, value in ADDRESSES.items()
    ]
    span = {
        "traceId": "a" * 32,
        "spanId": "b" * 16,
        "name": "GET",
        "kind": number,
        "startTimeUnixNano": str(BEGIN),
        "endTimeUnixNano": str(BEGIN + 5),
        "attributes": pairs,
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def jaeger(kind):
    tags = [
        {"key": key, "type": "int64" if isinstance(value, int) else "string", "value": value}
        for key, value in (ADDRESSES | {"span.kind": kind}).items()
    ]
    span = {
        "traceID": "a" * 32,
        "spanID": "b" * 16,
        "operationName": "GET",
        "references": [],
        "startTime": BEGIN // 1000,
        "duration": 5,
        "tags": tags,
        "logs": [],
        "processID": "p1",
    }
    processes = {"p1": {"serviceName": "shop", "tags": []}}
    return {"data": [{"traceID": "a" * 32, "spans": [span], "processes": processes}]}


def zipkin(kind):
    return [
        {
            "traceId": "a" * 32,
            "id": "b" * 16,
            "name": "get",
            "kind": kind.upper(),
            "timestamp": BEGIN // 1000,
            "duration": 5,
            "localEndpoint": {"serviceName": "shop"},
            "tags": {key: str(value) for key, value in ADDRESSES.items()},
        }
    ]


@pytest.mark.parametrize("shape", [otlp, jaeger, zipkin])
@pytest.mark.parametrize("kind", ["server", "consumer", "client"])
def test_who_answers_has_no_peer_and_a_request_has_its_client(tmp_path, shape, kind):
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(shape(kind)))
    rec = perfkit.load(path)
    (span,) = rec.arrow("spans").to_pylist()
    assert span["kind"] == kind
    assert (span["peer"] is None) == (kind == "server")
    assert rec.arrow("requests")["client"].to_pylist() == ["203.0.113.9"] * (kind == "server")


def test_a_duration_of_half_a_century_is_one(tmp_path):
    """A start of 0 with an end of today: more nanoseconds than a float holds exactly."""
    span = {"traceId": "1", "spanId": "2", "name": "x", "kind": 3}
    times = {"startTimeUnixNano": "1", "endTimeUnixNano": "1795000000000000001"}
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span | times]}]}]}))
    assert perfkit.load(path).arrow("spans")["duration_ms"].to_pylist() == [1_795_000_000_000.0]
