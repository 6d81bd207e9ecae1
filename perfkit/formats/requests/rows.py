"""Classified JSON log lines -> requests, queries, events, metrics, pool samples and checkouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.orm.statement_rows import queries
from perfkit.formats.requests.apps.values import addresses
from perfkit.formats.requests.classified import DEPLOY, LAMBDA, QUERY, REQUEST
from perfkit.formats.requests.cut_off import is_cut_off
from perfkit.formats.requests.durations import to_ms
from perfkit.formats.requests.happenings import lambda_metrics, lambda_report
from perfkit.formats.times import read_times
from perfkit.units import format_ms

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Line", "RowBuilder"]

_TEXTS = (
    "method", "route", "path", "service", "request_id", "trace_id", "error", "kind", "peer",
)  # fmt: skip
_QUERY_TEXTS = ("database", "session_id", "client", "request_id", "trace_id", "error")

#: One line: its number, its bytes, and its values by role (requests) or by key.
Line = tuple[int, bytes, dict[str, Any]]


class RowBuilder:
    """Turns classified lines into tables.

    ``naive``: some times named no zone; ``truncated``: some statements were cut off.
    """

    def __init__(self, zone: str | None, cut_length: int = 0) -> None:
        """Read times without a zone in ``zone``; statements were cut off at ``cut_length``."""
        self.zone = zone
        self.cut_length = cut_length
        self.naive = False
        self.truncated = False

    def tables(self, found: dict[str, list[Line]]) -> dict[str, pa.Table]:
        """Return the tables that ``found`` (lines by kind) fills."""
        events = [
            self._blocked_loops(found["blocked_loop"]),
            self._events(_reported(found[LAMBDA], lambda_report)),
            self._events([(n, raw, v | {"kind": DEPLOY}) for n, raw, v in found[DEPLOY]]),
        ]
        built = {
            "requests": self._requests(found[REQUEST]),
            "queries": self._queries(found[QUERY]),
            "events": tables.concat([one for one in events if one.num_rows], "events"),
            "metrics": self._metrics(_reported(found[LAMBDA], lambda_metrics)),
            "pool_samples": self._pool_samples(found["pool_sample"]),
            "checkouts": self._checkouts(found["checkout"]),
        }
        return {name: table for name, table in built.items() if table.num_rows}

    def answered(self, lines: list[Line]) -> dict[str, pa.Table]:
        """Return rows of requests of which another chunk may tell what they asked for."""
        return {"requests": self._requests(lines)} if lines else {}

    def _requests(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        ms = pa.array([row.get("duration_ms") for row in rows], pa.float64())
        columns = {name: _texts(rows, name) for name in _TEXTS} | {
            "started_at": self._started(rows, ms),
            "duration_ms": ms,
            "status": _integers(rows, "status"),
            "response_bytes": _integers(rows, "response_bytes"),
            "client": addresses(_texts(rows, "client")),
            "upstream_ms": pa.array([row.get("upstream_ms") for row in rows], pa.float64()),
            "cache_status": pc.utf8_lower(_texts(rows, "cache_status")),
            "attributes": pa.array([raw for _, raw, _ in lines], pa.binary()),
        }
        return tables.from_columns("requests", columns | _numbers(lines))

    def _queries(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        ms = pa.array([row.get("duration_ms") for row in rows], pa.float64())
        cut = [is_cut_off(row["statement"], self.cut_length) for row in rows]
        self.truncated |= any(cut)
        columns = {name: _texts(rows, name) for name in _QUERY_TEXTS} | {
            "started_at": self._started(rows, ms),
            "duration_ms": ms,
            "parameters": pa.array([_shown(row.get("parameters")) for row in rows], pa.string()),
            "rows_returned": _integers(rows, "rows_returned"),
            "attributes": pa.array(list(map(_marked, lines, cut)), pa.binary()),
        }
        return queries(_texts(rows, "statement"), _numbers(lines)["line"].to_numpy(), columns)

    def _started(self, rows: list[dict[str, Any]], ms: pa.Array) -> pa.Array:
        start = self._times([row.get("start") for row in rows]).cast(pa.int64())
        end = self._times([row.get("time") for row in rows]).cast(pa.int64())
        before = pc.multiply(pc.fill_null(ms, 0.0), 1e6).cast(pa.int64(), safe=False)
        return pc.coalesce(start, pc.subtract(end, before)).cast(pa.timestamp("ns", "UTC"))

    def _blocked_loops(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        ms = [to_ms(row.get("duration_ms"), "ms") for row in rows]
        columns = {
            "at": self._times([row.get("timestamp") for row in rows]),
            "kind": pa.repeat(pa.scalar("blocked_loop"), len(rows)),
            "duration_ms": pa.array(ms, pa.float64()),
            "message": pa.array(list(map(_blocked, rows, ms)), pa.string()),
            "attributes": pa.array([raw for _, raw, _ in lines], pa.binary()),
        }
        return tables.from_columns("events", columns | _numbers(lines))

    def _events(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        columns = {name: _texts(rows, name) for name in ("kind", "message")} | {
            "at": self._times([row.get("at") for row in rows]),
            "duration_ms": pa.array([row.get("duration_ms") for row in rows], pa.float64()),
            "attributes": pa.array([raw for _, raw, _ in lines], pa.binary()),
        }
        return tables.from_columns("events", columns | _numbers(lines))

    def _metrics(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        columns = {name: _texts(rows, name) for name in ("name", "unit")} | {
            "at": self._times([row.get("at") for row in rows]),
            "value": pa.array([row["value"] for row in rows], pa.float64()),
            "attributes": pa.array([raw for _, raw, _ in lines], pa.binary()),
        }
        return tables.from_columns("metrics", columns | _numbers(lines))

    def _pool_samples(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        columns = self._named("pool_samples", rows)
        columns["at"] = self._times([row.get("at", row.get("timestamp")) for row in rows])
        return tables.from_columns("pool_samples", columns | _numbers(lines))

    def _checkouts(self, lines: list[Line]) -> pa.Table:
        rows = [values for _, _, values in lines]
        columns = self._named("checkouts", rows)
        return tables.from_columns("checkouts", columns | _numbers(lines))

    def _named(self, table: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Read the columns of a table that the lines name as it does."""
        columns: dict[str, Any] = {}
        for field in tables.schema(table):
            if field.name in {"source", "line", "attributes"}:
                continue
            if pa.types.is_timestamp(field.type):
                columns[field.name] = self._times([row.get(field.name) for row in rows])
            elif pa.types.is_integer(field.type):
                columns[field.name] = _integers(rows, field.name)
            elif pa.types.is_floating(field.type):
                ms = [to_ms(row.get(field.name), "ms") for row in rows]
                columns[field.name] = pa.array(ms, pa.float64())
            else:
                columns[field.name] = _texts(rows, field.name)
        return columns

    def _times(self, values: list[Any]) -> pa.Array:
        times = read_times(values, self.zone)
        self.naive |= times.naive
        return times.array


def _reported(
    lines: list[Line], told: Callable[[dict[str, Any]], list[dict[str, Any]]]
) -> list[Line]:
    """Return what each line of Lambda tells, with the time of the line."""
    return [
        (number, raw, one | {"at": values.get("time")})
        for number, raw, values in lines
        for one in told(values["line"])
    ]


def _marked(line: Line, cut: bool) -> bytes:  # noqa: FBT001 - mapped
    return line[1].replace(b"{", b'{"truncated":true,', 1) if cut else line[1]


def _shown(value: Any) -> str | None:
    """Return parameters as they were logged: a text, or JSON."""
    if value is None or isinstance(value, str):
        return value or None
    return msgspec.json.encode(value).decode()


def _numbers(lines: list[Line]) -> dict[str, Any]:
    return {"line": pa.array([number for number, _, _ in lines], pa.int64())}


def _texts(rows: list[dict[str, Any]], name: str) -> pa.Array:
    return pa.array([_text(row.get(name)) for row in rows], pa.string())


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, dict | list):
        return None
    return str(value)


def _integers(rows: list[dict[str, Any]], name: str) -> pa.Array:
    return pa.array([_integer(row.get(name)) for row in rows], pa.int64())


def _integer(value: Any) -> int | None:
    if type(value) is int:
        return value if -(1 << 63) <= value < 1 << 63 else None
    try:
        number = int(value) if isinstance(value, str | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is None or -(1 << 63) <= number < 1 << 63 else None


def _blocked(row: dict[str, Any], ms: float | None) -> str:
    where = _text(row.get("stack")) or _text(row.get("source"))
    place = f" in {where.rsplit(';', 1)[-1]}" if where else ""
    return f"event loop blocked for {format_ms(ms)}{place}"
