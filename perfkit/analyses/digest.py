"""Which statements take the time? Statements by total time, as pgBadger ranks them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfkit import sources, units
from perfkit.analyses import digest_findings
from perfkit.analyses.digests import percentiles, rules
from perfkit.analyses.digests.assemble import sketched, table
from perfkit.analyses.digests.caveats import caveats
from perfkit.analyses.digests.counted_once import counted_once
from perfkit.analyses.digests.executions import executions
from perfkit.analyses.digests.holders import Holders
from perfkit.analyses.digests.keys import grouping
from perfkit.analyses.digests.merging import merge
from perfkit.analyses.digests.partial import Partial, counted, partial
from perfkit.analyses.digests.rules.seen import Seen
from perfkit.analyses.digests.sections import event_tables, sections
from perfkit.analyses.digests.series import series
from perfkit.analyses.digests.totals import of_totals
from perfkit.analyses.statements import shown
from perfkit.recording import Recording, as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["EXACT_ROWS", "digest", "digested"]

#: Up to so many rows percentiles are exact; beyond, a sketch keeps the memory bounded.
EXACT_ROWS = 20_000_000
#: ... and the rows are read piece by piece.
_PIECE = 4_000_000


def digest(data: Any, group_by: str | Sequence[str] = "fingerprint") -> Result:
    """Rank statements by the time they took in all.

    ``calls`` are executions (phases simple, execute and unknown). The extended protocol logs
    parse and bind as well: they are counted in ``parses`` and ``binds``, and their time in
    ``parse_bind_ms`` is not part of ``total_ms``, as pgBadger has it. A row that stands for
    several executions (``weight``) counts as so many. A percentile is always that of the
    samples; the 95 % interval beside it (``p95_low_ms``, ``p95_high_ms``) is NaN where there
    are too few of them. ``variance_to_mean`` is the index of dispersion by which
    pt-query-digest finds statements that are sometimes slow ("V/M"; here in milliseconds).

    A recording that holds only totals (``statement_totals``) is ranked by them; where it holds
    executions as well, these count.

    Args:
        data: a Recording, or a table of queries (DataFrame or Arrow).
        group_by: ``"fingerprint"``, any other column of ``queries``, ``"hour"``, ``"minute"``,
            or several: ``"user,database"``.

    Returns:
        One row per group, largest ``total_ms`` first; ``share`` is of all ``total_ms``. Further
        tables are in ``series`` (per_minute, histogram, examples, load, heat, by_user, ...)
        and ``sections`` (errors, lock waits, temporary files, ...).

    Raises:
        UsageError: ``data`` is neither, or there is no such column.

    Example:
        >>> import pyarrow as pa
        >>> queries = pa.table({"statement": ["select 1", "select 2"], "duration_ms": [1.0, 3.0]})
        >>> digest(queries).arrow["total_ms"].to_pylist()
        [4.0]
    """
    rec = as_recording(data, "queries")
    by = grouping(group_by)
    counts = _counts(rec, by)
    return _result(counts, rec)


def digested(part: Partial, rec: Recording | None = None) -> Result:
    """Return the Result of a (merged) partial digest; percentiles are those of its sketch.

    ``rec`` says what was read (``inputs``) and what limits it (``quality``), without tables.

    Example:
        >>> from perfkit import tables
        >>> digested(partial(tables.empty("queries"))).totals["statements"]
        0
    """
    return _result(_Counts(part, sketched(part), exact=False), rec or Recording())


@dataclass(frozen=True)
class _Counts:
    part: Partial
    percentiles: dict[str, Floats]
    sessions: Ints | None = None
    exact: bool = True
    only_totals: bool = False


def _counts(rec: Recording, by: tuple[str, ...]) -> _Counts:
    queries, events = counted_once(rec, by), rec.arrow("events")
    totals = rec.arrow("statement_totals")
    if totals.num_rows and not queries.num_rows:
        return _Counts(*of_totals(totals, by), exact=False, only_totals=True)
    if queries.num_rows > EXACT_ROWS:
        starts = range(0, queries.num_rows, _PIECE)
        pieces = (partial(queries.slice(at, _PIECE), by=by) for at in starts)
        whole = next(pieces)
        for piece in pieces:
            whole = merge([whole, piece])
        whole = merge([whole, partial(queries.slice(0, 0), events, by=by)])
        whole = replace(whole, holders=Holders.of(queries, events))
        return _Counts(whole, sketched(whole), exact=False)
    rows = executions(queries, by)
    part, sessions = counted(rows, events, by)
    part = replace(part, holders=Holders.of(queries, events))
    return _Counts(part, percentiles.exact(rows), sessions)


def _result(counts: _Counts, rec: Recording) -> Result:
    part = counts.part
    rows, order = table(part, counts.percentiles, counts.sessions)
    further = series(part, order) | event_tables(part.happened)
    totals = _totals(rows, part, rec)
    requests = len(sources.primary(rec, "requests"))
    seen = Seen(table=rows, order=order, part=part, series=further, rec=rec)
    return Result(
        analysis="digest",
        question="Which statements take the time?",
        headline=_headline(rows, totals, part.by),
        arrow=rows,
        noun="statements" if seen.by_statement else "groups",
        findings=[
            *digest_findings.findings(rows, requests=requests),
            *rules.further(seen),
        ],
        caveats=caveats(rec, part, totals, exact=counts.exact, only_totals=counts.only_totals),
        checked=(*digest_findings.CHECKED, *rules.CHECKED),
        totals=totals,
        series=further,
        sections=sections(part, further),
    )


def _totals(rows: pa.Table, part: Partial, rec: Recording) -> dict[str, Any]:
    names = ("calls", "total_ms", "errors", "parses", "binds", "parse_bind_ms")
    sums = {name: rows[name].to_numpy().sum().item() if len(rows) else 0 for name in names}
    distinct = {"fingerprints": len(rows) + part.folded} if part.by == ("fingerprint_id",) else {}
    read = {
        name: sum(getattr(source, name) for source in rec.inputs)
        for name in ("lines", "irrelevant", "rejected")
    }
    return {"statements": sums["calls"], "groups": len(rows), **distinct, **sums, **read}


def _headline(rows: pa.Table, totals: dict[str, Any], by: tuple[str, ...]) -> str:
    if not totals["calls"]:
        return "No statement was executed in what was read."
    if not totals["total_ms"]:
        return f"{units.format_count(totals['calls'])} calls were read, none with a duration."
    first = rows.slice(0, 1).to_pylist()[0]
    return (
        f"{units.format_share(first['share'])} of {units.format_ms(totals['total_ms'])} database"
        f" time goes to {_named(first, by)} ({units.format_count(first['calls'])} of"
        f" {units.format_count(totals['calls'])} calls)"
    )


def _named(row: dict[str, Any], by: tuple[str, ...]) -> str:
    if "fingerprint" in row:
        return shown(row["fingerprint"])
    return ", ".join(f"{name} {shown(str(row[name]))}" for name in by)
