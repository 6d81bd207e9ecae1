"""Rows of pg_stat_statements -> the table ``statement_totals``, with what limits them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pyarrow as pa

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.statements.pg_columns import Columns, columns_of, integer, milliseconds
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.statements.grid import Row

__all__ = ["HIDDEN", "Totals", "totals"]

HIDDEN = "<insufficient privilege>"
_TIMES = ("total", "mean", "min", "max", "stddev", "p95", "p99")
#: Row counts that a LIMIT makes, and pg_stat_statements.max as it is unless set.
_LIMITS = frozenset({10, 15, 20, 25, 30, 50, 100, 200, 250, 500, 1000})
_MAXIMUM = 5000
#: So many texts of the longest length tell of left(query, n); the server itself cuts nothing.
_CUT_TEXTS, _CUT_LENGTH = 3, 2000
_SPELLED = {"t": True, "true": True, "f": False, "false": False}


class Totals(NamedTuple):
    """The table, rows that could not be used as (number, reason, text), and notes."""

    table: pa.Table
    bad: list[tuple[int, str, str]]
    notes: list[Note]


def totals(rows: Sequence[Row], columns: Columns | None = None) -> Totals:
    """Build the table; of columns without a unit nothing is taken.

    Args:
        rows: values by column name.
        columns: what the columns mean, when that is known already.
    """
    known = columns or columns_of(rows[0].values if rows else (), rows[0].values if rows else None)
    taken: list[dict[str, Any]] = []
    bad: list[tuple[int, str, str]] = []
    for row in rows:
        one, reason = _total(row, known)
        if reason:
            bad.append((row.number, reason, str(list(row.values.values()))[:500]))
        else:
            taken.append(one)
    return Totals(_table(taken), bad, _notes(taken, known))


def _total(row: Row, columns: Columns) -> tuple[dict[str, Any], str]:
    """Return one row's values, or why it cannot be used."""
    values = row.values
    statement = values.get(columns.roles.get("query", ""))
    if not isinstance(statement, str) or not statement.strip():
        return {}, "it has no text of a statement"
    if statement.strip() == HIDDEN:
        return {}, f"its text is hidden from the role that exported it: {HIDDEN}"
    calls = integer(values.get(columns.roles["calls"]))
    times = {
        base: milliseconds(values.get(name), unit) for base, (name, unit) in columns.times.items()
    }
    if calls is None or calls < 0 or (times.get("total") is None and times.get("mean") is None):
        return {}, "its calls or its times are not numbers"
    if times.get("total") is None:
        times["total"] = (times["mean"] or 0.0) * calls
    if times.get("mean") is None and calls:
        times["mean"] = (times["total"] or 0.0) / calls
    found = {f"{base}_ms": times.get(base) for base in _TIMES}
    said = {role: _text(values.get(columns.roles.get(role, ""))) for role in ("user", "database")}
    return {
        **found,
        **said,
        "statement": _utf8(statement),
        "calls": calls,
        "rows_returned": integer(values.get(columns.roles.get("rows", ""))),
        "since": _text(values.get(columns.roles.get("since", ""))),
        "line": row.number,
        "toplevel": values.get(columns.roles.get("toplevel", "")),
        "attributes": _beyond(values, columns),
    }, ""


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    text = _utf8(str(value)).strip()
    return text or None


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _beyond(values: dict[str, Any], columns: Columns) -> bytes:
    """Return as JSON what has no column: queryid, toplevel, blocks, WAL, planning."""
    taken = {columns.roles.get(role) for role in ("query", "calls", "user", "database", "rows")}
    taken |= {name for name, _ in columns.times.values()} | set(columns.unknown)
    kept = {
        str(name): _typed(value)
        for name, value in values.items()
        if name not in taken and value not in (None, "")
    }
    try:
        return msgspec.json.encode(kept)
    except (RecursionError, UnicodeError, msgspec.MsgspecError, TypeError):
        return b"{}"


def _typed(value: Any) -> Any:
    """Return text that is a number or a truth value as that."""
    if not isinstance(value, str):
        return value
    whole = integer(value) if value.strip("-").isdigit() else None
    if whole is not None:
        return whole
    try:
        return _SPELLED[value] if value in _SPELLED else float(value)
    except ValueError:
        return value


def _table(taken: Sequence[dict[str, Any]]) -> pa.Table:
    if not taken:
        return tables.empty("statement_totals")
    count = len(taken)
    statement = pa.array([row["statement"] for row in taken], pa.string()).dictionary_encode()
    fingerprint, identifier = fingerprint_many(statement)
    plain = ("user", "database", "calls", "rows_returned", "line", *(f"{b}_ms" for b in _TIMES))
    return tables.from_columns(
        "statement_totals",
        {name: [row[name] for row in taken] for name in plain}
        | {
            "since": _moments([row["since"] for row in taken]),
            "statement": statement,
            "fingerprint": fingerprint,
            "fingerprint_id": identifier,
            "system": pa.repeat(pa.scalar("postgresql"), count),
            "attributes": pa.array([row["attributes"] for row in taken], pa.binary()),
        },
    )


def _moments(values: Sequence[str | None]) -> pa.Array:
    from perfkit.formats.times import read_times

    # PostgreSQL prints "+00" for whole hours, which Arrow reads, too, but not behind a blank.
    return read_times([value and value.replace(" ", "T", 1) for value in values], None).array


def _notes(taken: Sequence[dict[str, Any]], columns: Columns) -> list[Note]:
    found = _counted(len(taken))
    if columns.unknown and columns.is_usable:
        names = ", ".join(columns.unknown[:5])
        found.append(("unknown_unit", f"ignored, because nothing says their unit: {names}"))
    lengths = Counter(len(row["statement"]) for row in taken)
    longest = max(lengths, default=0)
    if lengths[longest] >= _CUT_TEXTS and longest <= _CUT_LENGTH and len(lengths) > 1:
        message = (
            f"{lengths[longest]:,} statements have {longest:,} characters: they seem to be cut"
        )
        found.append(("truncated_statements", message))
    if any(row["toplevel"] in (False, "f", "false") for row in taken):
        message = "statements inside functions (toplevel is false) count in their callers as well"
        found.append(("nested_statements", message))
    return [Note(kind=kind, message=message) for kind, message in found]


def _counted(rows: int) -> list[tuple[str, str]]:
    if rows == _MAXIMUM:
        message = (
            f"{rows:,} rows are pg_stat_statements.max as it is unless set: "
            "statements that were executed least were evicted"
        )
        return [("row_limit", message)]
    if rows in _LIMITS:
        return [("row_limit", f"exactly {rows:,} rows: if a LIMIT made them, others are missing")]
    return []
