"""Zipkin's spans that were reported in parts: late tags, addresses, an end that came later.

A part has no duration, and is of the half that has one: of the same service (or it names none),
and of the same kind (or it names none). What the whole lacks is taken from its parts, as
zipkin2.internal.Trace does when it merges the spans of one id, endpoint and ``shared`` flag.
Two halves without a duration stay apart: they may be two servers that answered one call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.model import Parsed, concatenate
from perfkit.formats.traces import whole
from perfkit.formats.traces.zipkin_told import joined
from perfkit.recording import Note
from perfkit.span_ids import identified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.span_ids import Ints

__all__ = ["combine"]

#: What a whole takes from its parts where it has nothing itself.
_TAKEN = (
    *("parent_id", "service", "started_at", "error", "statement", "fingerprint"),
    *("fingerprint_id", "route", "url", "peer", "status", "resource"),
)
#: Two services answer a call with one id, retries some more.
_HALVES = 16
_MADE = ("requests", "queries")
_NO_KIND, _NO_CATEGORY = "internal", "other"


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Put the parts of spans together, drop repeated ones, fill in the self time."""
    open_ended = any(p.tables["spans"]["duration_ms"].null_count for p in parts if p.tables)
    return whole.combine(_merged(parts) if open_ended else parts)


def _merged(parts: Sequence[Parsed]) -> Sequence[Parsed]:
    spans = pa.concat_tables(part.tables["spans"] for part in parts)
    one, rows = concatenate(parts), (_rows(parts, 0), _rows(parts, 1))
    sizes = tuple(one.tables[name].num_rows for name in _MADE)
    known = sizes == tuple(map(len, rows))  # rows were left out since: numbers say nothing
    found = _fragments(spans) if known else {}
    if not found:
        return parts
    keep = np.ones(spans.num_rows, np.bool_)
    keep[list(found)] = False
    mended = _filled(spans, found).filter(pa.array(keep))
    contents = {**one.tables, "spans": mended}
    for name, of in zip(_MADE, rows, strict=True):
        contents[name] = one.tables[name].filter(pa.array(keep[of]))
    number = np.cumsum(keep) - 1
    requests, queries = (number[of[keep[of]]] for of in rows)
    met = {"broken_spans": sum(part.carry.met["broken_spans"] for part in parts)}
    lost = len(pc.unique(spans["line"])) - len(pc.unique(mended["line"]))
    message = f"{len(found):,} spans without a duration are parts of others and were put into them"
    whole_one = replace(
        one,
        tables=contents,
        irrelevant=one.irrelevant + lost,
        notes=(*one.notes, Note(kind="partial_spans", message=message)),
        carry=whole.Carry(requests, queries, met),
    )
    return [whole_one]


def _rows(parts: Sequence[Parsed], place: int) -> Ints:
    base, found = 0, []
    for part in parts:
        found.append(part.carry[place] + base)
        base += part.tables["spans"].num_rows
    return np.concatenate(found)


def _fragments(spans: pa.Table) -> dict[int, int]:
    """Return the rows that are parts, and of which row each is one."""
    own = identified(spans).own
    unknown = ~spans["duration_ms"].is_valid().to_numpy()
    size = np.bincount(own + 1)
    open_ended = np.bincount(own + 1, weights=unknown) > 0
    rows = np.flatnonzero((own >= 0) & (size[own + 1] > 1) & open_ended[own + 1])
    some = spans.select(["service", "resource", "kind"]).take(pa.array(rows)).to_pylist()
    wholes: dict[int, list[tuple[int, Any]]] = {}
    for row, said in zip(rows.tolist(), some, strict=True):
        halves = wholes.setdefault(int(own[row]), [])
        if not unknown[row] and len(halves) < _HALVES:
            halves.append((row, said))
    found = {}
    for row, said in zip(rows.tolist(), some, strict=True):
        target = _whole_of(said, wholes[int(own[row])]) if unknown[row] else None
        if target is not None:
            found[row] = target
    return found


def _whole_of(said: dict[str, Any], wholes: Sequence[tuple[int, Any]]) -> int | None:
    """Return the row that a part belongs to; a client's or local one before a server's."""
    for serves in (False, True):
        for row, other in wholes:
            same_kind = said["kind"] in {_NO_KIND, other["kind"]}
            here = not said["service"] or (
                said["service"] == other["service"]
                and said["resource"] in {None, other["resource"]}
            )
            if (other["kind"] in {"server", "consumer"}) == serves and same_kind and here:
                return row
    return None


def _filled(spans: pa.Table, found: dict[int, int]) -> pa.Table:
    """Return the spans with what their parts add."""
    targets = {row: number for number, row in enumerate(dict.fromkeys(found.values()))}
    wholes, parts = _dicts(spans, list(targets)), _dicts(spans, list(found))
    for part, row in zip(parts, found.values(), strict=True):
        target = wholes[targets[row]]
        for name in _TAKEN:
            target[name] = part[name] if target[name] is None else target[name]
        if target["category"] == _NO_CATEGORY:
            target["category"] = part["category"]
        target["attributes"] = joined(target["attributes"], part["attributes"])
    added = {name: [one[name] for one in wholes] for name in spans.column_names}
    both = pa.concat_tables([spans, tables.from_columns("spans", added)])
    order = np.arange(spans.num_rows)
    order[list(targets)] = spans.num_rows + np.arange(len(targets))
    return both.take(pa.array(order))


def _dicts(spans: pa.Table, rows: list[int]) -> list[dict[str, Any]]:
    """Return some rows; times as integers, since datetimes have no nanoseconds."""
    some = spans.take(pa.array(rows, pa.int64()))
    index = some.schema.get_field_index("started_at")
    numbers = some["started_at"].cast(pa.int64())
    found: list[dict[str, Any]] = some.set_column(index, "started_at", numbers).to_pylist()
    return found
