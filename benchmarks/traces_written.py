"""Write the same kind of traces as OTLP JSON lines, Jaeger UI JSON and Chrome trace events.

    python benchmarks/traces_written.py FOLDER --megabytes 500

Four services call each other; 30 % of the traces hold an N+1; services speak the old or the new
semantic conventions, with 8 to 10 attributes a span; failed calls have an exception event. Some
19 % of the attribute lists are unique, the others repeat one of a few thousand.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["KINDS", "Called", "write"]

KINDS = {"otlp": "otlp.jsonl", "jaeger": "jaeger.json", "chrome": "chrome.json"}
START_NS = 1_760_000_000_000_000_000
SERVICES = ("gateway", "orders", "users", "payments")
#: Services that still write the names of before 2023.
OLD = {"users", "payments"}
TABLES = ("orders", "users", "items", "prices", "stock", "carts", "reviews", "addresses")
N_PLUS_ONE = 0.3
FAILED = 0.02
#: Traces of one export request: the collector's batch of some thousand spans.
BATCH = 24
INTERNAL, SERVER, CLIENT = 1, 2, 3
_KIND_NAMES = {INTERNAL: "internal", SERVER: "server", CLIENT: "client"}


@dataclass(kw_only=True)
class Called:
    """One span; times in microseconds since the first trace."""

    trace: str
    span: str
    parent: str
    service: str
    name: str
    kind: int
    start: int
    length: int
    attributes: dict[str, Any]
    failed: bool = False


class _Writer:
    """Makes traces up, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = 0

    def trace(self) -> list[Called]:
        self.now += self.chance.randrange(200, 2000)
        trace = f"{self.chance.getrandbits(128):032x}"
        spans: list[Called] = []
        number = self.chance.randrange(1, 10_000_000)
        root = self._add(spans, trace, "", "gateway", SERVER, self._served("gateway", number))
        for service in self.chance.sample(SERVICES[1:], self.chance.randrange(1, 3)):
            self._call(spans, root, service, number)
        root.length = max(one.start + one.length for one in spans) - root.start + 200
        return spans

    def _call(self, spans: list[Called], root: Called, service: str, number: int) -> None:
        """One service calls another, which asks its database, in some traces far too often."""
        out = self._add(
            spans, root.trace, root.span, root.service, CLIENT, self._sent(service, number)
        )
        out.length = 0  # until the answer is there
        into = self._add(
            spans, root.trace, out.span, service, SERVER, self._served(service, number)
        )
        into.failed = out.failed = self.chance.random() < FAILED
        for _ in range(self.chance.randrange(2, 5)):
            self._add(spans, root.trace, into.span, service, INTERNAL, self._step(service))
        self._add(spans, root.trace, into.span, service, CLIENT, self._cached(service))
        query = self._query(service)
        if self.chance.random() < N_PLUS_ONE / 1.5:
            for _ in range(self.chance.randrange(15, 40)):
                self._add(spans, root.trace, into.span, service, CLIENT, query)
        for _ in range(self.chance.randrange(1, 4)):
            self._add(spans, root.trace, into.span, service, CLIENT, self._query(service))
        into.length = spans[-1].start + spans[-1].length - into.start + 150
        out.length = into.length + 300

    def _add(
        self,
        spans: list[Called],
        trace: str,
        parent: str,
        service: str,
        kind: int,
        said: tuple[str, dict[str, Any]],
    ) -> Called:
        before = spans[-1] if spans else None
        start = self.now if before is None else before.start + before.length + 40
        span = f"{self.chance.getrandbits(64):016x}"
        length = self.chance.randrange(80, 4000)
        one = Called(
            trace=trace,
            span=span,
            parent=parent,
            service=service,
            name=said[0],
            kind=kind,
            start=start,
            length=length if kind != SERVER else 0,
            attributes=said[1],
        )
        spans.append(one)
        return one

    def _served(self, service: str, number: int) -> tuple[str, dict[str, Any]]:
        path, route = f"/{service}/{number}", f"/{service}/{{id}}"
        new = {
            "http.request.method": "GET",
            "http.route": route,
            "url.path": path,
            "url.scheme": "https",
            "http.response.status_code": 200,
            "server.address": f"{service}.svc",
            "client.address": f"10.0.{number % 7}.{number % 200}",
            "user_agent.original": "okhttp/4.12.0",
            "network.protocol.version": "1.1",
        }
        old = {
            "http.method": "GET",
            "http.route": route,
            "http.target": path,
            "http.scheme": "https",
            "http.status_code": 200,
            "http.host": f"{service}.svc",
            "http.client_ip": f"10.0.{number % 7}.{number % 200}",
            "http.user_agent": "okhttp/4.12.0",
        }
        return f"GET {route}", old if service in OLD else new

    def _sent(self, service: str, number: int) -> tuple[str, dict[str, Any]]:
        return "GET", {
            "http.request.method": "GET",
            "url.full": f"https://{service}.svc:8443/{service}/{number}?full=true",
            "http.response.status_code": 200,
            "server.address": f"{service}.svc",
            "server.port": 8443,
            "network.protocol.version": "1.1",
            "http.request.resend_count": 0,
            "thread.id": self.chance.randrange(30, 60),
        }

    def _step(self, service: str) -> tuple[str, dict[str, Any]]:
        step = self.chance.choice(("validate", "render json", "authorize", "price", "merge"))
        return step, {
            "code.function": step,
            "code.namespace": f"com.shop.{service}.Handler",
            "code.lineno": self.chance.randrange(100, 104),
            "thread.id": self.chance.randrange(30, 60),
            "thread.name": "http-worker",
            "app.tenant": self.chance.choice(("acme", "globex", "initech")),
            "app.retry": False,
            "app.ratio": 0.25,
        }

    def _cached(self, service: str) -> tuple[str, dict[str, Any]]:
        key = f"{service}:session:{self.chance.randrange(50)}"
        return "GET", {
            "db.system": "redis",
            "db.statement": f"GET {key}",
            "net.peer.name": "cache",
            "net.peer.port": 6379,
            "db.redis.database_index": 0,
            "thread.id": self.chance.randrange(30, 60),
            "thread.name": "http-worker",
            "peer.service": "cache",
        }

    def _query(self, service: str) -> tuple[str, dict[str, Any]]:
        table = self.chance.choice(TABLES)
        text = f"SELECT id, name, price, created_at FROM {table} WHERE {table}.owner_id = $1"
        thread = self.chance.randrange(30, 60)
        if service in OLD:
            return f"SELECT shop.{table}", {
                "db.system": "postgresql",
                "db.name": "shop",
                "db.user": service,
                "db.statement": text,
                "db.operation": "SELECT",
                "db.sql.table": table,
                "net.peer.name": "pg-1.internal",
                "net.peer.port": 5432,
                "thread.id": thread,
            }
        return f"SELECT {table}", {
            "db.system.name": "postgresql",
            "db.namespace": "shop",
            "db.query.text": text,
            "db.operation.name": "SELECT",
            "db.collection.name": table,
            "server.address": "pg-1.internal",
            "server.port": 5432,
            "db.response.returned_rows": thread % 5,
            "thread.id": thread,
            "thread.name": "http-worker",
        }


def write(kind: str, file: Path, megabytes: float, seed: int = 7) -> Path:
    """Write ``megabytes`` of traces as ``kind`` (a key of :data:`KINDS`)."""
    writer, shape = _Writer(seed), _SHAPES[kind]
    with file.open("w") as stream:
        stream.write(shape.head)
        for number, text in enumerate(shape.records(writer)):
            stream.write(shape.between * bool(number) + text)
            if stream.tell() >= megabytes * 1e6:
                break
        stream.write(shape.tail)
    return file


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _exports(writer: _Writer) -> Iterator[str]:
    """OTLP: one request a line, the spans of each service together."""
    while True:
        spans = [span for _ in range(BATCH) for span in writer.trace()]
        yield _dumped(
            {
                "resourceSpans": [
                    _resource(service, [one for one in spans if one.service == service])
                    for service in SERVICES
                ]
            }
        )


def _resource(service: str, spans: list[Called]) -> dict[str, Any]:
    described = {
        "service.name": service,
        "service.version": "1.8.2",
        "host.name": f"{service}-7c9f",
        "telemetry.sdk.language": "java",
    }
    scope = {"name": "io.opentelemetry.auto", "version": "2.4.0"}
    return {
        "resource": {"attributes": _pairs(described)},
        "scopeSpans": [{"scope": scope, "spans": [_otlp(one) for one in spans]}],
    }


def _otlp(one: Called) -> dict[str, Any]:
    start = START_NS + one.start * 1000
    found: dict[str, Any] = {
        "traceId": one.trace,
        "spanId": one.span,
        "parentSpanId": one.parent,
        "flags": 257,
        "name": one.name,
        "kind": one.kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + one.length * 1000),
        "attributes": _pairs(one.attributes),
        "status": {"code": 2} if one.failed else {},
    }
    if one.failed:
        at = str(start + one.length * 500)
        found["events"] = [{"timeUnixNano": at, "name": "exception", "attributes": _pairs(_RAISED)}]
    return found


_RAISED = {
    "exception.type": "java.net.SocketTimeoutException",
    "exception.message": "timeout",
    "exception.stacktrace": "java.net.SocketTimeoutException: timeout\n"
    + "\tat okhttp3.internal.http2.Http2Stream$StreamTimeout.newTimeoutException\n" * 8,
}


def _documents(writer: _Writer) -> Iterator[str]:
    """Jaeger UI: one object per trace."""
    while True:
        spans = writer.trace()
        names = sorted({one.service for one in spans})
        number = {name: f"p{place}" for place, name in enumerate(names, 1)}
        processes = {
            number[name]: {"serviceName": name, "tags": _tags({"hostname": f"{name}-7c9f"})}
            for name in names
        }
        listed = [_jaeger(one, number[one.service]) for one in spans]
        yield _dumped(
            {
                "traceID": spans[0].trace,
                "spans": listed,
                "processes": processes,
                "warnings": None,
            }
        )


def _jaeger(one: Called, process: str) -> dict[str, Any]:
    above = [{"refType": "CHILD_OF", "traceID": one.trace, "spanID": one.parent}]
    failed = {"otel.status_code": "ERROR", "error": True} if one.failed else {}
    start = START_NS // 1000 + one.start
    logs = [{"timestamp": start, "fields": _tags({"event": "exception", **_RAISED})}]
    return {
        "traceID": one.trace,
        "spanID": one.span,
        "flags": 1,
        "operationName": one.name,
        "references": above if one.parent else [],
        "startTime": start,
        "duration": one.length,
        "tags": _tags({**one.attributes, "span.kind": _KIND_NAMES[one.kind], **failed}),
        "logs": logs if one.failed else [],
        "processID": process,
        "warnings": None,
    }


def _tags(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {bool: "bool", int: "int64", float: "float64", str: "string"}
    return [
        {"key": key, "type": kinds[type(value)], "value": value}
        for key, value in attributes.items()
    ]


def _events(writer: _Writer) -> Iterator[str]:
    """Chrome: complete events, as viztracer writes them."""
    while True:
        for one in writer.trace():
            process = SERVICES.index(one.service) + 1
            yield _dumped(
                {
                    "ph": "X",
                    "cat": "fee",
                    "name": one.name,
                    "pid": process,
                    "tid": process * 100,
                    "ts": one.start + 0.125,
                    "dur": one.length + 0.5,
                    "args": {"caller": one.service, **dict(list(one.attributes.items())[:2])},
                }
            )


def _dumped(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class _Shape:
    records: Callable[[_Writer], Iterator[str]]
    head: str = ""
    between: str = "\n"
    tail: str = "\n"


_SHAPES = {
    "otlp": _Shape(records=_exports),
    "jaeger": _Shape(records=_documents, head='{"data":[', between=",", tail='],"total":0}'),
    "chrome": _Shape(
        records=_events, head='{"traceEvents":[', between=",", tail='],"displayTimeUnit":"ms"}'
    ),
}


def main() -> None:
    """Write one of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=500)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind, name in KINDS.items():
        write(kind, options.folder / name, options.megabytes)


if __name__ == "__main__":
    main()
