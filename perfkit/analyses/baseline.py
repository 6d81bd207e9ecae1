"""How fast is each route? Latency, errors and rate per route, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, statistics, units
from perfkit.analyses import baseline_findings, groups
from perfkit.recording import as_recording
from perfkit.results import Result
from perfkit.routes import routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["baseline"]

_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("requests", pa.int64()),
        ("rate_per_s", pa.float64()),
        ("errors", pa.int64()),
        ("error_rate", pa.float64()),
        *((f"{n}_ms", pa.float64()) for n in ("p50", "p90", "p95", "p99", "max", "total", "mean")),
        *(
            (f"{name}_{end}_ms", pa.float64())
            for name in ("p50", "p90", "p95", "p99")
            for end in ("low", "high")
        ),
        ("share", pa.float64()),
        ("methods", pa.string()),
    ]
)
_FAILED = 500  # the server's own failures; 4xx are answers (RFC 9110, section 15)


def baseline(data: Any) -> Result:
    """Describe every route: requests, errors, p50 to p99 with 95 % intervals, time in all.

    ``rate_per_s`` is over the whole recording, from the first start to the last end.
    ``error_rate`` counts status 500 and above, and requests with an ``error``; it is NaN where
    neither is known. Requests without a route are grouped by
    path, ids in it taken out. A percentile is always
    that of the samples; its interval (``p95_low_ms``, ``p95_high_ms``) is NaN where there are
    too few of them.

    Args:
        data: a Recording, or a table of requests (DataFrame or Arrow).

    Returns:
        One row per route, largest ``total_ms`` first; totals hold the same for all requests.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import pyarrow as pa
        >>> requests = pa.table({"route": ["/orders", "/orders"], "duration_ms": [10.0, 30.0]})
        >>> baseline(requests).arrow["p50_ms"].to_pylist()
        [20.0]
    """
    rec = as_recording(data, "requests")
    requests = sources.primary(rec, "requests")
    seconds = _seconds(requests)
    table = _table(requests, seconds)
    totals = _totals(requests, seconds)
    return Result(
        analysis="baseline",
        question="How fast is each route?",
        headline=_headline(table, totals),
        arrow=table,
        noun="routes",
        findings=baseline_findings.findings(table),
        caveats=_caveats(rec, table, totals),
        checked=baseline_findings.CHECKED,
        totals=totals,
    )


def _table(requests: pa.Table, seconds: float) -> pa.Table:
    by = groups.encode(routes(requests))
    rows = _described(by, groups.numbers(requests["duration_ms"]))
    rows |= _failures(by, requests)
    everything = np.ones(len(requests), dtype=bool)
    rows["route"] = by.labels
    rows["requests"] = by.count(everything)
    rows["rate_per_s"] = rows["requests"] / seconds
    rows["share"] = _shares(rows["total_ms"])
    rows["methods"] = _methods(by, groups.encode(requests["method"]))
    table = pa.table({name: rows[name] for name in _SCHEMA.names}, schema=_SCHEMA)
    used = pc.greater(table["requests"], 0)
    return table.filter(used).sort_by([("total_ms", "descending"), ("route", "ascending")])


def _described(by: groups.Groups, duration: NDArray[np.float64]) -> dict[str, Any]:
    known = ~np.isnan(duration)
    samples = list(by.split(duration, known))
    described = [groups.percentiles(values) for values in samples]
    columns: dict[str, Any] = {name: [row[name] for row in described] for name in described[0]}
    return columns | {"total_ms": groups.sums(samples)}


def _failures(by: groups.Groups, requests: pa.Table) -> dict[str, Any]:
    failed, known = _failed(requests)
    errors, of = by.count(failed), by.count(known)
    rate = np.divide(errors, of, out=np.full(len(of), np.nan), where=of > 0)
    return {"errors": pa.array(errors, mask=of == 0), "error_rate": rate}


def _failed(requests: pa.Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which requests failed, and of which it is known whether they did."""
    said = requests["error"].is_valid().to_numpy()
    status = groups.numbers(requests["status"])
    return said | (status >= _FAILED), said | ~np.isnan(status)


def _shares(total_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    total = total_ms.sum()
    return total_ms / total if total else np.full(len(total_ms), np.nan)


def _methods(by: groups.Groups, methods: groups.Groups) -> list[str | None]:
    width = len(methods.labels)
    pairs = np.unique(by.codes * width + methods.codes)
    names: dict[int, list[str]] = {}
    for route, method in zip(*np.divmod(pairs, width), strict=True):
        if (name := methods.labels[method]) is not None:
            names.setdefault(int(route), []).append(name)
    return [" ".join(names[index]) if index in names else None for index in range(len(by.labels))]


def _seconds(requests: pa.Table) -> float:
    """Return the time from the first start to the last end; NaN where it is not known."""
    started = pc.drop_null(requests["started_at"].cast(pa.int64())).to_numpy()
    if not len(started):
        return float("nan")
    duration = np.nan_to_num(groups.numbers(requests["duration_ms"]))
    ends = started + duration[requests["started_at"].is_valid().to_numpy()] * 1e6
    ns = float(ends.max()) - float(started.min())
    return ns / 1e9 if ns > 0 else float("nan")


def _totals(requests: pa.Table, seconds: float) -> dict[str, Any]:
    duration = groups.numbers(requests["duration_ms"])
    ordered = np.sort(duration[~np.isnan(duration)])
    failed, known = _failed(requests)
    return {
        "requests": len(requests),
        "rate_per_s": len(requests) / seconds,
        "errors": int(failed.sum()) if known.any() else None,
        "error_rate": float(failed.sum() / known.sum()) if known.any() else float("nan"),
        "total_ms": float(ordered.sum()),
        "duration_s": seconds,
        **groups.percentiles(ordered),
    }


def _headline(table: pa.Table, totals: dict[str, Any]) -> str:
    if not totals["requests"]:
        return "No request is in what was read."
    trusted = totals["requests"] >= statistics.MINIMUM_COUNT[95]
    name = "p95" if trusted else "p50"
    sentence = (
        f"{units.format_count(totals['requests'])} requests on {len(table)} routes,"
        f" {name} {units.format_ms(totals[f'{name}_ms'])}"
    )
    rows = [row for row in table.to_pylist() if not math.isnan(row[f"{name}_low_ms"])]
    if len(rows) < 2:  # noqa: PLR2004 - "slowest" compares
        return sentence
    slowest = max(rows, key=lambda row: row[f"{name}_ms"])
    route = slowest["route"] or "no route"
    return f"{sentence}; slowest is {route} ({name} {units.format_ms(slowest[f'{name}_ms'])})"


def _caveats(rec: Recording, table: pa.Table, totals: dict[str, Any]) -> list[str]:
    notes = rec.caveats()
    rows = table.to_pylist()
    mixed = [row for row in rows if row["route"] and " " in (row["methods"] or "")]
    if mixed:
        first = mixed[0]
        notes.append(
            f"{len(mixed)} routes mix methods ({first['route']}: {first['methods']});"
            f' look at one alone with rec.where(method="{first["methods"].split()[0]}").'
        )
    few = sum(row["requests"] < statistics.MINIMUM_COUNT[95] for row in rows)
    if few:
        notes.append(
            f"{few} of {len(rows)} routes have fewer than {statistics.MINIMUM_COUNT[95]} requests:"
            " too few for a p95."
        )
    if np.isnan(totals["error_rate"]) and rows:
        notes.append("Neither status nor errors are known: failures cannot be counted.")
    return notes
