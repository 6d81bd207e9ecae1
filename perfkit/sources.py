"""Which rows to count when several sources tell of the same thing.

The same request may be a line of a request log and a server span of a trace; the same
statement may be in the database's log and a span of the service that asked. The tables keep
all rows; analyses that add up count each thing once, through :func:`primary`.

The rule, where two kinds of source overlap in time:

* ``queries``: what the server measured counts, what a client measured does not (it includes
  the network). Exception: a server log with a threshold misses the short statements; then the
  client counts. A duration that is an upper bound comes last. Only the same database system
  is compared, and only the time that the better source covers.
* ``checkouts``: where any pool tells of itself, the waits that spans of traces tell do not count.
* ``requests``: what was served counts, what was sent (``kind`` is client) only where nothing
  was served: results of load tests, logs of calls. The request log counts, the server span of
  the same route or path does not. Server spans of routes that the log does not know (another
  service) count. Of two logs that tell of the same requests (:mod:`perfkit.told_twice`) the outer
  one counts; what counts is lent the routes that only the others know.

What lies outside the time that the better source covers counts in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.routes import distinct, has, routes
from perfkit.routing.target import bare
from perfkit.told_twice import Twice, lent, twice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.recording import Note, Recording

__all__ = ["MARGIN_NS", "by_trust", "doubles", "primary", "sent"]

Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Clocks of one request's log line and span differ by less than this.
MARGIN_NS = 1_000_000_000
_KINDS = ("server", "client", None, "gap_upper_bound")
_SWITCHED = 101


def by_trust(quality: Iterable[Note]) -> tuple[str | None, ...]:
    """Return the kinds of duration, those that count before others first."""
    if any(note.kind == "threshold" for note in quality):
        return ("client", "server", None, "gap_upper_bound")
    return _KINDS


def primary(rec: Recording, name: str) -> pa.Table:
    """Return table ``name`` ("requests", "queries", "checkouts") with each row's matter once.

    Other tables are returned whole. See the module for the rule.

    Example:
        >>> from perfkit.recording import Recording
        >>> primary(Recording(), "queries").num_rows
        0
    """
    table = rec.arrow(name)
    if not table.num_rows:
        return table
    if name == "queries":
        return _primary_queries(table, by_trust(rec.quality))
    if name == "checkouts":
        return _primary_checkouts(table, rec.arrow("spans", ["source"]))
    return _primary_requests(rec, table) if name == "requests" else table


def sent(rec: Recording) -> pa.Table:
    """Return the requests that were sent by the one who logged them (``kind`` is client).

    Example:
        >>> from perfkit.recording import Recording
        >>> sent(Recording()).num_rows
        0
    """
    requests = rec.arrow("requests")
    return requests.filter(pa.array(_sent(requests)))


def doubles(rec: Recording) -> list[str]:
    """Return a sentence for every two request logs that tell, or may tell, of the same requests.

    Example:
        >>> from perfkit.recording import Recording
        >>> doubles(Recording())
        []
    """
    if not _comparable(rec):
        return []
    requests = rec.arrow("requests")
    logged = ~_sent(requests) & ~_traced(requests, rec.arrow("spans", ["source"]))
    return list(map(str, _twice(rec, requests, logged)))


def _primary_queries(queries: pa.Table, order: tuple[str | None, ...]) -> pa.Table:
    kinds = queries["duration_kind"].cast(pa.string())
    present = set(pc.unique(kinds).to_pylist())
    if len(present) <= 1:
        return queries
    system = queries["system"].cast(pa.string())
    keep = np.zeros(queries.num_rows, np.bool_)
    for kind in order:
        if kind in present:
            mine = _flags(pc.is_null(kinds) if kind is None else pc.equal(kinds, kind))
            keep |= mine & ~_covered_queries(queries, system, keep)
    return queries.filter(pa.array(keep))


def _covered_queries(queries: pa.Table, system: pa.ChunkedArray, keep: Flags) -> Flags:
    """Say which rows lie in the time that the kept rows of their database system cover."""
    covered = np.zeros(len(keep), np.bool_)
    kept_systems = system.filter(pa.array(keep))
    unnamed = _flags(pc.is_null(system))
    for name in pc.unique(kept_systems).to_pylist():
        same = unnamed if name is None else _flags(pc.equal(system, name))
        comparable = np.ones(len(keep), np.bool_) if name is None else same | unnamed
        covered |= comparable & _within(queries["started_at"], keep & same)
    return covered


def _primary_checkouts(checkouts: pa.Table, spans: pa.Table) -> pa.Table:
    traced = _traced(checkouts, spans)
    if not traced.any() or traced.all():
        return checkouts
    return checkouts.filter(pa.array(~traced))


def _traced(table: pa.Table, spans: pa.Table) -> Flags:
    """Say which rows are from sources of traces."""
    if not spans.num_rows:
        return np.zeros(table.num_rows, np.bool_)
    return _flags(pc.is_in(table["source"], value_set=pc.unique(spans["source"].drop_null())))


def _primary_requests(rec: Recording, requests: pa.Table) -> pa.Table:
    requests = _without_lifetimes(requests)
    served = ~_sent(requests)
    if not served.any():
        return requests
    traced = _traced(requests, rec.arrow("spans", ["source"])) & served
    double = np.zeros(len(served), np.bool_)
    for found in _twice(rec, requests, served & ~traced):
        if found.certain:
            double |= found.drop
    if traced.any():
        again = _logged_as_well(_rows(requests, served), traced[served])
        double[np.flatnonzero(served)[again]] = True
    return _without(requests, double & served, served)


def _without_lifetimes(requests: pa.Table) -> pa.Table:
    """Forget how long WebSockets lived: 101 (RFC 9110, 15.2.2) is answered at once."""
    switched = pc.equal(requests["status"], _SWITCHED)
    if not pc.any(switched).as_py():
        return requests
    unknown = pc.if_else(switched, pa.scalar(None, pa.float64()), requests["duration_ms"])
    known = pc.if_else(pc.is_null(switched), requests["duration_ms"], unknown)
    return tables.with_column(requests, "duration_ms", known)


def _without(requests: pa.Table, double: Flags, served: Flags) -> pa.Table:
    """Return the rows that count, with the routes that only the others know."""
    kept = _rows(requests, served & ~double)
    if not double.any():
        return kept
    return tables.with_column(kept, "route", lent(kept, _rows(requests, double)))


def _rows(requests: pa.Table, chosen: Flags) -> pa.Table:
    return requests if chosen.all() else requests.filter(pa.array(chosen))


def _twice(rec: Recording, requests: pa.Table, logged: Flags) -> list[Twice]:
    formats = [source.format for source in rec.inputs]
    return twice(requests, formats, logged) if _comparable(rec) else []


def _comparable(rec: Recording) -> bool:
    """Say whether there are two formats: only logs of different ones can tell of the same."""
    return len({source.format for source in rec.inputs}) > 1


def _sent(requests: pa.Table) -> Flags:
    flags: Flags = has(requests, "kind", "client")
    return flags


def _logged_as_well(requests: pa.Table, traced: Flags) -> Flags:
    """Say which server spans the request logs have too."""
    if traced.all():
        return np.zeros(len(traced), np.bool_)
    route = routes(requests)
    paths, code = distinct(requests["path"])
    plain = pa.concat_arrays([bare(paths), pa.nulls(1, pa.string())])
    path = pa.chunked_array([plain.take(pa.array(code))])
    logged = pa.array(~traced)
    known = pa.concat_arrays(
        [*(route.filter(logged)).chunks, *(path.filter(logged)).chunks]
    ).drop_null()
    same = _flags(pc.is_in(route, value_set=known)) | _flags(pc.is_in(path, value_set=known))
    double: Flags = traced & same & _within(requests["started_at"], ~traced)
    return double


def _within(times: pa.ChunkedArray, better: Flags) -> Flags:
    """Say which times lie in the range of the rows ``better``; an unknown time does."""
    ns = times.cast(pa.int64())
    ends = pc.min_max(ns.filter(pa.array(better)))
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is None:
        return np.full(len(better), bool(better.any()))
    inside = pc.and_(pc.greater_equal(ns, low - MARGIN_NS), pc.less_equal(ns, high + MARGIN_NS))
    return _flags(pc.fill_null(inside, True))  # noqa: FBT003 - the value to fill in


def _flags(values: Any) -> Flags:
    filled = pc.fill_null(values, False)  # noqa: FBT003 - the value to fill in
    array: Flags = np.asarray(filled.to_numpy(), np.bool_)
    return array
