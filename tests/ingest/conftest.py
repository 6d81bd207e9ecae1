"""Small inputs of each format."""

import json

import pytest


@pytest.fixture
def log():
    line = "2026-11-21 02:00:{:02}.000 UTC [7] u@d/app LOG:  duration: 1.000 ms  "
    line += "statement: select {}\n"
    return "".join(line.format(n % 60, n) for n in range(100)).encode()


@pytest.fixture
def requests_log():
    row = {"event": "request_finished", "method": "GET", "path": "/a", "status": 200}
    row["duration_ms"] = 5.0
    return b"".join(
        json.dumps(row | {"timestamp": f"2026-11-21T02:00:{n % 60:02}Z"}).encode() + b"\n"
        for n in range(50)
    )


def span(trace, span_id, parent, start, end, kind, **attributes):
    pairs = [
        {"key": k.replace("__", "."), "value": {"stringValue": v}} for k, v in attributes.items()
    ]
    second = 1_795_226_400
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{span_id:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": "GET",
        "kind": kind,
        "startTimeUnixNano": str(second * 10**9 + start * 10**6),
        "endTimeUnixNano": str(second * 10**9 + end * 10**6),
        "attributes": pairs,
    }


def export(*spans):
    scope = [{"spans": list(spans)}]
    return json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": scope}]}).encode() + b"\n"


@pytest.fixture
def server_spans():
    return export(
        *(span(n, 1, 0, n, n + 100, 2, http__route="/a", http__method="GET") for n in range(1, 4))
    )


@pytest.fixture
def client_spans():
    call = {"db__system": "postgresql", "db__statement": "select 1"}
    return export(*(span(n, 2, 1, n + 10, n + 60, 3, **call) for n in range(1, 4)))
