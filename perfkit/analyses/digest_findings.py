"""What stands out among statements: one finding per statement, with all that speaks for it."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CHECKED", "findings"]

#: A statement dominates with this share of the time, and twice what an even split would give.
DOMINANT_SHARE = 0.30
#: ... and with at least this much time: below it, a share says nothing about a real load.
DOMINANT_TOTAL_MS = 1000.0
#: A response within 100 ms feels immediate (Nielsen, Usability Engineering, 1993, ch. 5);
#: a statement that takes twice as long spoils it alone. Sentry's detector starts at 500 ms.
SLOW_MS = 200.0
CRITICAL_MS = 1000.0
#: Cheap calls that add up: more calls than a log's noise, each cheap, together worth a look.
FREQUENT_CALLS = 1000
CHEAP_MS = 5.0
FREQUENT_SHARE = 0.10
CALLS_PER_REQUEST = 5
_MOST = 8
_LOOKED_AT = 1000
_COLUMNS = (
    *("fingerprint", "fingerprint_id", "calls", "total_ms", "mean_ms", "p50_ms", "p95_ms"),
    *("max_ms", "share", "p50_low_ms", "p95_low_ms"),
)

CHECKED = (
    f"a statement with {DOMINANT_SHARE:.0%} of the time and twice an even share",
    f"a statement with a p95 of {units.format_ms(SLOW_MS)} or more",
    f"a cheap statement that is called {CALLS_PER_REQUEST} times per request",
)


def findings(table: pa.Table, *, requests: int) -> list[Finding]:
    """Return findings on rows of a digest; ``requests`` is 0 where none were recorded."""
    if not {"fingerprint", "fingerprint_id"} <= set(table.column_names):
        return []
    known = table.filter(table["fingerprint"].is_valid())
    statements, all_calls = known.num_rows, int(pc.sum(known["calls"]).as_py() or 0)
    rows = known.select(_COLUMNS).filter(_candidates(known)).slice(0, _LOOKED_AT).to_pylist()
    found = (
        _dominant(row, statements) or _slow(row) or _frequent(row, all_calls, requests)
        for row in rows
    )
    return [finding for finding in found if finding][:_MOST]


def _candidates(table: pa.Table) -> pa.ChunkedArray:
    """Say which rows a rule could name at all: the others are never turned into objects."""
    reaches = (
        pc.greater_equal(table[name], least)
        for name, least in (("share", FREQUENT_SHARE), ("p95_ms", SLOW_MS), ("p50_ms", SLOW_MS))
    )
    return reduce(pc.or_, (pc.fill_null(each, fill_value=False) for each in reaches))


def _dominant(row: dict[str, Any], statements: int) -> Finding | None:
    needed = max(DOMINANT_SHARE, 2 / statements)
    if row["total_ms"] < DOMINANT_TOTAL_MS or row["share"] < needed:
        return None
    return _finding(
        "dominant-statement",
        row,
        f"{units.format_share(row['share'])} of the database time"
        f" ({units.format_ms(row['total_ms'])}) goes to {shown(row['fingerprint'])}",
    )


def _slow(row: dict[str, Any]) -> Finding | None:
    kind, value = _typical_slow(row)
    if not value >= SLOW_MS:
        return None
    return _finding(
        "slow-statement",
        row,
        f"{kind} of {shown(row['fingerprint'])} is {units.format_ms(value)}"
        f" ({units.format_count(row['calls'])} calls)",
        severity="critical" if value >= CRITICAL_MS else "warning",
    )


def _typical_slow(row: dict[str, Any]) -> tuple[str, float]:
    """Return the highest percentile that the number of calls supports."""
    for name in ("p95", "p50"):
        if not math.isnan(row[f"{name}_low_ms"]):
            return f"The {name}", row[f"{name}_ms"]
    # of a handful of calls nothing is certain: it takes a far worse median
    return "The mean", row["mean_ms"] if row["p50_ms"] >= CRITICAL_MS else 0.0


def _frequent(row: dict[str, Any], all_calls: int, requests: int) -> Finding | None:
    enough = CALLS_PER_REQUEST * requests if requests else all_calls / 2
    often = row["calls"] >= max(FREQUENT_CALLS, enough)
    if not (often and row["share"] >= FREQUENT_SHARE and row["mean_ms"] <= CHEAP_MS):
        return None
    per = f"{row['calls'] / requests:.0f} per request" if requests else f"of {all_calls:,} in all"
    return Finding(
        rule="frequent-statement",
        severity="info",
        title=f"{units.format_count(row['calls'])} calls ({per}) of the cheap"
        f" {shown(row['fingerprint'])} take {units.format_share(row['share'])} of the time",
        evidence=_evidence(row),
        fix=Fix(
            text="Look for a loop around it: load the rows of one request together, or keep them"
            " in a cache.",
            snippet="perfkit.n_plus_one(rec)",
            language="python",
        ),
        confidence="low",
        keys=_keys(row),
    )


def _finding(rule: str, row: dict[str, Any], title: str, *, severity: Any = "warning") -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        evidence=_evidence(row),
        fix=Fix(
            text="Look at its plan: a missing index, rows read and thrown away, or a sort that"
            " does not fit into memory show there.",
            snippet="%explain --db NAME <the statement with values for its parameters>",
            language="python",
        ),
        confidence="high",
        keys=_keys(row),
    )


def _evidence(row: dict[str, Any]) -> list[dict[str, Any]]:
    names = ["calls", "total_ms", "mean_ms", "p50_ms", "max_ms", "share"]
    if not math.isnan(row["p95_low_ms"]):
        names.insert(4, "p95_ms")
    return [{name: row[name] for name in names}]


def _keys(row: dict[str, Any]) -> dict[str, str]:
    return {"fingerprint_id": row["fingerprint_id"]} if row["fingerprint_id"] else {}
