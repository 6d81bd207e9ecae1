"""What the columns of an export of pg_stat_statements mean, whoever renamed them.

The view's own times are milliseconds (``total_time`` up to 12, ``total_exec_time`` from 13 on);
renamed ones say their unit (``avg_ms``, ``total_seconds``, ``total (min)``) or are intervals
(``00:01:02.345``). Percentages are ignored: they can be computed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.units import to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Columns", "columns_of", "integer", "milliseconds", "real"]

_QUERY = "query statement sql query_text sql_text normalized_query short_query query_preview"
_ROLES = {
    "query": f"{_QUERY} query_snippet shortquery query_sample",
    "calls": "calls ncalls num_calls total_calls call_count",
    "user": "rolname usename username user_name role user",
    "database": "datname dbname database_name database db",
    "rows": "rows total_rows rows_returned",
    "queryid": "queryid query_id",
    "toplevel": "toplevel",
    "since": "stats_since",
}
_BY_NAME = {name: role for role, names in _ROLES.items() for name in names.split()}
_BASES = {
    "total": "total",
    "sum": "total",
    "mean": "mean",
    "avg": "mean",
    "average": "mean",
    "min": "min",
    "minimum": "min",
    "max": "max",
    "maximum": "max",
    "stddev": "stddev",
    "std_dev": "stddev",
    "p95": "p95",
    "p99": "p99",
}
_TIME = re.compile(
    rf"({'|'.join(sorted(_BASES, key=len, reverse=True))})"
    r"(?:_(?:exec|execution|query))?(?:_(?:time|duration|elapsed|latency|runtime))?(?:_in)?"
    r"(?:_(ms|msec|millis|milliseconds|s|sec|secs|seconds|m|min|mins|minutes|h|hours|us|micros"
    r"|microseconds))?"
)
#: The view's own names.
_OWN_TIME = re.compile(r"(?:total|mean|min|max|stddev)(?:_exec)?_time")
_IGNORED = re.compile(r"(?:^|_)(?:pct|percent|percentage|perc|ratio|share|prop|cpu)(?:_|$)|%")
_INTERVAL = re.compile(
    r"(?:([0-9]{1,7}) days? ?)?(?:([0-9]{1,7}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{1,9})?))?"
)
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_UNITS = {"millis": "ms", "micros": "us"}


class Columns(NamedTuple):
    """Roles -> column names; times -> (column name, unit); times whose unit nothing says."""

    roles: dict[str, str]
    times: dict[str, tuple[str, str]]
    unknown: list[str]

    @property
    def is_export(self) -> bool:
        """Say whether there is a statement, a count, and a time."""
        has_time = bool({"total", "mean"} & self.times.keys() or self.unknown)
        return {"query", "calls"} <= self.roles.keys() and has_time

    @property
    def is_usable(self) -> bool:
        """Say whether there is a time whose unit is known."""
        return self.is_export and bool({"total", "mean"} & self.times.keys())


def columns_of(names: Iterable[str], sample: dict[str, Any] | None = None) -> Columns:
    """Find out what columns mean; values of ``sample`` that are intervals need no unit."""
    roles: dict[str, str] = {}
    times: dict[str, tuple[str, str]] = {}
    unknown: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9%]+", "_", str(name)[:100].lower()).strip("_")
        role = _BY_NAME.get(plain)
        time = None if role or _IGNORED.search(plain) else _TIME.fullmatch(plain)
        if role:
            roles.setdefault(role, name)
        if time is None:
            continue
        unit = _unit(plain, time[2], (sample or {}).get(name))
        if unit:
            times.setdefault(_BASES[time[1]], (name, unit))
        else:
            unknown.append(name)
    return Columns(roles, times, unknown)


def _unit(plain: str, said: str | None, value: Any) -> str:
    if isinstance(value, str) and _interval_ms(value) is not None:
        return "interval"
    if said:
        return _UNITS.get(said, said)
    return "ms" if _OWN_TIME.fullmatch(plain) else ""


def milliseconds(value: Any, unit: str) -> float | None:
    """Return a time in ms, or None for what is none."""
    if unit == "interval":
        return _interval_ms(value) if isinstance(value, str) else None
    found = real(value)
    return None if found is None else float(to_ms(found, unit))


def _interval_ms(text: str) -> float | None:
    """Read PostgreSQL's intervals: ``01:02:03.456``, ``2 days 01:02:03``."""
    found = _INTERVAL.fullmatch(text.strip())
    if found is None or not text.strip() or ":" not in text:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000


def real(value: Any) -> float | None:
    """Return a finite number; ``1,234.5`` is one too."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and _GROUPED.fullmatch(value.strip()):
        value = value.replace(",", "")
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def integer(value: Any) -> int | None:
    """Return a whole number that fits into 64 bits; a queryid keeps all its digits."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value.strip()):
        value = int(value)
    if type(value) is not int:
        found = real(value)
        value = int(found) if found is not None and found.is_integer() else None
    return value if value is None or -(1 << 63) <= value < 1 << 63 else None
