"""All chunks of one file of trace events -> spans with ids, parents, self time and services.

A top-level event of a thread (or of an asynchronous lane) is the root of a trace of its own: it
is one unit of work, and what lies within it is below it. Ids are made of the beginning of the
file and the numbers of the records, so that a file read twice has the same ids and two files
have different ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Parsed, concatenate
from perfkit.formats.traces import chrome_notes as notes
from perfkit.formats.traces.chrome_ends import ended
from perfkit.formats.traces.chrome_gathered import Gathered, gathered
from perfkit.formats.traces.chrome_named import described, digits, ids
from perfkit.formats.traces.chrome_nesting import Nested, nest
from perfkit.formats.traces.chrome_times import UNKNOWN
from perfkit.recording import Note
from perfkit.tables import with_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.formats.traces.chrome_carry import Carry
    from perfkit.formats.traces.chrome_ends import Ended
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["combine"]

#: 9 September 2001: what is later counts from 1970, what is earlier from somewhere else.
_SINCE_1970 = 1_000_000_000_000_000_000
_RELATIVE = (
    "times count from an origin that the file does not name (often the start of the machine): "
    "they are shown as times in 1970, and only their differences mean something"
)
_CUT_OFF = "the file ends within an event: the trace was cut off"


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Nest the events of all chunks, and give them ids and names."""
    whole = concatenate([replace(p, tables={**p.tables, **p.pending}) for p in parts])
    carries: list[Carry] = [part.carry for part in parts]
    if not carries:
        return whole
    found = gathered(carries)
    told = [*whole.notes, *notes.left_out(found.met)]
    told += [Note(kind="truncated", message=_CUT_OFF)] * carries[-1].cut_off
    if "spans" not in whole.tables:
        lost = int((~found.marks.begins).sum())
        told += notes.of_spans(0, unknown=0, unfinished=0, unbegun=lost, overlaps=0)
        return replace(whole, irrelevant=whole.irrelevant + lost, notes=tuple(told))
    base = next((carry.base_ns for carry in carries if carry.base_ns is not None), None)
    contents, ends, origin = _linked(whole.tables, found, carries[0].file, base)
    keep = carries[0].keep
    return replace(
        whole,
        tables={name: keep.rows(table, name) for name, table in contents.items()},
        irrelevant=whole.irrelevant + ends.unbegun,
        notes=(*told, *origin),
    )


def _linked(
    contents: Mapping[str, pa.Table], found: Gathered, file: str, base: int | None
) -> tuple[dict[str, pa.Table], Ended, list[Note]]:
    """Return the tables, what was ended, and what is to be said of times and nesting."""
    spans = contents["spans"]
    start = spans["started_at"].cast(pa.int64()).to_numpy()
    ms = spans["duration_ms"].to_numpy()
    dur = np.where(np.isnan(ms), UNKNOWN, np.rint(np.nan_to_num(ms) * 1e6).astype(np.int64))
    ends = ended(found, start, dur, spans["attributes"])
    known = ends.dur != UNKNOWN
    nested = nest(found.lane, start, ends.end, known)
    offset, told = _origin(start, base)
    told += notes.of_spans(
        len(start),
        unknown=int((~known).sum()),
        unfinished=ends.unfinished,
        unbegun=ends.unbegun,
        overlaps=int(nested.overlaps.sum()),
    )
    columns = _columns(spans, nested, ends, file) | described(found)
    columns["started_at"] = pa.array(start + offset).cast(pa.timestamp("ns", "UTC"))
    spans = _with(spans, columns)
    tables = {**contents, "spans": spans}
    for name, rows, service in (
        ("requests", found.request_rows, "service"),
        ("queries", found.query_rows, "application"),
    ):
        if name in tables:
            tables[name] = _with(tables[name], _same(spans, rows, service, tables[name]))
    return tables, ends, told


def _columns(spans: pa.Table, nested: Nested, ends: Ended, file: str) -> dict[str, Any]:
    number = digits(spans["line"].to_numpy())
    above = pa.array(nested.parent >= 0)
    zeros = "0" * 8
    parent = ids(zeros, number[nested.parent])
    self_ns = np.maximum(ends.dur - nested.covered, 0) / 1e6
    unknown = ends.dur == UNKNOWN
    return {
        "trace_id": ids(file[:8], file[8:], zeros, number[nested.top]),
        "span_id": ids(zeros, number),
        "parent_id": pc.if_else(above, parent, pa.scalar(None, pa.string())),
        "duration_ms": pa.array(ends.dur / 1e6, mask=unknown),
        "self_ms": pa.array(self_ns, mask=unknown),
        "attributes": ends.attributes,
    }


def _same(spans: pa.Table, rows: Ints, service: str, table: pa.Table) -> dict[str, Any]:
    """Return the columns that a request or a query has from its span."""
    own = spans.take(pa.array(rows))
    columns = {name: own[name] for name in ("started_at", "duration_ms", "trace_id")}
    columns[service] = own["service"]
    return columns | ({"span_id": own["span_id"]} if "span_id" in table.column_names else {})


def _with(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    for name, values in columns.items():
        table = with_column(table, name, values)
    return table


def _origin(start: Ints, base: int | None) -> tuple[int, list[Note]]:
    """Return what to add to times, and what to say of them."""
    if int(start.max()) >= _SINCE_1970:
        return 0, []
    if base:
        return base, []
    return 0, [Note(kind="relative_times", message=_RELATIVE)]
