"""MariaDB and MySQL: sorts and temporary tables that do not fit into memory, or need not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.mysql.index_advice import fix, index_for
from perfkit.plans.mysql.names import number
from perfkit.plans.rules.measures import inclusive_ms, large, spent
from perfkit.plans.rules.mysql_scans import SYSTEMS, readings, wasteful
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: A sort of so many rows for a LIMIT of at most so large a share of them asks for an index.
SORTED_ROWS, LIMIT_SHARE = 10_000, 0.01
_TEMPORARY = {
    "Temporary Table", "Temporary Table Aggregate", "Materialize", "Union", "Window",
    "Recursive Union", "Remove Duplicates",
}  # fmt: skip
_READS = {"Table Scan", "Index Scan", "Index Lookup", "Index Range Scan"}


def sort_spill(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find filesorts that matter and merged runs on disk (MariaDB counts the passes)."""
    return [
        _spilled(plan, node)
        for node in plan.tree
        if node.kind == "Sort" and _told(node, "r_sort_passes") and matters(plan, node)
    ]


def sort_for_limit(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find sorts of one large table of which a LIMIT keeps very few rows."""
    scanned = {each.scan.node_id for each in readings(plan) if wasteful(each)}
    found = []
    for node in plan.tree:
        scan = _sorted_table(plan, node)
        if scan is None or scan.node_id in scanned:  # its own finding orders the index, too
            continue
        rows, wanted = _sorted_rows(plan, node), _wanted(plan, node)
        if (
            rows >= SORTED_ROWS
            and wanted <= LIMIT_SHARE * rows
            and large(plan, inclusive_ms(plan, node))
        ):
            found.append(_needless(plan, node, scan, rows))
    return [finding for finding in found if finding is not None]


def temporary_on_disk(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find statements whose temporary tables went to disk; the live probe counts them."""
    count = plan.document.get("Created_tmp_disk_tables")
    steps = [node for node in plan.tree if node.kind in _TEMPORARY]
    if not isinstance(count, int | float) or count < 1 or not steps:
        return []
    worst = max(steps, key=lambda node: inclusive_ms(plan, node))
    if not large(plan, inclusive_ms(plan, worst)):
        return []
    maria = plan.system == "mariadb"
    setting = "tmp_memory_table_size" if maria else "temptable_max_ram"
    return [
        Finding(
            rule="mysql-temporary-disk",
            severity="warning",
            title=f"{format_count(count)} temporary table went to disk below a step of "
            f"{spent(plan, inclusive_ms(plan, worst))}",
            evidence=[{"node": worst.node_id, "node_type": worst.node_type, "tables": count}],
            fix=Fix(
                text="Select fewer and shorter columns before grouping (TEXT and BLOB always go to "
                f"disk in MariaDB), or raise {setting} for this session and compare.",
                snippet=f"SET SESSION {setting} = 256 * 1024 * 1024;" if maria else "",
                language="sql",
                test="SHOW SESSION STATUS LIKE 'Created_tmp%tables';",
            ),
        )
    ]


def _spilled(plan: Plan, node: Node) -> Finding:
    own = plan.times.self_ms[node.node_id] or 0.0
    keys = ", ".join(str(key) for key in node.properties.get("Sort Key") or [])
    return Finding(
        rule="mysql-sort-spill",
        severity="warning",
        title=f"The sort by {keys} takes {spent(plan, own)} and merges sorted runs from disk",
        evidence=[
            {
                "node": node.node_id,
                "sort_key": keys,
                "merge_passes": _told(node, "r_sort_passes"),
                "buffer": node.text("r_buffer_size"),
                "self_ms": own,
            }
        ],
        fix=Fix(
            text="Try it with a larger sort_buffer_size in this session and compare; every session "
            "that sorts may use as much. Fewer columns, or an index in that order, spare it.",
            snippet="SET SESSION sort_buffer_size = 16 * 1024 * 1024;",
            language="sql",
            test="SHOW SESSION STATUS LIKE 'Sort_merge_passes';",
        ),
        effort="low",
    )


def _told(node: Node, key: str) -> float | None:
    """Return a number of the server's own; "(varied across executions)" is none."""
    return number(node.properties.get(key))


def _sorted_table(plan: Plan, node: Node) -> Node | None:
    """Return the one table that ``node`` sorts, None if it sorts anything else."""
    if node.kind != "Sort":
        return None
    below = [n for n in plan.below(node) if n.kind not in {"Sort", "Filter", "Stream"}]
    return below[0] if len(below) == 1 and below[0].kind in _READS else None


def _sorted_rows(plan: Plan, node: Node) -> float:
    child = plan.tree[node.children[0]]
    return (child.number("Actual Rows") or 0.0) * (child.loops or 0.0)


def _wanted(plan: Plan, node: Node) -> float:
    """Return the rows that anybody read from the sort; infinity if no LIMIT is known."""
    limit = _told(node, "limit_rows") or _told(node, "r_limit")
    above = plan.tree[node.parent_id] if node.parent_id is not None else None
    if above is not None and above.kind == "Limit":
        limit = above.number("Actual Rows")
    return float("inf") if limit is None else limit * (node.loops or 1.0)


def _needless(plan: Plan, node: Node, scan: Node, rows: float) -> Finding | None:
    conditions = [part.text("Filter") for part in plan.below(node) if part.text("Filter")]
    index = index_for(plan, scan, " and ".join(f"({text})" for text in conditions))
    keys = ", ".join(str(key) for key in node.properties.get("Sort Key") or [])
    if index is None:
        return None
    took = inclusive_ms(plan, node)
    return Finding(
        rule="mysql-sort-limit",
        severity="warning",
        title=f"{format_count(rows)} rows of {scan.qualified} are read and sorted by {keys} for "
        f"the few that LIMIT keeps: {spent(plan, took)}",
        evidence=[{"node": node.node_id, "table": scan.qualified, "rows": rows, "ms": took}],
        fix=fix(index),
        saves_ms=took,
        saves_basis="per execution",
        effort="low",
        keys={"table": scan.qualified or ""},
    )


RULES = (
    Rule(
        name="mysql-sort-limit",
        looks_at="large sorts of which a LIMIT keeps hardly any row",
        find=sort_for_limit,
        systems=SYSTEMS,
    ),
    Rule(
        name="mysql-sort-spill",
        looks_at="sorts that merge runs from disk",
        find=sort_spill,
        systems=SYSTEMS,
    ),
    Rule(
        name="mysql-temporary-disk",
        looks_at="temporary tables on disk",
        find=temporary_on_disk,
        systems=SYSTEMS,
    ),
)
