"""Index-only scans that have to look into the table all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.plans.rules.indexes import table_name
from perfkit.plans.rules.measures import own_ms, spent
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, rows_read, severity, table_keys, where
from perfkit.plans.scans import matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Share of the rows, and how many at least, that were looked up in the table.
SHARE, AT_LEAST = 0.10, 1000
HIGH_SHARE = 0.50
#: What looking into the table takes of the scan: 90,000 cached rows in the order of the table
#: took 12.8 ms before VACUUM and 6.8 ms after it (PostgreSQL 18.6); in no order it is more.
HEAP_PART = 0.45


def heap_fetches(plan: Plan, facts: Facts) -> list[Finding]:
    """Find index-only scans that looked up at least 10 % of their rows in the table."""
    return [
        _finding(plan, facts, node)
        for node in plan.tree
        if node.kind == "Index Only Scan" and _fetches(node) and matters(plan, node)
    ]


def _fetches(node: Node) -> float:
    """Return the look-ups over all loops and processes, 0 where they are few."""
    fetched = node.number("Heap Fetches") or 0.0
    return fetched if fetched >= max(AT_LEAST, SHARE * rows_read(node)) else 0.0


def _finding(plan: Plan, facts: Facts, node: Node) -> Finding:
    own, fetched = own_ms(plan, node), _fetches(node)
    share = min(fetched / max(rows_read(node), 1.0), 1.0)
    known = facts.of(node)
    visible = {} if known is None else {"visible_share": known.visible_share}
    table = table_name(node)
    return Finding(
        rule="heap-fetches",
        severity=severity(plan, own) if share >= HIGH_SHARE else "info",
        title=f"The {where(node)} takes {spent(plan, own)}: it looks into the table "
        f"{format_count(fetched)} times for {format_count(rows_read(node))} rows, because pages "
        "are not marked all-visible",
        evidence=[evidence(plan, node, heap_fetches=fetched, **visible)],
        fix=Fix(
            text="VACUUM marks the pages. If they lose the mark again soon, let autovacuum come "
            "sooner for this table (autovacuum_vacuum_scale_factor; after inserts "
            "autovacuum_vacuum_insert_scale_factor), and look for old transactions that keep "
            "VACUUM from it.",
            snippet=f"VACUUM (ANALYZE, VERBOSE) {table};",
            language="sql",
            test="SELECT c.relpages, c.relallvisible, s.n_dead_tup, s.last_vacuum, "
            "s.last_autovacuum\nFROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid\n"
            f"WHERE c.oid = {literal(table)}::regclass;",
        ),
        saves_ms=own * share * HEAP_PART,
        saves_basis="per execution",
        effort="low",
        confidence="high" if share >= HIGH_SHARE else "medium",
        reference="PostgreSQL documentation, Index-Only Scans and Covering Indexes",
        keys=table_keys(node),
    )


RULES = (
    Rule(
        name="heap-fetches",
        looks_at="index-only scans that look into the table for their rows",
        find=heap_fetches,
    ),
)
