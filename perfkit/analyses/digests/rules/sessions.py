"""Sessions: transactions left open, errors, connections made and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.digests.idle import LONG_MS
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.digests.rules.seen import Seen

__all__ = ["churning", "failing", "idle_in_transaction"]

_IDLE = "25P03"  # idle_in_transaction_session_timeout (PostgreSQL, Error Codes)
#: Gaps of a second and more, several of them and in all: one may be a person at a prompt.
IDLE_GAPS = 3
IDLE_MS = 10_000.0
#: Errors are normal (unique keys that are taken); one in twenty statements is not.
FAILING = 0.05
FAILURES = 20
#: A new connection costs a process, authentication and cold caches; one per second throughout,
#: each for few statements, is what pools are for (PostgreSQL wiki, Number Of Database
#: Connections).
CONNECTIONS = 100
PER_MINUTE = 60.0
STATEMENTS_EACH = 10.0


def idle_in_transaction(seen: Seen) -> Iterator[Finding]:
    """Find transactions that were begun and left alone."""
    rows = seen.part.happened.rows
    ended = pc.or_kleene(
        pc.equal(rows["sqlstate"], _IDLE),
        pc.equal(rows["what"], "idle_in_transaction_session_timeout"),
    )
    killed = int(pc.sum(rows.filter(pc.fill_null(ended, fill_value=False))["count"]).as_py() or 0)
    idle = seen.part.idle
    many = idle.gaps >= IDLE_GAPS and idle.total_ms >= IDLE_MS
    if not (killed or many):
        return
    said = (
        f"{killed:,} sessions were ended because they idled in a transaction"
        if killed
        else f"{idle.gaps:,} transactions were left alone for {units.format_ms(LONG_MS)} and more"
        f" behind BEGIN (up to {units.format_ms(idle.longest_ms)})"
    )
    yield Finding(
        rule="idle-in-transaction",
        severity="warning",
        title=said[0].upper() + said[1:],
        evidence=[
            {
                "ended by the server": killed,
                "gaps": idle.gaps,
                "total_ms": idle.total_ms,
                "max_ms": idle.longest_ms,
            }
        ],
        fix=Fix(
            text="Begin a transaction when its statements are ready, and end it before anything"
            " slow: it holds its locks and keeps dead rows from being removed.",
            snippet="alter system set idle_in_transaction_session_timeout = '30s';\n"
            "select pg_reload_conf();",
            language="sql",
        ),
        confidence="high" if killed else "medium",
        reference="https://www.postgresql.org/docs/current/runtime-config-client.html"
        "#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    )


def failing(seen: Seen) -> Iterator[Finding]:
    """Find errors that are a good part of all that was executed."""
    errors = seen.part.happened.of_kind("error", "deadlock", "cancelled")
    told = int(pc.sum(errors["count"]).as_py() or 0)
    count = max(told, round(float(seen.part.sums["errors"].sum())))
    calls = float(seen.part.sums["calls"].sum())
    if count < FAILURES or count < FAILING * (calls + count):
        return
    rows = errors.select(["count", "sqlstate", "what", "fingerprint"]).to_pylist()[:5]
    most = f"; most: {rows[0]['what']}" if rows and rows[0]["what"] else ""
    yield Finding(
        rule="many-errors",
        severity="warning",
        title=f"{count:,} errors beside {units.format_count(calls)} statements{most[:120]}",
        evidence=rows,
        fix=Fix(
            text="Look at the most frequent message first: each failed statement was parsed,"
            " planned and often half executed, and its transaction rolled back.",
        ),
        confidence="high",
    )


def churning(seen: Seen) -> Iterator[Finding]:
    """Find programs that connect for a few statements each."""
    minutes = seen.part.happened.minutes
    made = minutes.filter(pc.equal(minutes["kind"], "connection"))
    count = int(pc.sum(made["count"]).as_py() or 0)
    if count < CONNECTIONS:
        return
    ends = pc.min_max(made["minute"].cast(pa.int64()))
    lasted = (ends["max"].as_py() - ends["min"].as_py()) / 6e10 + 1
    each = float(seen.part.sums["calls"].sum()) / count
    threshold = any(note.kind == "threshold" for note in seen.rec.quality)
    if count / lasted < PER_MINUTE or each > STATEMENTS_EACH or threshold:
        return
    users = seen.part.happened.of_kind("connection").select(["what", "count"])
    yield Finding(
        rule="connection-churn",
        severity="warning",
        title=f"{count:,} connections were made, {count / lasted / 60:,.1f} per second, for"
        f" {each:,.1f} statements each",
        evidence=users.to_pylist()[:5],
        fix=Fix(
            text="Keep connections: a pool in the program, or a pooler in front of the server.",
            snippet="engine = create_engine(url, pool_size=10, pool_pre_ping=True)  # once per"
            " process, not per request",
            language="python",
        ),
        confidence="medium",
        reference="https://wiki.postgresql.org/wiki/Number_Of_Database_Connections",
    )
