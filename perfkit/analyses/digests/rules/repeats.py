"""Runs of one quick statement behind one and the same other: an N+1 without any trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.digests import bursts
from perfkit.analyses.repeats import statement_kinds as kinds
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from perfkit.analyses.digests.rules.seen import Seen

__all__ = ["repeated", "traced"]

#: A run behind one statement may be chance or a batch; so many are a habit of the program.
RUNS = 5
#: ... if most executions of the statement belong to such runs,
IN_RUNS = 0.5
#: ... most of them behind one and the same statement (the list whose items are looked up),
BEHIND_ONE = 0.5
#: ... and each is cheap: it is their number that costs. As ``digest_findings.CHEAP_MS``.
CHEAP_MS = 5.0


def repeated(seen: Seen) -> Iterator[Finding]:
    """Find statements run again and again in one session; traces tell it better if there are."""
    if _traced(seen):
        return
    found = seen.part.bursts
    for row in seen.rows:
        mine = np.flatnonzero(found.group == row["group"])
        runs, calls = found.runs[mine].sum(), found.calls[mine].sum()
        if runs < RUNS or calls < IN_RUNS * row["calls"] or _innocent(row, seen):
            continue
        total = found.total_ms[mine].sum()
        first = mine[np.argmax(found.runs[mine])]
        behind = found.parent[first]
        if behind >= 0 and found.runs[first] >= BEHIND_ONE * runs and total <= CHEAP_MS * calls:
            parent = seen.part.keys["fingerprint"][int(behind)].as_py()
            yield _finding(row, parent, (float(runs), float(calls), float(total)))


def _traced(seen: Seen) -> bool:
    queries = seen.rec.contents.get("queries")
    return seen.part.traced or (queries is not None and traced(queries))


def traced(queries: pa.Table) -> bool:
    """Say whether any row tells which request or trace it is of."""
    return any(queries[name].null_count < len(queries) for name in ("request_id", "trace_id"))


def _innocent(row: dict[str, Any], seen: Seen) -> bool:
    target = Target(fingerprint=row["fingerprint"], fingerprint_id=row["fingerprint_id"])
    raw = [example["statement"] for example in seen.examples.get(row["fingerprint_id"], [])]
    return (
        kinds.ping(target)
        or kinds.writes(target)
        or kinds.commits(target)
        or kinds.pages(target, raw)
    )


def _finding(
    row: dict[str, Any], parent: str | None, numbers: tuple[float, float, float]
) -> Finding:
    runs, calls, total = numbers
    each = calls / runs
    return Finding(
        rule="repeated-statement",
        severity="warning",
        title=f"{shown(row['fingerprint'])} runs {each:,.0f} times in a row in one session,"
        f" {units.format_count(runs)} times, behind {shown(parent)}: a loop looks rows up one by"
        " one (N+1)",
        evidence=[
            {
                "runs": int(runs),
                "calls_in_runs": int(calls),
                "calls": row["calls"],
                "total_ms": total,
                "statement before": shown(parent, 60),
            }
        ],
        fix=Fix(
            text="Load what the loop needs with one statement: a join, or all keys in one list."
            " What it saves is mostly round trips, of which the server's log knows nothing.",
            snippet="... where id = any(:ids)  -- one statement instead of"
            f" {each:,.0f}; SQLAlchemy: .options(selectinload(...))",
            language="sql",
        ),
        confidence="medium",
        reference=f"at least {bursts.LEAST} in a row, {RUNS} times;"
        " https://docs.sentry.io/product/issues/issue-details/performance-issues/n-one-queries/",
        keys={"fingerprint_id": row["fingerprint_id"]},
    )
