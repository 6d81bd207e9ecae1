"""Tables of which the planner knows less than it could: statistics that are out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.plans.rules.early_stops import cut_short, repeated_per_row
from perfkit.plans.rules.indexes import table_name
from perfkit.plans.rules.measures import total_rows
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, table_keys, where
from perfkit.plans.scans import executions
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts, TableFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: The planner scales the row count of the last ANALYZE by the size of the file, so that the
#: estimate of a scan without conditions is right; twice as many or half are not.
FACTOR = 2.0
#: Rows below which a wrong estimate does no harm.
AT_LEAST = 1000
#: Rows changed since the last ANALYZE from which on it is due (autovacuum asks for 10 % too).
CHANGED, CHANGED_SHARE = 1000, 0.10
_SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
#: By what get_parallel_divisor divides with one worker.
_ONE_WORKER = 1.7


def stale_stats(plan: Plan, facts: Facts) -> list[Finding]:
    """Find scans whose estimate is wrong by 2 because statistics are missing or old."""
    found: dict[str, Finding] = {}
    for node in plan.tree:
        reason = _reason(plan, node, facts.of(node))
        if reason and (node.qualified or "") not in found:
            found[node.qualified or ""] = _finding(plan, node, reason, facts.of(node))
    return list(found.values())


def _reason(plan: Plan, node: Node, known: TableFacts | None) -> str:
    """Return why the statistics must be old; "" where the plan does not show it."""
    planned, actual = _planned_rows(plan, node), _actual_rows(plan, node)
    if node.kind not in _SCANS or planned is None or actual is None:
        return ""
    factor = max(actual, 1.0) / max(planned, 1.0)
    # A table that is empty is expected to have ten pages until it was analysed: no harm done.
    if (
        not actual
        or max(planned, actual) < AT_LEAST
        or 1 / FACTOR < factor < FACTOR
        or cut_short(plan, node)
        or repeated_per_row(plan, node)
    ):
        return ""
    if node.kind == "Seq Scan" and not node.condition:
        return "the number of rows in the table is not what the statistics say"
    return "" if known is None else _due(known)


def _due(known: TableFacts) -> str:
    """Return why ANALYZE is due, from what the server counted."""
    # Column statistics may be hidden from this role; the number of rows never is.
    if known.rows is None and known.columns:
        return "the table has no statistics"
    changed, limit = known.modified, max(CHANGED, CHANGED_SHARE * (known.rows or 0.0))
    if changed is None or changed <= limit:
        return ""
    return f"{format_count(changed)} rows changed since the last ANALYZE"


def _actual_rows(plan: Plan, node: Node) -> float | None:
    """Return the rows of one execution, all its processes together."""
    actual = node.number("Actual Rows")
    if actual is None or not node.loops:
        return None
    if not node.properties.get("Parallel Aware"):
        return actual  # each process reads all of it
    # A member of a Parallel Append may be read by one process only.
    return total_rows(node) / executions(plan, node)


def _planned_rows(plan: Plan, node: Node) -> float | None:
    """Return the rows that were expected of one execution, all its processes together."""
    planned, actual = node.number("Plan Rows"), _actual_rows(plan, node)
    if planned is None:
        return None
    most = planned * _divisor(plan, node)
    if actual is None or not _appended(plan, node):
        return most
    # A member of an Append is planned with workers of its own, which nothing prints: one to all.
    return min(max(actual, planned * min(_ONE_WORKER, most / max(planned, 1.0))), most)


def _appended(plan: Plan, node: Node) -> bool:
    above = None if node.parent_id is None else plan.tree[node.parent_id]
    return above is not None and above.kind == "Append"


def _divisor(plan: Plan, node: Node) -> float:
    """Return by what the planner divided the rows of a parallel scan.

    get_parallel_divisor in src/backend/optimizer/path/costsize.c: the workers, and the leader
    for what 30 % of its time per worker leave of it.
    """
    gather = next((up for up in plan.ancestors(node) if up.kind.startswith("Gather")), None)
    workers = None if gather is None else gather.number("Workers Planned")
    if not workers or not node.properties.get("Parallel Aware"):
        return 1.0
    return workers + max(1.0 - 0.3 * workers, 0.0)


def _finding(plan: Plan, node: Node, reason: str, known: TableFacts | None) -> Finding:
    planned, actual = _planned_rows(plan, node) or 0.0, _actual_rows(plan, node) or 0.0
    table = table_name(node)
    changed = {} if known is None else {"changed": known.modified, "analyzed": known.analyzed}
    return Finding(
        rule="stale-stats",
        severity="info",
        title=f"The {where(node)} was expected to return {format_count(planned)} rows and "
        f"returned {format_count(actual)}: {reason}",
        evidence=[evidence(plan, node, plan_rows=planned, actual_rows=actual, **changed)],
        fix=Fix(
            text="Refresh the statistics and look whether the plan changes; if they age soon "
            "again, let autovacuum analyse this table more often "
            "(autovacuum_analyze_scale_factor).",
            snippet=f"ANALYZE {table};",
            language="sql",
            test="SELECT s.n_live_tup, s.n_mod_since_analyze, s.last_analyze, "
            "s.last_autoanalyze, c.reltuples\n"
            "FROM pg_stat_all_tables s JOIN pg_class c ON c.oid = s.relid\n"
            f"WHERE c.oid = {literal(table)}::regclass;",
        ),
        effort="low",
        confidence="high",
        reference="PostgreSQL documentation, Updating Planner Statistics",
        keys=table_keys(node),
    )


RULES = (
    Rule(
        name="stale-stats",
        looks_at="tables whose statistics are out of date",
        find=stale_stats,
    ),
)
