"""Which statements take the time? Statements by total time, as pgBadger ranks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, units
from perfkit.analyses import digest_findings, groups
from perfkit.analyses.statements import shown
from perfkit.fingerprinted import fingerprinted
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["digest"]

_SCHEMA = pa.schema(
    [
        ("fingerprint_id", pa.string()),
        ("fingerprint", pa.string()),
        ("calls", pa.int64()),
        *((f"{name}_ms", pa.float64()) for name in ("total", "mean", "p50", "p95", "p99", "max")),
        ("share", pa.float64()),
        *(
            (f"{name}_{end}_ms", pa.float64())
            for name in ("p50", "p95", "p99")
            for end in ("low", "high")
        ),
        ("errors", pa.int64()),
        ("parses", pa.int64()),
        ("binds", pa.int64()),
        ("parse_bind_ms", pa.float64()),
    ]
)


def digest(data: Any) -> Result:
    """Rank statements by the time they took in all.

    ``calls`` are executions (phases simple, execute and unknown). The extended protocol logs
    parse and bind as well: they are counted in ``parses`` and ``binds``, and their time in
    ``parse_bind_ms`` is not part of ``total_ms``, as pgBadger has it. A percentile is always
    that of the samples; the 95 % interval beside it (``p95_low_ms``, ``p95_high_ms``) is NaN
    where there are too few of them.

    Args:
        data: a Recording, or a table of queries (DataFrame or Arrow).

    Returns:
        One row per fingerprint, largest ``total_ms`` first; ``share`` is of all ``total_ms``.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import pyarrow as pa
        >>> queries = pa.table({"statement": ["select 1", "select 2"], "duration_ms": [1.0, 3.0]})
        >>> digest(queries).arrow["total_ms"].to_pylist()
        [4.0]
    """
    rec = as_recording(data, "queries")
    queries = fingerprinted(sources.primary(rec, "queries"))
    table = _table(queries)
    totals = _totals(table)
    return Result(
        analysis="digest",
        question="Which statements take the time?",
        headline=_headline(table, totals),
        arrow=table,
        noun="statements",
        findings=digest_findings.findings(table, requests=len(sources.primary(rec, "requests"))),
        caveats=_caveats(rec, queries, totals),
        checked=digest_findings.CHECKED,
        totals=totals,
    )


def _table(queries: pa.Table) -> pa.Table:
    by = groups.encode(queries["fingerprint_id"])
    rows = _counts(queries, by) | _times(queries, by)
    rows["fingerprint_id"] = by.labels
    rows["fingerprint"] = _texts(queries, by)
    total = np.nansum(rows["total_ms"])
    rows["share"] = np.divide(rows["total_ms"], total) if total else np.full(len(by.labels), np.nan)
    table = pa.table({name: rows[name] for name in _SCHEMA.names}, schema=_SCHEMA)
    used = pa.array(np.bincount(by.codes, minlength=len(by.labels)) > 0)
    return table.filter(used).sort_by([("total_ms", "descending"), ("fingerprint", "ascending")])


def _counts(queries: pa.Table, by: groups.Groups) -> dict[str, Any]:
    parse, bind = (_phase(queries, name) for name in ("parse", "bind"))
    failed = queries["error"].is_valid().to_numpy()
    return {
        "calls": by.count(~(parse | bind)),
        "parses": by.count(parse),
        "binds": by.count(bind),
        "errors": by.count(failed),
    }


def _times(queries: pa.Table, by: groups.Groups) -> dict[str, Any]:
    duration = groups.numbers(queries["duration_ms"])
    preparing = _phase(queries, "parse") | _phase(queries, "bind")
    known = ~np.isnan(duration)
    samples = list(by.split(duration, known & ~preparing))
    described = [groups.percentiles(values) for values in samples]
    columns = {name: [row[name] for row in described] for name in described[0]}
    return columns | {
        "total_ms": groups.sums(samples),
        "parse_bind_ms": by.total(duration, known & preparing),
    }


def _phase(queries: pa.Table, name: str) -> NDArray[np.bool_]:
    by = groups.encode(queries["phase"])
    wanted = by.labels.index(name) if name in by.labels else -1
    rows: NDArray[np.bool_] = by.codes == wanted
    return rows


def _texts(queries: pa.Table, by: groups.Groups) -> list[str | None]:
    """Return one fingerprint for every id."""
    texts = groups.encode(queries["fingerprint"])
    first = np.full(len(by.labels), len(texts.labels) - 1)
    first[by.codes] = texts.codes
    return [texts.labels[code] for code in first]


def _totals(table: pa.Table) -> dict[str, Any]:
    names = ("calls", "total_ms", "errors", "parses", "binds", "parse_bind_ms")
    sums = {name: table[name].to_numpy().sum().item() if len(table) else 0 for name in names}
    return {"statements": len(table)} | sums


def _headline(table: pa.Table, totals: dict[str, Any]) -> str:
    if not totals["calls"]:
        return "No statement was executed in what was read."
    if not totals["total_ms"]:
        return f"{units.format_count(totals['calls'])} calls were read, none with a duration."
    first = table.slice(0, 1).to_pylist()[0]
    return (
        f"{units.format_share(first['share'])} of {units.format_ms(totals['total_ms'])} database"
        f" time goes to {shown(first['fingerprint'])} ({units.format_count(first['calls'])} of"
        f" {units.format_count(totals['calls'])} calls)"
    )


def _caveats(rec: Recording, queries: pa.Table, totals: dict[str, Any]) -> list[str]:
    notes = rec.caveats()
    unknown = queries["duration_ms"].null_count
    if unknown:
        notes.append(f"{unknown:,} of {len(queries):,} statements have no duration.")
    if totals["parse_bind_ms"]:
        notes.append(
            f"Parse and bind took another {units.format_ms(totals['parse_bind_ms'])}"
            " (column parse_bind_ms); total_ms counts execution alone."
        )
    kinds = set(pc.unique(queries["duration_kind"]).to_pylist())
    if "gap_upper_bound" in kinds:
        notes.append("Some durations are gaps between log lines: upper bounds.")
    if {"server", "client"} <= kinds:
        notes.append("Server and client times are added up: client times include the network.")
    return notes
