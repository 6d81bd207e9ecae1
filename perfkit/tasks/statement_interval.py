"""Totals of statements at two moments -> what happened between them.

Counters are subtracted. The standard deviation comes from sums of squares: with n calls, mean m
and population deviation s (pg_stat_statements follows Welford), sum(x^2) = n (s^2 + m^2), and sums
can be subtracted. A minimum or maximum of the interval is known only where it is a new one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Difference", "difference"]

_SUMS = ("total_ms", "rows_returned", "rows_examined", "lock_ms", "errors")
#: Members of ``attributes`` that are no counters.
_NAMES = frozenset({"queryid", "query_id", "userid", "dbid", "bucket"})
_STATISTICS = ("min_", "max_", "mean_", "stddev_")
_SINCE, _EXTREMES_SINCE = "stats_since", "minmax_stats_since"
#: Below this share of the mean's square a variance is what is left of rounding.
_NOISE = 1e-9
Row = dict[str, Any]


@dataclass
class Difference:
    """Rows of the interval, and how many statements were new, reset, gone, without extremes."""

    rows: list[Row] = field(default_factory=list)
    matched: int = 0
    new: int = 0
    reset: int = 0
    gone: int = 0
    without_extremes: int = 0


def difference(before: Sequence[Row], after: Sequence[Row], *, was_reset: bool) -> Difference:
    """Subtract ``before`` from ``after``, statement by statement.

    Args:
        before: rows of ``statement_totals`` as dicts.
        after: the same, later.
        was_reset: all counters began anew in between.
    """
    earlier, later = _by_key(before), _by_key(after)
    found = Difference(gone=len(earlier.keys() - later.keys()))
    for key, row in later.items():
        old = None if was_reset else earlier.get(key)
        found.matched += key in earlier
        if old is None:
            found.new += key not in earlier
            found.reset += key in earlier
            _keep(found, row)
        elif _began_anew(old, row):
            found.reset += 1
            _keep(found, row)
        else:
            _subtract(found, old, row)
    return found


def _keep(found: Difference, row: Row) -> None:
    if row["calls"]:
        found.rows.append(row)


def _subtract(found: Difference, old: Row, row: Row) -> None:
    calls = row["calls"] - old["calls"]
    if not calls:
        return
    rest = row | {name: _less(row[name], old[name]) for name in _SUMS}
    rest |= {"calls": calls, "p95_ms": None, "p99_ms": None}
    rest["mean_ms"] = None if rest["total_ms"] is None else rest["total_ms"] / calls
    rest["stddev_ms"] = _deviation(old, row, calls, rest["mean_ms"])
    rest["min_ms"], rest["max_ms"] = _extremes(old, row, rest)
    rest["attributes"] = _counters(old["attributes"], row["attributes"])
    found.without_extremes += rest["max_ms"] is None
    found.rows.append(rest)


def _extremes(old: Row, row: Row, rest: Row) -> tuple[float | None, float | None]:
    """Return minimum and maximum, where they are those of the interval."""
    if rest["calls"] == 1:
        return rest["total_ms"], rest["total_ms"]
    since = [_attributes(one["attributes"]).get(_EXTREMES_SINCE) for one in (old, row)]
    if since[0] != since[1]:
        return row["min_ms"], row["max_ms"]
    shortest = row["min_ms"] if _is_beyond(old["min_ms"], row["min_ms"]) else None
    return shortest, row["max_ms"] if _is_beyond(row["max_ms"], old["max_ms"]) else None


def _less(later: Any, earlier: Any) -> Any:
    """Subtract; what one of both does not know is unknown, and nothing is negative."""
    return None if later is None or earlier is None else max(later - earlier, 0)


def _is_beyond(larger: float | None, smaller: float | None) -> bool:
    return larger is not None and smaller is not None and larger > smaller


def _began_anew(old: Row, row: Row) -> bool:
    since = [_attributes(one["attributes"]).get(_SINCE) for one in (old, row)]
    return row["calls"] < old["calls"] or (None not in since and since[0] != since[1])


def _deviation(old: Row, row: Row, calls: int, mean: float | None) -> float | None:
    squares = [_squares(one) for one in (old, row)]
    if mean is None or squares[0] is None or squares[1] is None:
        return None
    variance = (squares[1] - squares[0]) / calls - mean * mean
    return math.sqrt(variance) if variance > _NOISE * mean * mean else 0.0


def _squares(row: Row) -> float | None:
    if row["stddev_ms"] is None or row["mean_ms"] is None:
        return None
    return float(row["calls"] * (row["stddev_ms"] ** 2 + row["mean_ms"] ** 2))


def _counters(old: bytes | None, new: bytes | None) -> bytes | None:
    """Subtract the numbers in ``attributes``: blocks, WAL, plans; leave out statistics of all."""
    earlier, later = _attributes(old), _attributes(new)
    rest = {
        name: _less(value, earlier.get(name)) if _is_counter(name, value, earlier) else value
        for name, value in later.items()
        if not name.startswith(_STATISTICS)
    }
    return msgspec.json.encode(rest) if new is not None else None


def _is_counter(name: str, value: Any, earlier: dict[str, Any]) -> bool:
    pair = (value, earlier.get(name))
    return name not in _NAMES and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in pair
    )


def _attributes(raw: bytes | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _by_key(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    """Index rows by database, user, level and statement; equal ones are added up."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if row["calls"] is None:
            continue
        key = _key(row)
        found[key] = _added(found[key], row) if key in found else row
    return found


def _key(row: Row) -> tuple[Any, ...]:
    known = _attributes(row["attributes"])
    statement = known.get("queryid", known.get("query_id")) or row["statement"]
    level = known.get("toplevel", True) not in (False, "f", "false")
    return (
        row["system"],
        known.get("dbid", row["database"]),
        known.get("userid", row["user"]),
        level,
        str(statement),
    )


def _added(one: Row, other: Row) -> Row:
    """Add two rows of one statement; quantiles and deviations cannot be added here."""
    total = {
        name: one[name] + other[name]
        for name in ("calls", *_SUMS)
        if one[name] is not None and other[name] is not None
    }
    whole = one | total | {"stddev_ms": None, "p95_ms": None, "p99_ms": None}
    whole["mean_ms"] = whole["total_ms"] / whole["calls"] if whole["calls"] else None
    for name, choose in (("min_ms", min), ("max_ms", max)):
        pair = [row[name] for row in (one, other) if row[name] is not None]
        whole[name] = choose(pair) if pair else None
    return whole
