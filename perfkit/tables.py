"""The canonical tables: columns, types, units, validation.

Inside, tables are Arrow; :func:`to_pandas` turns one into a DataFrame at the door.
The unit of a number is in its name (``_ms``, ``_bytes``); unknown is null, never 0 or "".

========== ============= =================================
kind       Arrow         pandas
========== ============= =================================
time       timestamp ns  ``datetime64[ns, UTC]``
number     float64       ``float64`` (unknown: NaN)
integer    int64         ``Int64``
text       string        ``str``
category   dictionary    ``category``
flag       bool          ``boolean``
bytes      binary        ``object``
========== ============= =================================
"""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.errors import MissingColumn, UsageError
from perfkit.pandas_later import ready_pandas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = [
    "TABLES",
    "concat",
    "conform",
    "empty",
    "from_columns",
    "from_pandas",
    "to_pandas",
    "unified",
    "with_column",
]

ARROW: dict[str, pa.DataType] = {
    "time": pa.timestamp("ns", "UTC"),
    "number": pa.float64(),
    "integer": pa.int64(),
    "text": pa.string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "flag": pa.bool_(),
    "bytes": pa.binary(),
}

_EVERY_ROW = "source:integer line:integer attributes:bytes"

_COLUMNS: dict[str, str] = {
    "requests": """started_at:time duration_ms:number method:category route:category path:text
        status:integer service:category client:category response_bytes:integer request_id:text
        trace_id:text weight:number error:text kind:category peer:category upstream_ms:number
        cache_status:category""",
    "queries": """started_at:time duration_ms:number duration_kind:category phase:category
        statement:category parameters:text fingerprint:category fingerprint_id:category
        system:category database:category user:category application:category session_id:category
        client:category request_id:text trace_id:text span_id:text rows_returned:integer
        rows_examined:integer lock_ms:number weight:number error:text""",
    "statement_totals": """since:time until:time statement:category fingerprint:category
        fingerprint_id:category system:category database:category user:category calls:integer
        total_ms:number mean_ms:number min_ms:number max_ms:number stddev_ms:number
        p95_ms:number p99_ms:number rows_returned:integer rows_examined:integer
        lock_ms:number errors:integer""",
    "spans": """trace_id:text span_id:text parent_id:text service:category name:category
        kind:category category:category started_at:time duration_ms:number self_ms:number
        error:text statement:category fingerprint:category fingerprint_id:category
        route:category url:category peer:category status:integer calls:integer weight:number
        resource:category""",
    "events": """at:time kind:category duration_ms:number bytes:integer message:text
        session_id:category database:category user:category sqlstate:category""",
    "metrics": "at:time host:category name:category value:number unit:category",
    "plans": """at:time duration_ms:number fingerprint_id:category statement:category
        plan:text shape_id:category""",
    "pool_samples": """at:time pool:category size:integer max_size:integer in_use:integer
        idle:integer waiting:integer timeouts_total:integer wait_ms_total:number
        hold_ms_total:number requests_total:integer""",
    "checkouts": """pool:category worker:category requested_at:time acquired_at:time
        released_at:time wait_ms:number hold_ms:number busy_ms:number stack:category
        trace_id:text""",
    "stacks": "at:time thread:category stack:category weight_ms:number samples:integer",
    "load_tests": """tool:category name:category requests:integer failures:integer
        rate_per_s:number mean_ms:number p50_ms:number p90_ms:number p95_ms:number p99_ms:number
        max_ms:number corrected:flag at:time elapsed_ms:number concurrency:integer""",
}


def _schema(columns: str) -> pa.Schema:
    pairs = (item.split(":") for item in f"{columns} {_EVERY_ROW}".split())
    return pa.schema([(name, ARROW[kind]) for name, kind in pairs])


#: Table name -> Arrow schema. The order of the columns is the order people see.
TABLES: dict[str, pa.Schema] = {name: _schema(columns) for name, columns in _COLUMNS.items()}

#: The column that says when a row happened.
TIME_COLUMN = {name: schema.field(0).name for name, schema in TABLES.items()} | {
    "spans": "started_at",
    "checkouts": "requested_at",
    "statement_totals": "until",
    "load_tests": "",
}


def schema(table: str) -> pa.Schema:
    """Return the schema of ``table``; an unknown name is a :class:`UsageError`."""
    try:
        return TABLES[table]
    except KeyError:
        near = difflib.get_close_matches(table, TABLES, n=1)
        raise UsageError(
            f"there is no table {table!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"tables: {', '.join(TABLES)}",
        ) from None


def empty(table: str) -> pa.Table:
    """Return ``table`` with its columns and no rows."""
    return schema(table).empty_table()


def from_columns(table: str, columns: Mapping[str, Any], *, rows: int | None = None) -> pa.Table:
    """Build ``table`` from columns (lists, NumPy or Arrow); absent columns are unknown.

    Raises:
        MissingColumn: a column that the table does not have.
        UsageError: values that do not fit the column's type.
    """
    target = schema(table)
    unknown = [name for name in columns if name not in target.names]
    if unknown:
        near = difflib.get_close_matches(unknown[0], target.names, n=1)
        raise MissingColumn(
            f"table {table!r} has no column {unknown[0]!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"columns: {', '.join(target.names)}",
        )
    count = rows if rows is not None else _length(columns)
    arrays = [
        _column(field, columns[field.name]) if field.name in columns else _nulls(field, count)
        for field in target
    ]
    return pa.table(arrays, schema=target)


def conform(table: pa.Table, name: str) -> pa.Table:
    """Apply the schema of ``name`` again (after reading or joining files).

    Columns beyond the schema are dropped: what a format knows beyond it belongs
    into ``attributes``.
    """
    known = {column: table[column] for column in table.column_names if column in schema(name).names}
    return from_columns(name, known, rows=table.num_rows)


def concat(tables: Sequence[pa.Table], name: str) -> pa.Table:
    """Put tables of one kind behind each other; nothing is copied, dictionaries stay apart."""
    if not tables:
        return empty(name)
    return pa.concat_tables([t.cast(schema(name)) for t in tables])


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    """Return ``table`` with the values (Arrow or NumPy) in the place of column ``name``."""
    index = table.schema.get_field_index(name)
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values)
    return table.set_column(index, table.schema.field(index), values)


def unified(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column whose chunks share one dictionary (other columns as they are)."""
    if column.num_chunks < 2 or not pa.types.is_dictionary(column.type):  # noqa: PLR2004 - two can differ
        return column
    return column.unify_dictionaries()


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return any Arrow table as a DataFrame with the types of the module's docstring."""
    import pandas as pd

    columns = {name: _series(table[name]) for name in table.column_names}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def from_pandas(frame: pd.DataFrame, name: str, *, tz: str | None = None) -> pa.Table:
    """Return a DataFrame as table ``name``.

    Columns beyond the schema go into ``attributes`` as JSON, unless the frame has that column.

    Raises:
        UsageError: a column that cannot be read as its type, or times without a zone
            when ``tz`` is not given.
    """
    ready_pandas()
    _require_unique(frame)
    columns: dict[str, Any] = {}
    for field in schema(name):
        if field.name in frame.columns:
            array = _to_arrow(frame[field.name], field)
            timed = pa.types.is_timestamp(field.type)
            columns[field.name] = _zoned(array, field.name, tz) if timed else array
    beyond = [column for column in frame.columns if column not in schema(name).names]
    if beyond and "attributes" not in columns:
        columns["attributes"] = _as_json(frame[beyond])
    return from_columns(name, columns, rows=len(frame))


def _require_unique(frame: pd.DataFrame) -> None:
    column, times = (
        Counter(map(str, frame.columns)).most_common(1)[0] if len(frame.columns) else ("", 1)
    )
    if times > 1:
        raise UsageError(
            f"the frame has {times} columns named {column!r}", hint="rename or drop all but one"
        )


def _as_json(frame: pd.DataFrame) -> list[bytes]:
    """Return each row as one JSON object."""
    lines = frame.to_json(orient="records", lines=True, date_format="iso", default_handler=str)
    return [line.encode() for line in lines.split("\n")[: len(frame)]]


def _zoned(array: pa.Array, column: str, tz: str | None) -> pa.Array:
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array = _parse_times(array, column)
    if not pa.types.is_timestamp(array.type) or array.type.tz is not None:
        return array
    if tz is None:
        raise UsageError(
            f"column {column!r} holds times without a time zone", hint='pass tz="UTC" (or yours)'
        )
    try:
        return pc.assume_timezone(array, tz, ambiguous="earliest", nonexistent="earliest")
    except pa.ArrowInvalid:
        raise UsageError(
            f"there is no time zone {tz!r}", hint='use a name such as "UTC" or "Europe/Berlin"'
        ) from None


def _parse_times(array: pa.Array, column: str) -> pa.Array:
    import pandas as pd

    try:
        return pa.array(pd.to_datetime(array.to_pandas(), format="ISO8601"), from_pandas=True)
    except ValueError as error:
        raise UsageError(
            f"column {column!r} holds a text that is not a time: {error}",
            hint="convert it first, for example with pandas.to_datetime(..., utc=True)",
        ) from None


def _length(columns: Mapping[str, Any]) -> int:
    return len(next(iter(columns.values()))) if columns else 0


def _nulls(field: pa.Field, count: int) -> pa.Array:
    if pa.types.is_dictionary(field.type):
        return pa.nulls(count, pa.string()).dictionary_encode().cast(field.type)
    return pa.nulls(count, field.type)


def _column(field: pa.Field, values: Any) -> pa.ChunkedArray:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else _to_arrow(values, field)
    try:
        return _cast(array, field.type)
    except pa.ArrowException as error:
        raise _unfit(field, error) from None


def _to_arrow(values: Any, field: pa.Field) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, UnicodeError) as error:
        raise _unfit(field, error) from None


def _unfit(field: pa.Field, error: Exception) -> UsageError:
    return UsageError(
        f"column {field.name!r} does not hold {field.type}: {error}",
        hint="convert the column, or name another with columns={...}",
    )


def _cast(array: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if pa.types.is_floating(array.type) and pc.any(pc.is_nan(array)).as_py():
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    if array.type == kind:
        return array
    if pa.types.is_dictionary(kind):
        plain = array.cast(pa.string())
        return plain.dictionary_encode().cast(kind)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_timestamp(kind) and pa.types.is_integer(array.type):
        array = array.cast(pa.int64())
    return array.cast(kind)


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    import pandas as pd

    kind = column.type
    nullable: dict[Any, Any] = {}
    if pa.types.is_integer(kind):
        nullable[kind] = pd.Int64Dtype()
    if pa.types.is_boolean(kind):
        nullable[kind] = pd.BooleanDtype()
    if pa.types.is_dictionary(kind):
        column = column.unify_dictionaries()
    series: pd.Series[Any] = column.to_pandas(types_mapper=nullable.get)
    return series.astype("str") if pa.types.is_string(kind) else series
