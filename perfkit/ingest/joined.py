"""Recordings of single inputs -> one, and what only all inputs together can tell."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, chain
from operator import attrgetter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import InputError, UnknownFormat
from perfkit.formats.traces import trees
from perfkit.formats.traces.whole import without
from perfkit.recording import Note, Recording
from perfkit.span_ids import identified, repeated
from perfkit.span_tree import link
from perfkit.truncated_statements import match_truncated

__all__ = ["finished", "joined", "nothing"]

_SHOWN = 5
#: What identifies the request and the query that were made from a span.
_KEYS = {
    "queries": ("trace_id", "span_id", "started_at", "duration_kind"),
    "requests": ("trace_id", "started_at", "duration_ms", "service", "route", "path"),
}


def joined(parts: list[Recording], zone: str) -> Recording:
    """Put recordings behind each other; their source numbers are shifted."""
    if len(parts) == 1:
        return replace(parts[0], zone=zone)
    shifts = accumulate((len(part.inputs) for part in parts), initial=0)
    moved = list(map(_moved, parts, shifts))
    names = {name for part in moved for name in part.contents}
    return Recording(
        contents={name: _concatenated(moved, name) for name in tables.TABLES if name in names},
        inputs=tuple(chain.from_iterable(map(attrgetter("inputs"), moved))),
        rejects=tuple(chain.from_iterable(map(attrgetter("rejects"), moved))),
        quality=tuple(dict.fromkeys(chain.from_iterable(map(attrgetter("quality"), moved)))),
        zone=zone,
    )


def finished(rec: Recording, skipped: list[InputError]) -> Recording:
    """Mend what is in several files (traces, cut-off statements); note what was left out."""
    notes = []
    if skipped:
        shown = "; ".join(error.message for error in skipped[:_SHOWN])
        notes.append(Note(kind="skipped", message=f"{len(skipped):,} files were skipped: {shown}"))
    if "spans" in rec.contents and _unlinked(rec.contents["spans"]):
        rec = _across_files(rec)
    rec, unmatched = _whole_statements(rec)
    return rec.with_quality(*notes, *unmatched)


def _whole_statements(rec: Recording) -> tuple[Recording, list[Note]]:
    """Let statements that one log cut off meet those that another has whole."""
    queries = rec.contents.get("queries")
    if queries is None or queries["attributes"].null_count == queries.num_rows:
        return rec, []
    matched = match_truncated(queries)
    if matched.queries is queries:
        return rec, []
    return replace(rec, contents={**rec.contents, "queries": matched.queries}), matched.notes


def nothing(skipped: list[InputError]) -> InputError:
    """Return why no input at all can be used."""
    if len(skipped) == 1:
        return skipped[0]
    first = skipped[0].message
    return UnknownFormat(
        f"none of {len(skipped):,} files can be used, the first because: {first}",
        hint=skipped[0].hint,
    )


def _unlinked(spans: pa.Table) -> bool:
    """Say whether traces may be in several files, or nobody has looked at them as trees."""
    several: bool = pc.count_distinct(spans["source"]).as_py() > 1
    return several or spans["self_ms"].null_count == spans.num_rows > 0


def _across_files(rec: Recording) -> Recording:
    """Count once what is in several files, and tell of the traces as a whole."""
    contents = dict(rec.contents)
    spans = contents["spans"]
    ids = identified(spans)
    again = repeated(spans, ids)
    notes = [note for note in rec.quality if note.kind not in trees.KINDS]
    if len(again):
        traced = pc.unique(spans["source"])
        for name in _KEYS.keys() & contents.keys():
            contents[name] = _without_repeats(contents[name], _KEYS[name], traced)
        message = f"{len(again):,} spans are in more than one file and are counted once"
        notes.append(Note(kind="duplicate_spans", message=message))
        spans = without(spans, again)
        ids = identified(spans)
    links = link(spans, ids)
    notes += trees.told(spans, links)
    contents["spans"] = trees.with_self_ms(spans, links)
    return replace(rec, contents=contents, quality=tuple(dict.fromkeys(notes)))


def _without_repeats(table: pa.Table, keys: tuple[str, ...], traced: pa.Array) -> pa.Table:
    others = pc.invert(pc.is_in(table["source"], value_set=traced)).to_numpy()
    keep = trees.first_of_each(table.select(keys)) | others
    return without(table, np.flatnonzero(~keep))


def _moved(part: Recording, by: int) -> Recording:
    """Add ``by`` to every source number."""
    return replace(
        part,
        contents={name: _shifted(table, by) for name, table in part.contents.items()},
        rejects=tuple(replace(row, source=row.source + by) for row in part.rejects),
    )


def _concatenated(parts: list[Recording], name: str) -> pa.Table:
    return tables.concat([p.contents[name] for p in parts if name in p.contents], name)


def _shifted(table: pa.Table, by: int) -> pa.Table:
    index = table.schema.get_field_index("source")
    return table.set_column(index, table.schema.field(index), pc.add(table["source"], by))
