"""Which scans read a large table to keep a few rows? From the plans that were logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.errors import InputError
from perfkit.fingerprint import fingerprint
from perfkit.fingerprinted import fingerprinted
from perfkit.plans.advice import index_fix
from perfkit.plans.read import read_plan
from perfkit.plans.scans import LARGE_ROWS, MATTERS_MS, REMOVED_SHARE, Scan, wasteful_scans
from perfkit.recording import as_recording
from perfkit.results import Finding, Result
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["sequential_scans"]

_SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("columns", pa.string()),
        ("fingerprint_id", pa.string()),
        ("fingerprint", pa.string()),
        ("executions", pa.int64()),
        ("self_ms", pa.float64()),
        ("mean_ms", pa.float64()),
        ("rows_read", pa.float64()),
        ("rows_kept", pa.float64()),
        ("read_per_kept", pa.float64()),
        ("index", pa.string()),
    ]
)
_CRITICAL_SHARE = 0.5


@dataclass
class _Group:
    """The same scan of the same statement, over all its executions."""

    statement: str | None
    scans: list[Scan] = field(default_factory=list)
    executions: set[int] = field(default_factory=set)
    plans_ms: dict[int, float] = field(default_factory=dict)

    @property
    def self_ms(self) -> float:
        return sum(scan.self_ms for scan in self.scans)


@dataclass
class _Read:
    """What became of the plans of a recording."""

    groups: dict[tuple[str, ...], _Group] = field(default_factory=dict)
    plans: int = 0
    untimed: int = 0
    unread: int = 0


def sequential_scans(data: Any) -> Result:
    """Find sequential scans that read a large table and throw 90 % or more of it away.

    A scan counts if it takes at least 5 ms and 5 % of its statement's time and reads a table
    of at least 10,000 rows or 1,000 blocks. Scans that keep most of what they read, such as
    exports and reports, are right as they are, and small tables are not worth an index.

    Args:
        data: a Recording, or a table of plans (columns ``plan``, ``statement``, ...).

    Returns:
        One row per table, condition columns and statement; ``self_ms`` is the wall time of the
        scan over all its executions, rows are over all executions, ``index`` a proposal that
        nothing has proven.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> sequential_scans(Recording()).arrow.num_rows  # doctest: +SKIP
        0
    """
    rec = as_recording(data, "plans")
    read = _read(rec.arrow("plans"))
    groups = sorted(read.groups.items(), key=lambda item: -item[1].self_ms)
    table = pa.Table.from_pylist([_row(key, group) for key, group in groups], schema=_SCHEMA)
    return Result(
        analysis="sequential_scans",
        question="Which sequential scans read a large table to keep a few rows?",
        headline=_headline(table, read),
        arrow=table,
        noun="scans",
        findings=[_finding(key, group) for key, group in groups],
        caveats=_caveats(rec, read),
        checked=(_checked(read),),
        totals={
            "plans": read.plans,
            "scans": table.num_rows,
            "self_ms": sum(group.self_ms for _, group in groups),
        },
    )


def _checked(read: _Read) -> str:
    return (
        f"{read.plans:,} plans: scans of at least {MATTERS_MS:.0f} ms on tables of at least "
        f"{LARGE_ROWS:,} rows that throw away {format_share(REMOVED_SHARE)}"
    )


def _read(plans: pa.Table) -> _Read:
    read = _Read(plans=plans.num_rows)
    # Reading a plan costs 0.1 ms: most of a log's plans hold no such scan.
    scanning = pc.fill_null(pc.match_substring(plans["plan"], "Seq Scan"), fill_value=False)
    for number, row in enumerate(_rows(plans.filter(scanning))):
        try:
            plan = read_plan(row["plan"])
        except InputError:
            read.unread += 1
            continue
        read.untimed += not plan.timed
        for scan in wasteful_scans(plan):
            _add(read, row, number, scan)
    return read


def _rows(plans: pa.Table) -> list[dict[str, Any]]:
    """Return the rows; statements that lack their fingerprint's id get it."""
    columns = plans.select(["plan", "statement", "fingerprint_id", "duration_ms"])
    rows = fingerprinted(columns).to_pylist()
    return [row | {"fingerprint_id": row["fingerprint_id"] or ""} for row in rows]


def _add(read: _Read, row: dict[str, Any], number: int, scan: Scan) -> None:
    columns = scan.candidate.columns if scan.candidate else ()
    key = (scan.node.qualified or "", ", ".join(columns), row["fingerprint_id"])
    group = read.groups.setdefault(key, _Group(statement=row["statement"]))
    group.scans.append(scan)
    group.executions.add(number)
    if row["duration_ms"] is not None:
        group.plans_ms[number] = row["duration_ms"]


def _row(key: tuple[str, ...], group: _Group) -> dict[str, Any]:
    table, columns, identifier = key
    rows_read = sum(scan.rows_read for scan in group.scans)
    rows_kept = sum(scan.rows_kept for scan in group.scans)
    proposal = group.scans[0].candidate
    return {
        "table": table,
        "columns": columns or None,
        "fingerprint_id": identifier or None,
        "fingerprint": fingerprint(group.statement) if group.statement else None,
        "executions": len(group.executions),
        "self_ms": group.self_ms,
        "mean_ms": group.self_ms / len(group.executions),
        "rows_read": rows_read,
        "rows_kept": rows_kept,
        "read_per_kept": rows_read / max(rows_kept, 1.0),
        "index": proposal.key_list if proposal else None,
    }


def _finding(key: tuple[str, ...], group: _Group) -> Finding:
    row = _row(key, group)
    proposal = group.scans[0].candidate
    shown = ("table", "executions", "mean_ms", "rows_read", "rows_kept", "read_per_kept")
    evidence = {name: row[name] for name in shown}
    evidence["condition"] = group.scans[0].node.condition
    keys = {"table": row["table"], "fingerprint_id": row["fingerprint_id"]}
    return Finding(
        rule="slow-seq-scan",
        severity="critical" if _share(group) >= _CRITICAL_SHARE else "warning",
        title=_title(row),
        evidence=[evidence],
        fix=index_fix(proposal),
        # Without a proposal nobody knows what would be saved.
        saves_ms=row["mean_ms"] if proposal else None,
        saves_basis="per execution",
        saves_times=row["executions"],
        effort="low" if proposal else "medium",
        keys={name: value for name, value in keys.items() if value},
    )


def _title(row: dict[str, Any]) -> str:
    return (
        f"{row['table']} is read from end to end for {format_count(row['rows_kept'])} of "
        f"{format_count(row['rows_read'])} rows: {format_ms(row['mean_ms'])} per execution, "
        f"{format_count(row['executions'])} executions, {format_ms(row['self_ms'])} in all"
    )


def _share(group: _Group) -> float:
    """Return the scan's share of its statements' time, 0 if their durations are unknown."""
    whole = sum(group.plans_ms.values())
    return group.self_ms / whole if whole else 0.0


def _headline(table: pa.Table, read: _Read) -> str:
    if not read.plans:
        return "There are no plans in what was read: auto_explain writes them into the log."
    if not table.num_rows:
        return f"No sequential scan in {format_count(read.plans)} plans is worth an index."
    first = table.slice(0, 1).to_pylist()[0]
    total = pc.sum(table["self_ms"]).as_py()
    most = "on" if table.num_rows == 1 else f"{format_ms(first['self_ms'])} of it on"
    return (
        f"Sequential scans that throw away what they read took {format_ms(total)}, "
        f"{most} {first['table']}, which reads "
        f"{format_count(first['read_per_kept'])} rows for each row it keeps"
    )


def _caveats(rec: Recording, read: _Read) -> list[str]:
    notes = rec.caveats()
    if read.groups:
        notes.append(
            "Only executions slower than auto_explain.log_min_duration have a plan: "
            "the real number of executions is higher."
        )
    if read.untimed:
        notes.append(
            f"{read.untimed:,} plans hold no times (auto_explain.log_analyze or log_timing is "
            "off): their scans cannot be judged."
        )
    if read.unread:
        notes.append(f"{read.unread:,} plans are not complete and were passed over.")
    return notes
