"""What the server told of itself: files for sorts, checkpoints, autovacuum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.digests.rules.seen import Seen

__all__ = ["checkpoints", "spilling", "vacuums"]

#: ``work_mem`` is 4 MB unless changed (PostgreSQL, Resource Consumption): what is larger goes
#: to disk. Ten times that in all is more than one odd query.
WORK_MEM_BYTES = 4 << 20
SPILLED_BYTES = 10 * WORK_MEM_BYTES
_MOST = 5
#: A checkpoint should come by checkpoint_timeout, not because max_wal_size is reached
#: (PostgreSQL, WAL Configuration): here more than half of at least so many did not.
BY_WAL = 0.5
CHECKPOINTS = 5
#: A table that is vacuumed for as long is large or busy: its next run starts too late.
VACUUM_MS = 600_000.0


def spilling(seen: Seen) -> Iterator[Finding]:
    """Find statements that wrote temporary files."""
    calls = {row["fingerprint_id"]: row for row in seen.rows}
    files = seen.part.happened.of_kind("temp_file")
    names = ("fingerprint_id", "fingerprint", "count", "total_bytes", "max_bytes")
    for row in files.select(names).sort_by([("total_bytes", "descending")]).to_pylist()[:_MOST]:
        total = row["total_bytes"] or 0
        if total >= SPILLED_BYTES and row["fingerprint"] is not None:
            yield _spilling(row, calls.get(row["fingerprint_id"]))


def _spilling(row: dict[str, Any], statement: dict[str, Any] | None) -> Finding:
    per_file = row["total_bytes"] / row["count"]
    evidence = {"files": row["count"], "total_bytes": row["total_bytes"]}
    evidence |= {"max_bytes": row["max_bytes"], "bytes_per_file_bytes": per_file}
    if statement:
        evidence |= {"calls": statement["calls"], "mean_ms": statement["mean_ms"]}
    return Finding(
        rule="temp-file-spill",
        severity="warning",
        title=f"{shown(row['fingerprint'])} wrote {units.format_bytes(row['total_bytes'])} to"
        f" {units.format_count(row['count'])} temporary files"
        f" ({units.format_bytes(per_file)} each)",
        evidence=[evidence],
        fix=Fix(
            text="Let an index deliver the rows in order, so that nothing is sorted; or give this"
            " statement (not all) more work_mem: in memory it needs more than on disk.",
            snippet=f"begin;\nset local work_mem = '{_work_mem(row)}';  -- this transaction alone\n"
            "-- the statement\ncommit;",
            language="sql",
        ),
        confidence="high",
        reference="https://www.postgresql.org/docs/current/runtime-config-resource.html"
        "#GUC-WORK-MEM",
        keys={"fingerprint_id": row["fingerprint_id"]},
    )


def _work_mem(row: dict[str, Any]) -> str:
    """Return a setting that holds the largest file, in MB, as a power of two."""
    megabytes = -(-(row["max_bytes"] or 1) // (1 << 20))
    return f"{2 ** (2 * megabytes - 1).bit_length()}MB"


def checkpoints(seen: Seen) -> Iterator[Finding]:
    """Find checkpoints that come because of WAL, before their time."""
    happened = seen.part.happened
    warned = happened.count("checkpoint_frequent")
    starts = happened.of_kind("checkpoint_starting")
    started = happened.count("checkpoint_starting")
    by_wal = starts.filter(pc.match_substring_regex(starts["what"], r"\b(wal|xlog)\b"))
    forced = int(pc.sum(by_wal["count"]).as_py() or 0)
    mostly = started >= CHECKPOINTS and forced > BY_WAL * started
    if warned or mostly:
        said = (
            f"{warned:,} times the server warned that checkpoints occur too frequently"
            if warned
            else f"{forced:,} of {started:,} checkpoints were forced by WAL"
        )
        yield Finding(
            rule="frequent-checkpoints",
            severity="warning",
            title=f"Checkpoints come too often: {said}",
            evidence=[{"warnings": warned, "by WAL": forced, "checkpoints": started}],
            fix=Fix(
                text="Give the WAL more room: every checkpoint writes all dirty pages, and the"
                " first change of a page after it writes the whole page to the WAL.",
                snippet="alter system set max_wal_size = '4GB';  -- so that"
                " checkpoint_timeout decides\nselect pg_reload_conf();",
                language="sql",
            ),
            effort="low",
            confidence="high",
            reference="https://www.postgresql.org/docs/current/wal-configuration.html",
        )


def vacuums(seen: Seen) -> Iterator[Finding]:
    """Find tables that autovacuum worked on for very long."""
    rows = seen.part.happened.of_kind("autovacuum").select(["what", "count", "total_ms", "max_ms"])
    for row in rows.sort_by([("max_ms", "descending")]).to_pylist()[:_MOST]:
        if (row["max_ms"] or 0.0) < VACUUM_MS or row["what"] is None:
            continue
        name = row["what"].split(".", 1)[-1]
        yield Finding(
            rule="long-autovacuum",
            severity="info",
            title=f"Autovacuum worked on {shown(row['what'])} for"
            f" {units.format_ms(row['max_ms'])} at a time ({row['count']:,} runs)",
            evidence=[{"table": row["what"], "runs": row["count"], "max_ms": row["max_ms"]}],
            fix=Fix(
                text="Vacuum this table earlier and in smaller parts, and let it work faster.",
                snippet=f"alter table {_identifier(name)} set (\n"
                "  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000\n);",
                language="sql",
            ),
            confidence="medium",
            reference="https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM",
            keys={"table": row["what"]},
        )


def _identifier(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))
