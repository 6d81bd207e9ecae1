"""Summaries of load tools as a table of a baseline; they have percentiles without intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit import units
from perfkit.analyses.baselines.load_tests import rows

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["headline", "load_tests", "only_totals"]

_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("requests", pa.int64()),
        ("rate_per_s", pa.float64()),
        ("errors", pa.int64()),
        ("error_rate", pa.float64()),
        *((f"{n}_ms", pa.float64()) for n in ("p50", "p90", "p95", "p99", "max", "total", "mean")),
        ("tool", pa.string()),
        ("corrected", pa.bool_()),
        ("concurrency", pa.int64()),
        ("elapsed_ms", pa.float64()),
        ("whole", pa.bool_()),
    ]
)


def load_tests(rec: Recording) -> pa.Table | None:
    """Return what the load tools stated, in the columns of a baseline; None without any."""
    found = rows(rec)
    return pa.Table.from_pylist(found, _SCHEMA) if found else None


def only_totals(tests: pa.Table) -> dict[str, Any]:
    """Return the numbers of all requests, as far as summaries have them."""
    found = tests.to_pylist()
    chosen = [row for row in found if row["whole"]] or found  # the whole contains the others
    counts = {
        name: [row[name] for row in chosen if row[name] is not None]
        for name in ("requests", "errors")
    }
    return {name: sum(known) if known else None for name, known in counts.items()}


def headline(tests: pa.Table) -> str:
    """Say what was tested and how fast it was, in the words of the tool."""
    tools = sorted({tool for tool in tests["tool"].to_pylist() if tool}) or ["a load tool"]
    said = f"{len(tests)} summar{'y' if len(tests) == 1 else 'ies'} of {' and '.join(tools)}"
    known = [row for row in tests.to_pylist() if math.isfinite(row["p95_ms"])]
    if not known:
        return said
    slowest = max(known, key=lambda row: row["p95_ms"])
    return f"{said}; highest p95 is {units.format_ms(slowest['p95_ms'])} ({slowest['route']})"
