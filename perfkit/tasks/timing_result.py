"""What a timing measurement returns, whether of requests or of Python code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import statistics, tables, units
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["TimeapiResult", "result"]

_PERCENTILES = (50, 90, 95, 99)
_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("requests", pa.int64()),
        ("failures", pa.int64()),
        ("rate_per_s", pa.float64()),
        ("mean_ms", pa.float64()),
        *((f"p{p}_ms", pa.float64()) for p in _PERCENTILES),
        ("max_ms", pa.float64()),
        ("min_ms", pa.float64()),
        ("first_byte_p50_ms", pa.float64()),
        ("server_p50_ms", pa.float64()),
        *((f"p{p}_{end}_ms", pa.float64()) for p in _PERCENTILES for end in ("low", "high")),
    ]
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TimeapiResult(Result):
    """The Result of ``timeapi``: one row per request, and every single sample."""

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row per request sent, in order (warm-up left out).

        ``request, name, started_at, duration_ms`` (sent to last byte; a new connection is
        apart, in ``connect_ms``), ``first_byte_ms, new_conn, status, response_bytes,
        server_ms`` (from ``Server-Timing``), ``error``.
        """
        return tables.to_pandas(self.series["samples"])


def result(samples: pa.Table, *, noun: str, caveats: Sequence[str] = ()) -> TimeapiResult:
    """Summarise ``samples``, one row per name; ``noun`` says what was timed ("requests").

    Percentiles are of what succeeded.
    """
    rows = [_row(samples, name) for name in pc.unique(samples["name"]).to_pylist()]
    return TimeapiResult(
        analysis="timeapi",
        question=f"How long do these {noun} take?",
        headline=_headline(rows),
        arrow=pa.Table.from_pylist(rows, schema=_SCHEMA),
        noun=noun,
        caveats=[*caveats, *_failures(samples)],
        totals={
            "requests": samples.num_rows,
            "failures": sum(row["failures"] for row in rows),
            "new_connections": pc.sum(samples["new_conn"]).as_py() or 0,
        },
        series={"samples": samples},
    )


def _row(samples: pa.Table, name: str) -> dict[str, Any]:
    mine = samples.filter(pc.equal(samples["name"], name))
    good = mine.filter(pc.is_null(mine["error"]))
    durations = _floats(good["duration_ms"])
    summary = statistics.summary(durations)
    row: dict[str, Any] = {
        "name": name,
        "requests": mine.num_rows,
        "failures": mine.num_rows - good.num_rows,
        "rate_per_s": _rate(mine),
        "mean_ms": summary["mean"],
        "max_ms": summary["max"],
        "min_ms": float(durations.min()) if durations.size else math.nan,
        "first_byte_p50_ms": statistics.quantile(_floats(good["first_byte_ms"]), 0.5),
        "server_p50_ms": statistics.quantile(_floats(good["server_ms"]), 0.5),
    }
    for p in _PERCENTILES:
        row[f"p{p}_ms"] = summary[f"p{p}"]
        row[f"p{p}_low_ms"], row[f"p{p}_high_ms"] = summary[f"p{p}_low"], summary[f"p{p}_high"]
    return row


def _rate(mine: pa.Table) -> float:
    """Return how many a second: the count by the time from the first to the last end."""
    began, took = _floats(mine["intended_ms"]), _floats(mine["duration_ms"])
    span_ms = float(np.nanmax(began + np.nan_to_num(took)) - began.min()) if began.size else 0.0
    return mine.num_rows / span_ms * 1e3 if span_ms > 0 else math.nan


def _headline(rows: Sequence[Mapping[str, Any]]) -> str:
    if len(rows) == 1:
        return _sentence(rows[0])
    shown = [f"{row['name']} {units.format_ms(row['p50_ms'])}" for row in rows[:4]]
    more = f" and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
    return f"Medians: {', '.join(shown)}{more}"


def _sentence(row: Mapping[str, Any]) -> str:
    failed = f", {row['failures']:,} failed" if row["failures"] else ""
    count = f"{row['requests']:,} times{failed}"
    if math.isnan(row["p50_ms"]):
        return f"{row['name']} failed every time ({row['requests']:,})"
    text = f"{row['name']} takes {units.format_ms(row['p50_ms'])} (median"
    if not math.isnan(row["p50_low_ms"]):
        low, high = units.format_ms(row["p50_low_ms"]), units.format_ms(row["p50_high_ms"])
        text += f", 95 % interval {low} to {high}"
    if not math.isnan(row["p95_low_ms"]):
        text += f"; p95 {units.format_ms(row['p95_ms'])}"
    return f"{text}; {count})"


def _failures(samples: pa.Table) -> list[str]:
    """Say how many failed, of which kind; percentiles are of the others."""
    kinds = pc.value_counts(pc.drop_null(samples["error"])).to_pylist()
    if not kinds:
        return []
    by_kind = ", ".join(f"{kind['counts']:,} x {kind['values']}" for kind in kinds)
    return [f"failed: {by_kind}; times are of the requests that succeeded"]


def _floats(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(column.to_numpy(), dtype=np.float64)
