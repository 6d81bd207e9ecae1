"""Requests written call by call, in the shapes that instrumentations give them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from perfkit import tables

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Request:
    """One served request; calls follow each other with 0.4 ms between, unless ``at`` is given."""

    def __init__(self, n=0, route="/page", *, url=None, every_s=10.0, **columns):
        self.id, self.now = f"t{n}", 1.0
        self.start = START + timedelta(seconds=every_s * n)
        values = {"kind": "server", "category": "app", "name": f"GET {route}", "route": route}
        told = {"url.path": url} if url else {}
        self.rows = []
        self.root = self.span(parent=None, at=0.0, ms=0.0, told=told, **(values | columns))
        self.now = 1.0

    def span(self, ms=20.0, *, at=None, parent="root", told=None, **columns):
        begin = self.now if at is None else at
        row = {
            "trace_id": self.id,
            "span_id": f"{self.id}-{len(self.rows)}",
            "parent_id": self.root if parent == "root" else parent,
            "service": "shop",
            "started_at": self.start + timedelta(milliseconds=begin),
            "duration_ms": float(ms),
            "attributes": json.dumps(told or {}).encode(),
            **columns,
        }
        self.rows.append(row)
        self.now = max(self.now, begin + ms + 0.4)
        if parent is not None:
            self.rows[0]["duration_ms"] = max(self.rows[0]["duration_ms"], self.now + 1.0)
        return row["span_id"]

    def http(self, url, ms=20.0, *, method="GET", **columns):
        values = {"kind": "client", "category": "http", "name": method, "url": url, "status": 200}
        return self.span(ms, **(values | columns))

    def sql(self, statement, ms=20.0, **columns):
        values = {"kind": "client", "category": "db", "name": "query", "peer": "db:5432"}
        return self.span(ms, **({"statement": statement} | values | columns))

    def redis(self, command, ms=20.0, **columns):
        values = {"kind": "client", "category": "cache", "name": command.split()[0]}
        return self.span(ms, **({"statement": command} | values | columns))

    def rpc(self, method, ms=20.0, **columns):
        values = {"kind": "client", "category": "rpc", "name": method, "peer": "stock:9000"}
        return self.span(ms, **(values | columns))

    def work(self, ms=20.0, name="compute", **columns):
        return self.span(ms, name=name, kind="internal", category="other", **columns)


def table_of(requests):
    rows = [row for request in requests for row in request.rows]
    names = dict.fromkeys(name for row in rows for name in row)
    return tables.from_columns("spans", {name: [row.get(name) for row in rows] for name in names})


def written(write, count=30, **options):
    """Return the spans of ``count`` requests; ``write(request, n)`` makes the calls of each."""
    requests = [Request(n, **options) for n in range(count)]
    for n, request in enumerate(requests):
        write(request, n)
    return table_of(requests)
