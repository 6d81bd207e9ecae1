"""Spans of any trace format as rows: ``spans``, and the ``requests`` and ``queries`` in them.

Built on :mod:`.span_columns`, which formats that come by the gigabyte use directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit.formats.traces.span_columns import SpanColumns, SpanTables, column_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.traces.conventions import Facts

__all__ = ["Row", "SpanTables", "span_tables"]


class Row(NamedTuple):
    """One span; times in nanoseconds since 1970 (None: unknown).

    ``category`` is what the format itself says, before names are looked at. ``calls``: as many
    calls are in this span (Elastic's composite); ``weight``: it stands for as many spans
    (sampled); None: one. ``resource``: JSON of what describes the process. ``facts`` that are
    one object are looked at once.
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


_TYPES = {
    "started_ns": pa.int64(),
    "duration_ns": pa.int64(),
    "line": pa.int64(),
    "attributes": pa.binary(),
    "calls": pa.int64(),
    "weight": pa.float64(),
}


def span_tables(rows: Sequence[Row]) -> SpanTables:
    """Build the tables of :func:`.span_columns.column_tables`."""
    values = zip(*rows, strict=True) if rows else [()] * len(Row._fields)
    columns = dict(zip(Row._fields, values, strict=True))
    facts = columns.pop("facts")
    place: dict[int, int] = {}
    fact = [place.setdefault(id(one), len(place)) for one in facts]
    distinct = {id(one): one for one in facts}
    arrays = {
        name: pa.array(column, _TYPES.get(name, pa.string())) for name, column in columns.items()
    }
    return column_tables(
        SpanColumns(facts=list(distinct.values()), fact=np.array(fact, np.int64), **arrays)
    )
