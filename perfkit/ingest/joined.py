"""Recordings of single inputs -> one, and what only all inputs together can tell."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, chain
from operator import attrgetter

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import InputError, UnknownFormat
from perfkit.formats.traces import trees
from perfkit.recording import Note, Recording
from perfkit.truncated_statements import match_truncated

__all__ = ["finished", "joined", "nothing"]

_SHOWN = 5
#: What identifies a span, and the request and the query that were made from it.
_SPAN_KEYS = {
    "spans": ("trace_id", "span_id", "started_at", "kind"),
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
    if "spans" in rec.contents:
        if pc.count_distinct(rec.contents["spans"]["source"]).as_py() > 1:
            rec, repeated = _across_files(rec)
            notes += repeated
        notes += trees.missing_parents(rec.contents["spans"])
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


def _across_files(rec: Recording) -> tuple[Recording, list[Note]]:
    contents = dict(rec.contents)
    traced = pc.unique(contents["spans"]["source"])
    for name, keys in _SPAN_KEYS.items():
        if name in contents:
            contents[name] = _without_repeats(contents[name], keys, traced)
    repeated = rec.contents["spans"].num_rows - contents["spans"].num_rows
    contents["spans"] = trees.with_self_ms(contents["spans"])
    message = f"{repeated:,} spans are in more than one file and are counted once"
    notes = [Note(kind="duplicate_spans", message=message)] if repeated else []
    return replace(rec, contents=contents), notes


def _without_repeats(table: pa.Table, keys: tuple[str, ...], traced: pa.Array) -> pa.Table:
    keep = trees.first_of_each(table.select(keys))
    others = pc.invert(pc.is_in(table["source"], value_set=traced))
    return table.filter(pc.or_(pa.array(keep), others))


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
