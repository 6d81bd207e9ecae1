"""Spans of any trace format as rows: ``spans``, and the ``requests`` and ``queries`` in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.traces.conventions import Facts, category
from perfkit.routes import path_template

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Row", "SpanTables", "span_tables"]


class Row(NamedTuple):
    """One span; times in nanoseconds since 1970 (None: unknown).

    ``category`` is what the format itself says, before names are looked at. ``calls``: as many
    calls are in this span (Elastic's composite); ``weight``: it stands for as many spans
    (sampled); None: one. ``resource``: JSON of what describes the process.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str | None
    name: str
    kind: str | None
    started_ns: int | None
    duration_ns: int | None
    error: str | None
    line: int
    facts: Facts
    attributes: bytes
    category: str | None = None
    calls: int | None = None
    weight: float | None = None
    resource: str | None = None


class SpanTables(NamedTuple):
    """The tables, and which span each request and each query is."""

    tables: dict[str, pa.Table]
    request_rows: Any
    query_rows: Any


def span_tables(rows: Sequence[Row]) -> SpanTables:
    """Build the tables; ``self_ms`` is left to :func:`.trees.with_self_ms`.

    A server span is a request served. A span that calls a database with a statement is a
    query as its client saw it; commands of caches are no statements.
    """
    labels = [
        r.category
        or category(r.facts.category, r.name, r.kind, statement=r.facts.statement is not None)
        for r in rows
    ]
    served = [i for i, row in enumerate(rows) if row.kind == "server"]
    asked = [
        i
        for i, row in enumerate(rows)
        if labels[i] == "db" and row.facts.statement and row.kind != "server"
    ]
    return SpanTables(
        {
            "requests": _requests([rows[i] for i in served]),
            "queries": _queries([rows[i] for i in asked]),
            "spans": _spans(rows, labels),
        },
        np.array(served, np.int64),
        np.array(asked, np.int64),
    )


def _common(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "started_at": _times(rows),
        "duration_ms": pa.array([_ms(row.duration_ns) for row in rows], pa.float64()),
        "trace_id": _texts(row.trace_id for row in rows),
        "error": _texts(row.error for row in rows),
        "line": pa.array([row.line for row in rows], pa.int64()),
        "attributes": pa.array([row.attributes for row in rows], pa.binary()),
    }


def _times(rows: Sequence[Row]) -> pa.Array:
    return pa.array([row.started_ns for row in rows], pa.int64()).cast(pa.timestamp("ns", "UTC"))


def _ms(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e6


def _each_ms(row: Row) -> float | None:
    """Return the duration of one of the span's calls."""
    return None if row.duration_ns is None else row.duration_ns / 1e6 / (row.calls or 1)


def _executions(row: Row) -> float | None:
    """Return how many executions the row stands for; None: one."""
    unknown = row.calls is None and row.weight is None
    return None if unknown else (row.calls or 1) * (row.weight or 1.0)


def _texts(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())


def _spans(rows: Sequence[Row], labels: list[str]) -> pa.Table:
    columns = _common(rows) | {
        "span_id": _texts(row.span_id for row in rows),
        "parent_id": _texts(row.parent_id for row in rows),
        "service": _texts(row.service for row in rows),
        "name": _texts(row.name for row in rows),
        "kind": _texts(row.kind for row in rows),
        "category": _texts(labels),
        "route": _texts(_route(row) for row in rows),
        "url": _texts(row.facts.url for row in rows),
        "peer": _texts(row.facts.peer for row in rows),
        "status": pa.array([row.facts.status for row in rows], pa.int64()),
        "calls": pa.array([row.calls for row in rows], pa.int64()),
        "weight": pa.array([row.weight for row in rows], pa.float64()),
        "resource": _texts(row.resource for row in rows),
    }
    return tables.from_columns("spans", columns | _statements(rows))


def _statements(rows: Sequence[Row]) -> dict[str, Any]:
    statement = _texts(row.facts.statement for row in rows).dictionary_encode()
    fingerprint, identifier = fingerprint_many(statement)
    return {"statement": statement, "fingerprint": fingerprint, "fingerprint_id": identifier}


def _route(row: Row) -> str | None:
    """Return the route: by convention a server span is named ``GET /orders/{id}``.

    Instrumentations that know no route put the path there.
    """
    if row.facts.route or row.kind != "server":
        return row.facts.route
    method, _, rest = row.name.partition(" ")
    if rest and method == (row.facts.method or "").upper():
        return path_template(rest)
    return row.name if row.facts.category != "http" else None


def _requests(rows: Sequence[Row]) -> pa.Table:
    columns = _common(rows) | {
        "method": _texts(row.facts.method for row in rows),
        "route": _texts(_route(row) for row in rows),
        "path": _texts(row.facts.path for row in rows),
        "status": pa.array([row.facts.status for row in rows], pa.int64()),
        "service": _texts(row.service for row in rows),
        "client": _texts(row.facts.client for row in rows),
        "response_bytes": pa.array([row.facts.response_bytes for row in rows], pa.int64()),
        "weight": pa.array([row.weight for row in rows], pa.float64()),
    }
    return tables.from_columns("requests", columns)


def _queries(rows: Sequence[Row]) -> pa.Table:
    columns = _common(rows) | {
        "duration_kind": pa.repeat(pa.scalar("client"), len(rows)),
        "phase": pa.repeat(pa.scalar("simple"), len(rows)),
        "system": _texts(row.facts.system for row in rows),
        "database": _texts(row.facts.database for row in rows),
        "user": _texts(row.facts.user for row in rows),
        "application": _texts(row.service for row in rows),
        "span_id": _texts(row.span_id for row in rows),
        "duration_ms": pa.array([_each_ms(row) for row in rows], pa.float64()),
        "weight": pa.array([_executions(row) for row in rows], pa.float64()),
    }
    return tables.from_columns("queries", columns | _statements(rows))
