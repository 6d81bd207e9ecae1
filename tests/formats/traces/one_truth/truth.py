"""A shop that does not exist, as spans: what every format of traces has to tell alike.

Services of three languages call each other by HTTP, gRPC and Kafka, and ask PostgreSQL, MySQL,
Redis and MongoDB. Times are whole microseconds, which every format can say.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

#: 2026-03-02T09:00:00Z, in microseconds.
BEGIN = 1_772_442_000_000_000
MS = 1_000


@dataclass(frozen=True)
class Process:
    """One process of a service: where it runs and what it is written in."""

    service: str
    language: str
    version: str
    host: str
    ip: str
    clock_us: int = 0


@dataclass
class Span:
    """One span; ``start`` and ``duration`` in microseconds, ``said`` as :mod:`writers` read it."""

    trace: int
    id: int
    parent: int
    process: Process
    kind: str
    name: str
    start: int
    said: dict[str, Any]
    duration: int = 0
    error: str = ""


GATEWAY = Process("edge-gateway", "nodejs", "9.1.0", "edge-a", "10.1.0.11")
ORDERS = Process("order-desk", "java", "4.0.2", "desk-a", "10.1.0.21")
STOCK = Process("stockroom", "python", "1.7.0", "stock-a", "10.1.0.31")
STOCK_NEW = replace(STOCK, version="1.8.0", host="stock-b", ip="10.1.0.32")
CASHIER = Process("cashier", "python", "2.2.2", "cash-a", "10.1.0.41", clock_us=-90 * MS)
CASHIER_SLOW = replace(CASHIER, host="cash-b", ip="10.1.0.42", clock_us=0)
LEDGER = Process("ledger", "java", "4.0.2", "ledger-a", "10.1.0.51")


@dataclass
class Trace:
    """Writes the spans of one trace in order; time passes with every call."""

    number: int
    dice: random.Random
    now: int
    spans: list[Span] = field(default_factory=list)
    above: list[Span] = field(default_factory=list)

    def begin(self, process: Process, kind: str, name: str, **said: Any) -> Span:
        """Begin a span below the current one."""
        number = len(self.spans) + 1
        span_id = (self.number << 32 | number) * 0x9E3779B97F4A7C15 % (1 << 64)
        trace_id = self.number * 0xC2B2AE3D27D4EB4F165667B19E3779F9 % (1 << 128)
        parent = self.above[-1].id if self.above else 0
        span = Span(trace_id, span_id, parent, process, kind, name, self.now, said)
        self.spans.append(span)
        self.above.append(span)
        return span

    def end(self, *, wait_us: int = 0, error: str = "") -> None:
        """End the current span."""
        self.now += wait_us
        span = self.above.pop()
        span.duration, span.error = self.now - span.start, error

    def leaf(self, process: Process, kind: str, name: str, took_us: int, **said: Any) -> Span:
        """Write a span with nothing below it; errors are ``said`` too."""
        error = said.pop("error", "")
        span = self.begin(process, kind, name, **said)
        self.end(wait_us=took_us, error=error)
        self.now += 40
        return span

    def about(self, milliseconds: float) -> int:
        """Return a time that varies by a fifth, in microseconds."""
        return int(milliseconds * MS * self.dice.uniform(0.9, 1.1))

    def work(self, milliseconds: float) -> None:
        """Let the current span work by itself."""
        self.now += self.about(milliseconds)

    def pool(self, process: Process) -> None:
        """Take a connection out of a pool."""
        self.leaf(process, "internal", "pg-pool.connect", self.about(0.3), op="pool")

    def sql(self, process: Process, system: str, text: str, ms: float, **said: Any) -> Span:
        """Ask a relational database."""
        base = {"postgresql": "desk", "mysql": "tills"}[system]
        port = {"postgresql": 5432, "mysql": 3306}[system]
        verb = text.split(maxsplit=1)[0].upper()
        said = {"system": system, "text": text, "base": base, "verb": verb, **said}
        server = {"host": f"{system}.internal", "port": port}
        name = f"{verb} {base}"
        return self.leaf(process, "client", name, self.about(ms), op="sql", **said, **server)

    def redis(self, process: Process, text: str, ms: float) -> Span:
        """Ask Redis."""
        verb = text.split(maxsplit=1)[0]
        said = {"text": text, "verb": verb, "host": "redis.internal", "port": 6379}
        return self.leaf(process, "client", verb, self.about(ms), op="redis", **said)

    def mongo(self, process: Process, verb: str, collection: str, ms: float) -> Span:
        """Ask MongoDB."""
        said = {"verb": verb, "collection": collection, "base": "docs"}
        server = {"host": "mongo.internal", "port": 27017}
        name = f"{verb} {collection}"
        return self.leaf(process, "client", name, self.about(ms), op="mongo", **said, **server)

    def http(self, caller: Process, server: Process, method: str, route: str, path: str) -> None:
        """Begin a call, and its other side."""
        self.begin(caller, "client", method, **self._web(server, method, path))
        self.now += 350
        said = {"route": route, "path": path, "caller": caller.ip, "host": server.service}
        web = {"op": "served", "method": method, "status": 200, "port": 8080}
        self.begin(server, "server", f"{method} {route}", **web, **said)

    def _web(self, server: Process, method: str, path: str) -> dict[str, Any]:
        url = f"http://{server.service}:8080{path}"
        where = {"host": server.service, "port": 8080}
        return {"op": "http", "method": method, "url": url, "status": 200, **where}

    def grpc(self, caller: Process, server: Process, method: str) -> None:
        """Begin a remote procedure call, and its other side."""
        said = {"service": "stock.v1.Stockroom", "method": method, "status": 0}
        name = f"stock.v1.Stockroom/{method}"
        where = {"host": server.service, "port": 9090}
        self.begin(caller, "client", name, op="grpc", **said, **where)
        self.now += 300
        self.begin(server, "server", name, op="grpc-served", **said, caller=caller.ip, port=9090)

    def answer(self, *, status: int = 200, error: str = "") -> None:
        """End the other side of a call, and the call."""
        for wait in (100, 350):
            self.above[-1].said["status"] = status
            self.end(wait_us=wait, error=error)
        self.now += 40

    def enter(self, method: str, route: str, path: str) -> None:
        """Begin a request that comes from outside."""
        said = {"route": route, "path": path, "caller": "198.51.100.7", "host": "shop.example"}
        web = {"op": "served", "method": method, "status": 200, "port": 443}
        self.begin(GATEWAY, "server", f"{method} {route}", **web, **said)


def skewed(spans: list[Span]) -> list[Span]:
    """Return the spans as their processes' clocks show them."""
    return [replace(span, start=span.start + span.process.clock_us) for span in spans]
