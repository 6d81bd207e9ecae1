"""Statements that wait for others: who waits, for how long, and who holds the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from perfkit.analyses.digests.rules.seen import Seen

__all__ = ["blocked", "deadlocked"]

#: PostgreSQL logs a wait once it has lasted deadlock_timeout, 1 s unless changed
#: (log_lock_waits): in all, more than one of the shortest that it logs.
WAITED_MS = 2000.0
_MOST = 5


def blocked(seen: Seen) -> Iterator[Finding]:
    """Find statements that waited for locks, and what held these."""
    waits = seen.part.happened.of_kind("lock_wait")
    if not waits.num_rows:
        return
    names = ["fingerprint_id", "fingerprint"]
    grouped = waits.group_by(names, use_threads=False)
    summed = grouped.aggregate([("count", "sum"), ("total_ms", "sum"), ("max_ms", "max")])
    for row in summed.sort_by([("total_ms_sum", "descending")]).to_pylist()[:_MOST]:
        if (row["total_ms_sum"] or 0.0) >= WAITED_MS:
            yield _blocked(row, seen.part.holders.of_waiting(row["fingerprint"]))


def _blocked(row: dict[str, Any], holders: Counter[str]) -> Finding:
    count, total = row["count_sum"], row["total_ms_sum"]
    by = f", held by {shown(holders.most_common(1)[0][0], 90)}" if holders else ""
    evidence: list[dict[str, Any]] = [
        {"held by": shown(who, 90), "waits": often} for who, often in holders.most_common(3)
    ]
    keys = {"fingerprint_id": row["fingerprint_id"]} if row["fingerprint_id"] else {}
    return Finding(
        rule="lock-wait",
        severity="warning",
        title=f"{shown(row['fingerprint'])} waited {units.format_ms(total)} for locks"
        f" ({units.format_count(count)} waits, at most {units.format_ms(row['max_ms_max'])}){by}",
        evidence=evidence or [{"waits": count, "total_ms": total, "max_ms": row["max_ms_max"]}],
        saves_ms=total / count,
        saves_basis="per wait",
        saves_times=count,
        fix=Fix(
            text="Shorten the transaction that holds the lock: commit before slow work (calls to"
            " other services, waiting for people), change rows in one order everywhere, and let"
            " whoever waits give up early.",
            snippet="set lock_timeout = '2s';  -- in the session that waits\n"
            "select pid, pg_blocking_pids(pid), query from pg_stat_activity\n"
            "where cardinality(pg_blocking_pids(pid)) > 0;  -- while it happens",
            language="sql",
        ),
        confidence="high" if holders else "medium",
        reference="https://www.postgresql.org/docs/current/explicit-locking.html",
        keys=keys,
    )


def deadlocked(seen: Seen) -> Iterator[Finding]:
    """Tell of deadlocks: which statements met."""
    happened = seen.part.happened
    count = happened.count("deadlock")
    if not count:
        return
    rows = happened.of_kind("deadlock").select(["what", "count"]).to_pylist()
    first = rows[0]["what"]
    pair = f", most between {shown(first, 110)}" if first else ""
    yield Finding(
        rule="deadlock",
        severity="warning",
        title=f"{count:,} deadlock{'s' * (count > 1)}{pair}",
        evidence=[{"deadlocks": r["count"], "statements": r["what"]} for r in rows[:_MOST]],
        fix=Fix(
            text="Lock rows in one order in every transaction (by primary key), or take all of"
            " them at once; repeat a transaction that fails with 40P01.",
            snippet="select ... from t where id = any(:ids) order by id for update;",
            language="sql",
        ),
        confidence="high",
        reference="https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS",
    )
