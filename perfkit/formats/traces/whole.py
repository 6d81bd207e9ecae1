"""What all chunks of one trace file tell together: repeats, self time, what is wrong with it.

Every trace format uses :func:`combine`. Its chunks carry which spans are requests and queries, as
:func:`.span_rows.span_tables` returns them: as a tuple, or as a :class:`Carry` where there is
something to count.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Parsed, concatenate
from perfkit.pool_waits import waits
from perfkit.recording import Note
from perfkit.self_time import with_self_ms
from perfkit.span_ids import identified, repeated
from perfkit.span_joining import first_of_each, without
from perfkit.span_tree import link
from perfkit.trace_faults import implausible_times, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perfkit.span_ids import Flags, Ints

__all__ = ["COUNTED", "Carry", "combine"]

#: What chunks count -> what is said of their sum.
COUNTED = {
    "broken_spans": "{:,} spans without a valid id or of a wrong shape are left out",
    "dropped_data": "attributes, events or links were dropped from {:,} spans by the "
    "instrumentation's limits: what is not there may have been",
}


class Carry(NamedTuple):
    """Which spans are requests and queries, and how often each kind of :data:`COUNTED` was met."""

    request_rows: Any
    query_rows: Any
    met: Mapping[str, int]


#: What identifies a request and a query where it is not known which span they are.
_KEYS = {
    "requests": ["trace_id", "started_at", "duration_ms", "service", "route", "path"],
    "queries": ["trace_id", "span_id", "started_at", "duration_ms"],
}


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Drop repeated spans with their requests and queries, fill in self times and pool waits."""
    whole = concatenate(parts)
    if not parts or "spans" not in whole.tables:
        return whole
    spans = whole.tables["spans"]
    ids = identified(spans)
    again = repeated(spans, ids)
    notes = [*whole.notes, *_counted(parts)]
    if len(again):
        whole = _once(whole, parts, again)
        spans = whole.tables["spans"]
        ids = identified(spans)
        message = f"{len(again):,} spans were exported more than once and are counted once"
        notes.append(Note(kind="duplicate_spans", message=message))
    if spans.num_rows:
        links = link(spans, ids)
        notes += [*told(spans, links), *implausible_times(spans)]
        spans = with_self_ms(spans, links)
    contents = {**whole.tables, "spans": spans, "checkouts": waits(spans)}
    return replace(
        whole,
        tables={name: table for name, table in contents.items() if table.num_rows},
        notes=tuple(notes),
    )


def _once(whole: Parsed, parts: Sequence[Parsed], again: Ints) -> Parsed:
    """Leave out the spans ``again``, and the requests and queries that they are."""
    spans = whole.tables["spans"]
    keep = np.ones(spans.num_rows, np.bool_)
    keep[again] = False
    contents = {**whole.tables, "spans": without(spans, again)}
    for place, name in enumerate(_KEYS):
        if name in contents:
            mask = _kept(contents[name], spans, keep, _span_rows(parts, place), _KEYS[name])
            contents[name] = without(contents[name], np.flatnonzero(~mask))
    lost = len(pc.unique(spans["line"])) - len(pc.unique(contents["spans"]["line"]))
    return replace(whole, tables=contents, irrelevant=whole.irrelevant + lost)


def _kept(table: pa.Table, spans: pa.Table, keep: Flags, rows: Ints, keys: list[str]) -> Flags:
    """Say which requests (or queries) are not those of a span that is left out.

    Where rows were left out by time or duration before, numbers of rows say nothing.
    """
    if len(rows) == table.num_rows and rows.max(initial=-1) < spans.num_rows:
        start = spans["started_at"].take(pa.array(rows))
        if start.equals(table["started_at"]):
            return keep[rows]
    return first_of_each(table.select(keys))


def _span_rows(parts: Sequence[Parsed], place: int) -> Any:
    base, found = 0, [np.zeros(0, np.int64)]
    for part in parts:
        if "spans" in part.tables:
            found.append(part.carry[place] + base)
            base += part.tables["spans"].num_rows
    return np.concatenate(found)


def _counted(parts: Iterable[Parsed]) -> list[Note]:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.carry.met if isinstance(part.carry, Carry) else {})
    return [
        Note(kind=kind, message=sentence.format(counts[kind]))
        for kind, sentence in COUNTED.items()
        if counts[kind]
    ]
