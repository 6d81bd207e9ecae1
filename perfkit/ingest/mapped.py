"""Any table of your own: CSV, TSV, JSON lines or Parquet, with its columns named by you."""

from __future__ import annotations

import difflib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables, units
from perfkit.clock import time_zone
from perfkit.errors import InputError, MissingColumn, UsageError
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.model import BadLine, Parsed
from perfkit.formats.requests.durations import to_ms
from perfkit.formats.requests.keys import role
from perfkit.formats.times import read_times
from perfkit.recording import Note
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Layout", "read_mapped"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the user said about a table: which one, which column is which, unit, zone."""

    table: str
    columns: Mapping[str, str]
    unit: str | None = None
    zone: str | None = None


def read_mapped(data: bytes, name: str, said: Layout) -> Parsed:
    """Read a whole CSV, TSV, JSON-lines or Parquet file as table ``said.table``.

    Raises:
        MissingColumn: a column that the file or the table does not have.
        UsageError: a unit or time zone that must be said, or values of another type.
        InputError: the file is none of these.
    """
    target = tables.schema(said.table)
    raw, rejected = _read(data, name)
    sources = _sources(raw, target, name, said.columns)
    columns = {
        column: _column(raw[origin], origin, target.field(column), said)
        for column, origin in sources.items()
    }
    notes = [
        *_left_out([column for column in raw.column_names if column not in sources.values()]),
        *(
            note
            for column, origin in sources.items()
            for note in _lost(raw, columns, column, origin)
        ),
    ]
    if said.table in {"queries", "spans"} and "fingerprint" not in columns:
        columns |= _fingerprints(columns)
    columns["line"] = np.arange(1, raw.num_rows + 1)
    table = tables.from_columns(said.table, columns, rows=raw.num_rows)
    return Parsed(
        tables={said.table: table},
        rejected=tuple(rejected[:1000]),
        rejected_lines=len(rejected),
        lines=raw.num_rows + len(rejected),
        notes=tuple(notes),
    )


def _read(data: bytes, name: str) -> tuple[pa.Table, list[BadLine]]:
    rejected: list[BadLine] = []
    if data[:4] != b"PAR1":
        _require_utf8(data, name)
    try:
        if data[:4] == b"PAR1":
            import pyarrow.parquet as pq

            return pq.read_table(io.BytesIO(data)), rejected
        if data.lstrip()[:1] == b"{":
            import pyarrow.json as pj

            return pj.read_json(io.BytesIO(data)), rejected
        return _read_csv(data, rejected), rejected
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputError(
            f"{name}: cannot be read as a table ({visible(str(error), 120)})",
            hint="CSV, TSV, JSON lines and Parquet can be read so",
        ) from None


def _require_utf8(data: bytes, name: str) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        encoding = "utf-16" if utf16 else "latin-1"
        raise InputError(
            f"{name}: is not text in UTF-8", hint=f'say what it is, such as encoding="{encoding}"'
        ) from None


def _read_csv(data: bytes, rejected: list[BadLine]) -> pa.Table:
    from pyarrow import csv

    def reject(row: Any) -> str:
        reason = f"it has {row.actual_columns} columns instead of {row.expected_columns}"
        rejected.append(BadLine(line=row.number or 0, reason=reason, text=(row.text or "")[:500]))
        return "skip"

    head = data.split(b"\n", 1)[0]
    delimiter = max((b",", b"\t", b";", b"|"), key=head.count).decode()
    # where the semicolon separates columns, the comma separates decimals
    converting = csv.ConvertOptions(decimal_point="," if delimiter == ";" else ".")
    options = csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=b'"' in data, invalid_row_handler=reject
    )
    reading = csv.ReadOptions(use_threads=False)  # rows are numbered then
    return csv.read_csv(
        io.BytesIO(data),
        parse_options=options,
        read_options=reading,
        convert_options=converting,
    )


def _sources(
    raw: pa.Table, target: pa.Schema, name: str, said: Mapping[str, str]
) -> dict[str, str]:
    """Return the file's column for each column of the table."""
    read_as: dict[str, str] = {}
    for origin, column in said.items():
        _require(origin, raw.column_names, name)
        _require(column, target.names, "the table")
        if read_as.setdefault(column, origin) != origin:
            raise UsageError(
                f"load: columns {read_as[column]!r} and {origin!r} cannot both be {column!r}",
                hint="name one column of the file for each column of the table",
            )
    names = raw.column_names
    same = {
        column: column for column in names if column in target.names and names.count(column) == 1
    }
    found = same | {column: origin for origin, column in said.items()}
    if not found:
        example = {raw.column_names[0]: target.names[0]} if raw.column_names else {}
        raise MissingColumn(
            f"{name}: none of its columns has a name of the table's",
            hint=f"say which is which: columns={example!r}",
        )
    return found


def _require(column: str, known: list[str], where: str) -> None:
    if column not in known:
        near = difflib.get_close_matches(column, known, n=1)
        raise MissingColumn(
            f"{where}: there is no column {column!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"columns: {', '.join(known[:40])}",
        )
    if known.count(column) > 1:
        raise InputError(
            f"{where}: {known.count(column)} columns are named {column!r}",
            hint="give each column a name of its own",
        )


def _column(values: pa.ChunkedArray, origin: str, field: pa.Field, said: Layout) -> Any:
    if pa.types.is_timestamp(field.type):
        return _times(values, origin, said.zone)
    if field.name.endswith("_ms"):
        return _durations(values, origin, field.name, said)
    if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type):
        return values.cast(pa.string())
    return values


def _times(values: pa.ChunkedArray, origin: str, zone: str | None) -> Any:
    if pa.types.is_timestamp(values.type):
        if values.type.tz is not None:
            return values
        return _zoned(values.cast(pa.timestamp("ns")), origin, zone)
    if pa.types.is_date(values.type):
        return _zoned(values.cast(pa.timestamp("ns")), origin, zone)
    times = read_times(values.to_pylist(), zone)
    if times.naive and zone is None:
        raise _no_zone(origin)
    return times.array


def _zoned(values: pa.ChunkedArray, origin: str, zone: str | None) -> Any:
    if zone is None:
        raise _no_zone(origin)
    time_zone(zone)
    return pc.assume_timezone(values, zone, ambiguous="earliest", nonexistent="earliest")


def _no_zone(origin: str) -> UsageError:
    return UsageError(
        f"column {origin!r} holds times without a time zone", hint='pass tz="UTC" (or yours)'
    )


def _unit(origin: str, column: str, said: Layout) -> str:
    """Return the unit that was said, else the one that the column's name tells, else ""."""
    if said.unit and origin in said.columns:
        return said.unit
    meaning = role(origin)
    return "ms" if origin == column else (meaning.unit if meaning else "")


def _durations(values: pa.ChunkedArray, origin: str, column: str, said: Layout) -> Any:
    unit = _unit(origin, column, said)
    if pa.types.is_string(values.type):
        return pa.array([to_ms(text, unit or "ms") for text in values.to_pylist()], pa.float64())
    if not unit:
        raise UsageError(
            f"the unit of column {origin!r} is not known", hint='pass unit="ms" (or s, us, ns)'
        )
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        raise UsageError(
            f"column {origin!r} holds {values.type}, which is no duration",
            hint=f"name another column for {column!r} in columns={{...}}",
        )
    ms = units.to_ms(values, unit)
    return pc.if_else(pc.greater_equal(ms, 0), ms, None)


def _lost(raw: pa.Table, columns: Mapping[str, Any], column: str, origin: str) -> list[Note]:
    """Say of how many values nothing is known; a column of nothing else was named wrongly."""
    if not column.endswith(("_at", "_ms")) and column != "at":
        return []
    given = pc.and_(raw[origin].is_valid(), pc.not_equal(raw[origin].cast(pa.string()), ""))
    values = columns[column]
    known = pc.is_finite(values) if pa.types.is_floating(values.type) else values.is_valid()
    lost = pc.and_not(given, pc.fill_null(known, fill_value=False))
    count, total = pc.sum(lost).as_py() or 0, pc.sum(given).as_py() or 0
    if not count:
        return []
    kind = "durations" if column.endswith("_ms") else "times"
    example = visible(str(raw[origin].filter(lost)[0].as_py()), 40)
    if count == total:
        raise UsageError(
            f"column {origin!r} holds no {kind} that can be read, such as {example!r}",
            hint="write times as 2026-01-31 14:02:00, durations as 1.5 or 1.5 s",
        )
    message = f"{count:,} of {total:,} values of {origin!r} are no {kind} (such as {example!r})"
    return [Note(kind="values_unknown", message=f"{message}: they are unknown")]


def _fingerprints(columns: Mapping[str, Any]) -> dict[str, Any]:
    if "statement" not in columns:
        return {}
    fingerprint, identifier = fingerprint_many(columns["statement"])
    return {"fingerprint": fingerprint, "fingerprint_id": identifier}


def _left_out(columns: list[str]) -> list[Note]:
    if not columns:
        return []
    shown = ", ".join(visible(column, 40) for column in columns[:10])
    message = f"columns without a place in the table were left out: {shown}"
    return [Note(kind="columns_left_out", message=message)]
