"""Rows that belong to what is asked for, across tables that do not name it.

A route stands in ``requests`` and on one span of a trace; the statements below it carry only
the trace's or the request's id. So the conditions are met in the tables that name them
(*anchors*), and the ids found there select from the others.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.recording import Note, Recording
from perfkit.routes import routes
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["where"]

#: What joins rows of different tables.
IDS = ("trace_id", "request_id")

Keys = dict[str, pa.Array]  # id column -> the ids that belong to the selection


def where(rec: Recording, conditions: Mapping[str, Any]) -> Recording:
    """Keep what belongs to ``conditions`` (column -> value); see :meth:`Recording.where`.

    A row must meet every condition that its table names. Requests whose log names no route have
    that of their path, as analyses show it, and keep it. Spans are kept by whole traces. A
    table that does not name all conditions is narrowed by trace and request ids; a table that
    has neither is kept whole and noted in ``quality``.

    Raises:
        UsageError: a column of no table, a value that does not fit it, or a column that is
            unknown in every row.

    Example:
        >>> rec.where(service="shop", route="/orders")
    """
    wanted = {column: _scalar(column, value) for column, value in conditions.items()}
    filled = {name: table for name, table in rec.contents.items() if table.num_rows}
    if not filled or not wanted:
        return rec
    if "route" in wanted:
        filled = {name: _with_routes(name, table) for name, table in filled.items()}
    for column in wanted:
        _require_known(column, filled)
    keys = _linked(_keys(filled, wanted), filled)
    kept = {name: _narrowed(name, table, wanted, keys) for name, table in filled.items()}
    notes = _notes(filled, wanted, keys, conditions)
    return replace(rec, contents={**rec.contents, **kept}).with_quality(*notes)


def _scalar(column: str, value: Any) -> pa.Scalar:
    """Return ``value`` in the type of ``column``."""
    types = {s.field(column).type for s in tables.TABLES.values() if column in s.names}
    if not types:
        names = sorted({name for schema in tables.TABLES.values() for name in schema.names})
        near = difflib.get_close_matches(column, names, n=3)
        raise UsageError(
            f"where: no table has a column {visible(column, 60)!r}",
            hint=f"did you mean {' or '.join(near)}?" if near else "look at rec.requests.columns",
        )
    kind = next(iter(types - {tables.ARROW["category"]}), pa.string())
    try:
        if value is None or pa.types.is_timestamp(kind):
            raise pa.ArrowInvalid("not a value to compare with")
        return pa.scalar(value).cast(kind)
    except (pa.ArrowException, OverflowError, UnicodeError):
        raise UsageError(
            f"where: {visible(repr(value), 60)} is not a value of {column!r} ({kind})",
            hint="times are selected with rec.between(start, end)",
        ) from None


def _with_routes(name: str, table: pa.Table) -> pa.Table:
    """Return requests with the routes that analyses show: those of their paths, if none is told."""
    if name != "requests" or not table["route"].null_count or "path" not in table.column_names:
        return table
    place = table.column_names.index("route")
    return table.set_column(place, table.schema.field("route"), routes(table).dictionary_encode())


def _require_known(column: str, filled: Mapping[str, pa.Table]) -> None:
    if any(_knows(table, column) for table in filled.values()):
        return
    known = {name for table in filled.values() for name in table.column_names}
    known = {name for name in known if any(_knows(table, name) for table in filled.values())}
    raise UsageError(
        f"where: {column!r} is unknown in every row of this recording",
        hint=f"columns with values: {', '.join(sorted(known))}",
    )


def _knows(table: pa.Table, column: str) -> bool:
    """Say whether ``table`` has ``column`` with at least one value."""
    return column in table.column_names and table[column].null_count < table.num_rows


def _named(table: pa.Table, wanted: Mapping[str, pa.Scalar]) -> list[str]:
    return [column for column in wanted if _knows(table, column)]


def _matches(table: pa.Table, wanted: Mapping[str, pa.Scalar], columns: Iterable[str]) -> Any:
    """Return a mask of the rows that are known to meet the conditions on ``columns``."""
    masks = (pc.equal(table[name], wanted[name]) for name in columns)
    return reduce(pc.and_, (pc.fill_null(mask, fill_value=False) for mask in masks))


def _keys(filled: Mapping[str, pa.Table], wanted: Mapping[str, pa.Scalar]) -> Keys:
    """Collect the ids of rows that meet all conditions.

    Where no table names them all, the ids that meet each of them somewhere are intersected.
    """
    anchors = [t for t in filled.values() if len(_named(t, wanted)) == len(wanted)]
    if anchors:
        return _ids(anchors, wanted, list(wanted))
    each = [
        _ids([t for t in filled.values() if _knows(t, column)], wanted, [column])
        for column in wanted
    ]
    shared = [name for name in IDS if all(name in keys for keys in each)]
    return {name: reduce(_intersection, (keys[name] for keys in each)) for name in shared}


def _ids(anchors: list[pa.Table], wanted: Mapping[str, pa.Scalar], columns: list[str]) -> Keys:
    keys = {}
    for name in IDS:
        having = [table for table in anchors if _knows(table, name)]
        if having:
            keys[name] = _union(
                table[name].filter(_matches(table, wanted, columns)) for table in having
            )
    return keys


def _linked(keys: Keys, filled: Mapping[str, pa.Table]) -> Keys:
    """Add request ids of the traces found, and traces of the requests found."""
    pairs = [t for t in filled.values() if all(_knows(t, name) for name in IDS)]
    if not pairs or not keys:
        return keys
    found: dict[str, list[Any]] = {name: [ids] for name, ids in keys.items()}
    for table in pairs:
        mine = table.filter(_member(table, keys))
        for name in IDS:
            found.setdefault(name, []).append(mine[name])
    return {name: _union(parts) for name, parts in found.items()}


def _union(parts: Iterable[Any]) -> pa.Array:
    chunks = [
        chunk
        for part in parts
        for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])
    ]
    return pa.chunked_array(chunks, pa.string()).drop_null().unique()


def _intersection(a: pa.Array, b: pa.Array) -> pa.Array:
    return a.filter(pc.is_in(a, value_set=b))


def _member(table: pa.Table, keys: Keys) -> Any:
    """Return a mask of the rows that carry one of the ids."""
    masks = [pc.is_in(table[name], value_set=keys[name]) for name in _joins(table, keys)]
    return reduce(pc.or_, masks)


def _joins(table: pa.Table, keys: Keys) -> list[str]:
    return [name for name in keys if _knows(table, name)]


def _narrowed(name: str, table: pa.Table, wanted: Mapping[str, pa.Scalar], keys: Keys) -> pa.Table:
    columns = _named(table, wanted)
    joined = bool(_joins(table, keys))
    if len(columns) == len(wanted):
        own = _matches(table, wanted, columns)
        return table.filter(
            pc.or_(own, _member(table, keys)) if name == "spans" and joined else own
        )
    if joined:
        table = table.filter(_member(table, keys))
        columns = [] if name == "spans" else columns
    return table.filter(_matches(table, wanted, columns)) if columns else table


def _notes(
    filled: Mapping[str, pa.Table],
    wanted: Mapping[str, pa.Scalar],
    keys: Keys,
    conditions: Mapping[str, Any],
) -> list[Note]:
    """Say which tables were kept whole, and which lost rows that carry no id."""
    asked = visible(", ".join(f"{name}={value!r}" for name, value in conditions.items()), 80)
    notes = []
    apart = [n for n, t in filled.items() if len(_named(t, wanted)) < len(wanted)]
    whole = [name for name in apart if not _joins(filled[name], keys)]
    if whole:
        notes.append(
            Note(
                kind="not-narrowed",
                message=f"where({asked}) kept {', '.join(whole)} whole: nothing joins them",
            )
        )
    for name in apart:
        lost = _without_id(filled[name], keys)
        if lost:
            notes.append(
                Note(
                    kind="rows-without-trace",
                    message=f"where({asked}) left out rows of {name} without an id: {lost:,}",
                )
            )
    return notes


def _without_id(table: pa.Table, keys: Keys) -> int:
    """Count the rows of a table narrowed by ids that carry none of them."""
    joins = _joins(table, keys)
    if not joins:
        return 0
    return int(pc.sum(reduce(pc.and_, [pc.is_null(table[name]) for name in joins])).as_py() or 0)
