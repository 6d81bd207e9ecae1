"""MariaDB and MySQL: tables and indexes that are read to throw most of it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.mysql.index_advice import fix, index_for
from perfkit.plans.mysql.names import list_of
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import LARGE_ROWS, MATTERS_MS, MATTERS_SHARE, REMOVED_SHARE
from perfkit.results import Finding
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES", "Reading", "readings", "wasteful"]

SYSTEMS = ("mariadb", "mysql")
CRITICAL_SHARE = 0.5
#: An index that reads this many rows for one that is kept lacks a column.
READ_PER_KEPT, REMOVED_ROWS = 5.0, 1000
_FULL = {"Table Scan", "Index Scan"}
_BY_INDEX = {"Index Lookup", "Index Range Scan", "Index Skip Scan", "Index Merge"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A table that is read and filtered: MySQL prints the filter as a step of its own.

    ``read`` and ``kept`` are rows over all loops.
    """

    scan: Node
    filter: Node
    self_ms: float
    read: float
    kept: float

    @property
    def removed(self) -> float:
        """Rows thrown away."""
        return self.read - self.kept


def readings(plan: Plan) -> list[Reading]:
    """Return every table that was read with a condition, with what that cost."""
    found = []
    for node in plan.tree:
        scan = plan.tree[node.children[0]] if node.kind == "Filter" and node.children else node
        kept, removed = node.number("Actual Rows"), node.number("Rows Removed by Filter")
        if scan.kind not in _FULL | _BY_INDEX or kept is None or removed is None:
            continue
        own = sum(
            plan.times.self_ms[each.node_id] or 0.0
            for each in {id(n): n for n in (scan, node)}.values()
        )
        loops = node.loops or 0.0
        found.append(
            Reading(
                scan=scan,
                filter=node,
                self_ms=own,
                read=(kept + removed) * loops,
                kept=kept * loops,
            )
        )
    return [each for each in found if _matters(plan, each.self_ms)]


def wasteful(reading: Reading) -> bool:
    """Whether a full scan of many rows keeps at most a tenth of them."""
    per_loop = reading.read / (reading.filter.loops or 1.0)
    return (
        reading.scan.kind in _FULL
        and per_loop >= LARGE_ROWS / 10
        and reading.read >= LARGE_ROWS
        and reading.removed >= REMOVED_SHARE * reading.read
    )


def full_scan(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find full scans that keep at most 10 % of the rows they read."""
    return [
        _finding(plan, each, "mysql-full-scan", "The full scan of")
        for each in readings(plan)
        if wasteful(each)
    ]


def index_with_filter(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find index reads whose rows are mostly thrown away by a condition behind them."""
    return [
        _finding(plan, each, "mysql-index-filter", f"Reading {each.scan.text('Index Name')} of")
        for each in readings(plan)
        if each.scan.kind in _BY_INDEX
        and each.removed >= REMOVED_ROWS
        and each.removed >= READ_PER_KEPT * each.kept
    ]


def _matters(plan: Plan, own: float) -> bool:
    return own >= MATTERS_MS and own >= MATTERS_SHARE * (plan.execution_ms or own)


def _finding(plan: Plan, each: Reading, rule: str, what: str) -> Finding:
    table = each.scan.qualified or "a table"
    share = each.self_ms / (plan.execution_ms or each.self_ms)
    condition = each.filter.text("Filter")
    used = list_of(each.scan.properties.get("used_key_parts") or [])
    first = [str(part) for part in used] if rule == "mysql-index-filter" else []
    index = index_for(plan, each.scan, condition, first=first)
    return Finding(
        rule=rule,
        severity="critical" if share >= CRITICAL_SHARE else "warning",
        title=f"{what} {table} takes {format_ms(each.self_ms)} ({format_share(share)} of the "
        f"time): it reads {format_count(each.read)} rows to keep {format_count(each.kept)}",
        evidence=[
            {
                "node": each.scan.node_id,
                "table": table,
                "condition": condition,
                "rows_read": each.read,
                "rows_kept": each.kept,
                "self_ms": each.self_ms,
            }
        ],
        fix=fix(index),
        saves_ms=each.self_ms,
        saves_basis="per execution",
        effort="low" if index else "medium",
        keys={"table": table},
    )


RULES = (
    Rule(
        name="mysql-full-scan",
        looks_at="full scans that throw away 90 % of what they read",
        find=full_scan,
        systems=SYSTEMS,
    ),
    Rule(
        name="mysql-index-filter",
        looks_at="index reads that throw away five rows for each one kept",
        find=index_with_filter,
        systems=SYSTEMS,
    ),
)
