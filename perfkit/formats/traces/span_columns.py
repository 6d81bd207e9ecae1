"""Spans of any trace format as columns: ``spans``, and the ``requests`` and ``queries`` in them.

The way for formats that come by the gigabyte: what they decode goes into Arrow column by column
(``[span.name for span in spans]``), and :class:`.conventions.Facts` are made once for each
different list of attributes. Formats of few spans use :func:`.span_rows.span_tables`, which
makes the same of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.traces.conventions import Facts, category
from perfkit.formats.traces.span_statements import fingerprints
from perfkit.routes import path_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.span_ids import Flags, Ints

__all__ = ["SpanColumns", "SpanTables", "column_tables", "encoded"]


@dataclass(frozen=True, kw_only=True)
class SpanColumns:
    """The spans of one chunk, one value per span; null: unknown.

    Attributes:
        trace_id: texts, as are ``span_id`` and ``parent_id``.
        service: texts or a dictionary, as are ``name``, ``kind``, ``resource``.
        started_ns: int64, nanoseconds since 1970.
        duration_ns: int64.
        error: texts.
        line: int64, from 1.
        facts: what the different lists of attributes say.
        fact: which of ``facts`` each span has.
        attributes: bytes, as the format has them.
        category: what the format itself says, before names are looked at.
        calls: as many calls are in this span.
        weight: it stands for as many spans (sampled).
        resource: JSON of what describes the process.
    """

    trace_id: pa.Array
    span_id: pa.Array
    parent_id: pa.Array
    service: pa.Array
    name: pa.Array
    kind: pa.Array
    started_ns: pa.Array
    duration_ns: pa.Array
    error: pa.Array
    line: pa.Array
    facts: Sequence[Facts]
    fact: Ints
    attributes: pa.Array
    category: pa.Array | None = None
    calls: pa.Array | None = None
    weight: pa.Array | None = None
    resource: pa.Array | None = None


class SpanTables(NamedTuple):
    """The tables, and which span each request and each query is."""

    tables: dict[str, pa.Table]
    request_rows: Any
    query_rows: Any


def column_tables(spans: SpanColumns) -> SpanTables:
    """Build the tables; ``self_ms`` is left to :func:`.whole.combine`.

    A server span is a request served. A span that calls a database with a statement is a
    query as its client saw it; commands of caches are no statements. The attributes stay with
    the span: requests and queries have its ``trace_id`` and ``line``, queries its ``span_id``.
    """
    facts = _columns(spans.facts)
    shape = _shaped(spans)
    server = _flags(pc.equal(_plain(spans.kind), "server"))
    statement = _flags(pc.not_equal(facts["statement"], ""))
    asks = _flags(pc.equal(_plain(shape["category"]), "db")) & statement[spans.fact] & ~server
    served, asked = np.flatnonzero(server), np.flatnonzero(asks)
    return SpanTables(
        {
            "requests": tables.from_columns("requests", _requests(spans, facts, shape, served)),
            "queries": tables.from_columns("queries", _queries(spans, facts, asked)),
            "spans": tables.from_columns("spans", _spans(spans, facts, shape)),
        },
        served,
        asked,
    )


def encoded(texts: pa.Array) -> pa.DictionaryArray:
    """Return texts as a dictionary, if they are none already."""
    return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()


def _plain(texts: pa.Array) -> pa.Array:
    return texts.cast(pa.string())


def _flags(values: pa.Array) -> Flags:
    found: Flags = pc.fill_null(values, fill_value=False).to_numpy(zero_copy_only=False)
    return found


_STATEMENT = ("statement", "fingerprint", "fingerprint_id")
#: Columns of :class:`.Facts` that are no texts.
_TYPES = {"status": pa.int64(), "response_bytes": pa.int64(), "rows_returned": pa.int64()}


def _columns(facts: Sequence[Facts]) -> dict[str, pa.Array]:
    """Return the columns of some facts, with the fingerprints of their statements."""
    values = zip(*facts, strict=True) if facts else [()] * len(Facts._fields)
    columns = {
        name: pa.array(column, _TYPES.get(name, pa.string()))
        for name, column in zip(Facts._fields, values, strict=True)
    }
    asked = [(fact.statement, fact.system, fact.database) for fact in facts]
    place = {one: number for number, one in enumerate(dict.fromkeys(asked))}
    which = pa.array([place[one] for one in asked], pa.int64())
    texts = zip(*place, strict=True) if place else ((), (), ())
    found = fingerprints(*(pa.array(column, pa.string()) for column in texts))
    named = zip(_STATEMENT[1:], found, strict=True)
    return columns | {name: column.cast(pa.string()).take(which) for name, column in named}


def _of(column: pa.Array, fact: Ints) -> pa.Array:
    """Return the value of each span; few differing texts stay a dictionary."""
    rows = pa.array(fact)
    if not pa.types.is_string(column.type):
        return column.take(rows)
    words = column.dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(rows), words.dictionary)


def _shaped(spans: SpanColumns) -> dict[str, pa.Array]:
    """Return category and route, found once for all spans of equal facts, name and kind."""
    name, kind = encoded(spans.name), encoded(spans.kind)
    names, kinds = len(name.dictionary), len(kind.dictionary) + 1
    number = (spans.fact * names + name.indices.to_numpy()) * kinds
    number += pc.fill_null(kind.indices, kinds - 1).to_numpy()
    shapes = pa.array(number).dictionary_encode()
    distinct = shapes.dictionary.to_numpy()
    facts = [spans.facts[place] for place in (distinct // kinds // names).tolist()]
    called = name.dictionary.take(pa.array(distinct // kinds % names)).to_pylist()
    kinded = [*kind.dictionary.to_pylist(), None]
    sorts = [kinded[place] for place in (distinct % kinds).tolist()]
    labels = [
        category(fact.category, text, sort, statement=fact.statement is not None)
        for fact, text, sort in zip(facts, called, sorts, strict=True)
    ]
    routes = list(map(_route, facts, called, sorts))
    found = {"category": labels, "route": routes}
    fact = shapes.indices.to_numpy()
    shaped = {key: _of(pa.array(values, pa.string()), fact) for key, values in found.items()}
    if spans.category is not None:
        own = pc.coalesce(_plain(spans.category), _plain(shaped["category"]))
        shaped["category"] = own.dictionary_encode()
    return shaped


def _route(facts: Facts, name: str, kind: str | None) -> str | None:
    """Return the route: by convention a server span is named ``GET /orders/{id}``.

    Instrumentations that know no route put the path there.
    """
    if facts.route or kind != "server":
        return facts.route
    method, _, rest = name.partition(" ")
    if rest and method == (facts.method or "").upper():
        return path_template(rest)
    return name if facts.category != "http" else None


def _common(spans: SpanColumns) -> dict[str, pa.Array]:
    ms = pc.divide(spans.duration_ns.cast(pa.float64(), safe=False), 1e6)
    return {
        "started_at": spans.started_ns.cast(pa.timestamp("ns", "UTC")),
        "duration_ms": ms,
        "trace_id": spans.trace_id,
        "error": spans.error,
        "line": spans.line,
    }


def _some(columns: dict[str, pa.Array | None], rows: Ints) -> dict[str, pa.Array]:
    chosen = pa.array(rows)
    return {name: column.take(chosen) for name, column in columns.items() if column is not None}


def _spans(
    spans: SpanColumns, facts: dict[str, pa.Array], shape: dict[str, pa.Array]
) -> dict[str, pa.Array]:
    own = ("span_id", "parent_id", "service", "name", "kind", "calls", "weight", "resource")
    said = ("url", "peer", "status")
    columns = {name: getattr(spans, name) for name in (*own, "attributes")}
    columns |= {name: _of(facts[name], spans.fact) for name in (*_STATEMENT, *said)}
    columns["peer"] = _of_callers(columns["peer"], spans.kind)
    columns |= _common(spans) | shape
    return {name: column for name, column in columns.items() if column is not None}


def _of_callers(peer: pa.DictionaryArray, kind: pa.Array) -> pa.DictionaryArray:
    """Return whom spans call: the address that a server names is its own or its caller's.

    A consumer's peer is where its messages come from.
    """
    answers = pc.fill_null(pc.equal(_plain(kind), "server"), fill_value=False)
    places = pc.if_else(answers, pa.scalar(None, peer.indices.type), peer.indices)
    return pa.DictionaryArray.from_arrays(places, peer.dictionary)


def _requests(
    spans: SpanColumns, facts: dict[str, pa.Array], shape: dict[str, pa.Array], rows: Ints
) -> dict[str, pa.Array]:
    own = {"route": shape["route"], "service": spans.service, "weight": spans.weight}
    said = ("method", "path", "status", "client", "response_bytes", "request_id")
    columns = {name: _of(facts[name], spans.fact[rows]) for name in said}
    return _some(_common(spans) | own, rows) | columns


def _queries(spans: SpanColumns, facts: dict[str, pa.Array], rows: Ints) -> dict[str, pa.Array]:
    own = {"span_id": spans.span_id, "application": spans.service}
    said = ("system", "database", "user", "parameters", "rows_returned", "request_id")
    columns = _some(_common(spans) | own, rows)
    columns |= {name: _of(facts[name], spans.fact[rows]) for name in (*_STATEMENT, *said)}
    columns |= {
        name: pa.repeat(pa.scalar(text), len(rows))
        for name, text in (("duration_kind", "client"), ("phase", "simple"))
    }
    return columns | _calls(_some({"calls": spans.calls, "weight": spans.weight}, rows), columns)


def _calls(standing: dict[str, pa.Array], columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Return the duration of one call, and how many executions it stands for (null: one)."""
    if not standing:
        return {}
    count = len(columns["line"])
    calls, weight = (
        standing.get(name, pa.nulls(count, pa.float64())).cast(pa.float64())
        for name in ("calls", "weight")
    )
    each, times = (
        pc.if_else(pc.fill_null(pc.greater(values, 0), fill_value=False), values, 1.0)
        for values in (calls, weight)
    )
    known = pc.or_(calls.is_valid(), weight.is_valid())
    return {
        "duration_ms": pc.divide(columns["duration_ms"], each),
        "weight": pc.if_else(known, pc.multiply(each, times), pa.scalar(None, pa.float64())),
    }
