"""What rows are grouped by: one column or several, or a period of time."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.digests.columns import MINUTE, UNKNOWN_TIME, distinct, integers, taken
from perfkit.errors import UsageError
from perfkit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["grouping", "keyed", "keys_of"]

_PERIODS = {"minute": MINUTE, "hour": 60 * MINUTE}
#: What can be grouped by: every column but the record's own bytes, and two periods of time.
_CHOICES = (*(name for name in TABLES["queries"].names if name != "attributes"), *_PERIODS)


def grouping(group_by: str | Sequence[str]) -> tuple[str, ...]:
    """Return the columns that ``group_by`` names: ``"fingerprint"``, ``"user,database"``, ...

    Raises:
        UsageError: no column of that name.
    """
    parts = group_by.split(",") if isinstance(group_by, str) else group_by
    names = tuple(dict.fromkeys(name.strip() for name in parts if name.strip()))
    for name in names:
        if name not in _CHOICES:
            near = difflib.get_close_matches(name, _CHOICES, n=1)
            raise UsageError(
                f"group by: statements have no column {name!r}",
                hint=f"did you mean {near[0]!r}?" if near else f"columns: {', '.join(_CHOICES)}",
            )
    if not names:
        raise UsageError("group by: no column is named", hint='group_by="user,database"')
    same = {"fingerprint", "fingerprint_id"}
    return ("fingerprint_id",) if set(names) <= same else names


def keyed(columns: Sequence[groups.Groups]) -> tuple[list[NDArray[np.int32]], NDArray[np.int32]]:
    """Join several groupings: the code in each of every combination, and that of every row."""
    if len(columns) == 1:
        every = np.arange(len(columns[0].labels), dtype=np.int32)
        return [every], columns[0].codes
    key = columns[0].codes.astype(np.int64)
    for column in columns[1:]:
        key *= len(column.labels)
        key += column.codes
    present = distinct(key)
    code = np.searchsorted(present, key).astype(np.int32)
    codes = []
    for column in reversed(columns):
        codes.append((present % len(column.labels)).astype(np.int32))
        present = present // len(column.labels)
    return codes[::-1], code


def keys_of(queries: pa.Table, by: Sequence[str]) -> tuple[pa.Table, NDArray[np.int32]]:
    """Return the groups (texts; with the fingerprint where it is known), and that of each row."""
    columns = [_labelled(queries, name) for name in by]
    codes, code = keyed(columns)
    texts = {
        name: pa.array(column.labels, pa.string()).take(pa.array(chosen))
        for name, column, chosen in zip(by, columns, codes, strict=True)
    }
    keys = pa.table(texts)
    if by == ("fingerprint_id",):
        keys = keys.append_column("fingerprint", _texts(queries, code, keys.num_rows))
    return keys, code


def _labelled(queries: pa.Table, name: str) -> groups.Groups:
    if name in _PERIODS:
        return _periods(integers(queries["started_at"]), _PERIODS[name])
    column = queries[name]
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return groups.encode(column if pa.types.is_string(kind) else column.cast(pa.string()))


def _periods(ns: Ints, period: int) -> groups.Groups:
    number = np.where(ns == UNKNOWN_TIME, np.iinfo(np.int64).max, ns // period)
    present = distinct(number)
    known = present[present < np.iinfo(np.int64).max] * period
    times = pa.array(known, pa.timestamp("ns", "UTC")).cast(pa.timestamp("s", "UTC"))
    texts = pc.strftime(times, "%Y-%m-%dT%H:%M:%SZ")
    return groups.Groups([*texts.to_pylist(), None], np.searchsorted(present, number).astype("i4"))


def _texts(queries: pa.Table, code: NDArray[np.int32], count: int) -> pa.Array:
    """Return a fingerprint for every id: that of a row which has one."""
    known = queries["fingerprint"].is_valid().to_numpy()
    row = np.full(count, -1, np.int64)
    row[code[known]] = np.flatnonzero(known)
    texts = taken(queries["fingerprint"], np.maximum(row, 0)) if len(code) else pa.nulls(count)
    return pc.if_else(pa.array(row >= 0), texts.cast(pa.string()), pa.scalar(None, pa.string()))
