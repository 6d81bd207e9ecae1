"""Columns of Arrow tables as arrays of numbers, and a few rows of them by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["MINUTE", "UNKNOWN_TIME", "distinct", "integers", "rows_at", "taken", "zeroed"]

MINUTE = 60_000_000_000  # nanoseconds
UNKNOWN_TIME = np.iinfo(np.int64).min


def zeroed(values: Floats) -> Floats:
    """Return values with 0 for unknown; the same array where all are known."""
    unknown = np.isnan(values)
    return np.where(unknown, 0.0, values) if unknown.any() else values


def distinct(values: Ints) -> Ints:
    """Return what occurs, in order (NumPy's ``unique`` takes ten times as long for many)."""
    ordered = np.sort(values)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(values) else values


def rows_at(table: pa.Table, rows: Ints) -> pa.Table:
    """Return rows by their position; texts plain, dictionaries neither joined nor copied."""
    columns = {name: taken(table[name], rows) for name in table.column_names}
    return pa.table(columns)


def taken(column: pa.ChunkedArray, rows: Ints) -> pa.Array:
    """Return values of a column by their position; texts plain."""
    plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    lengths = [len(chunk) for chunk in column.chunks]
    ends = np.cumsum(lengths, dtype=np.int64)
    chunk_of = np.searchsorted(ends, rows, side="right")
    order = np.argsort(chunk_of, kind="stable")
    parts = [pa.array([], plain)]
    for number in distinct(chunk_of.astype(np.int64)).tolist():
        inside = rows[order][chunk_of[order] == number] - (ends[number] - lengths[number])
        parts.append(column.chunk(number).take(pa.array(inside)).cast(plain))
    back = np.empty(len(rows), np.int64)
    back[order] = np.arange(len(rows))
    return pa.concat_arrays(parts).take(pa.array(back))


def integers(column: pa.ChunkedArray) -> Ints:
    """Return whole numbers or times (nanoseconds since 1970); unknown is ``UNKNOWN_TIME``.

    Not to be written to: it may be the column itself.
    """
    if column.num_chunks == 1 and not column.null_count:
        return np.asarray(column.chunk(0).cast(pa.int64()).to_numpy(), np.int64)
    numbers = np.empty(len(column), np.int64)
    at = 0
    for chunk in column.chunks:
        known = pc.fill_null(chunk.cast(pa.int64()), UNKNOWN_TIME)
        numbers[at : at + len(chunk)] = known.to_numpy(zero_copy_only=False)
        at += len(chunk)
    return numbers
