"""Scans that touch far more blocks than their rows fill, or the same blocks many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.plans.rules.indexes import table_name
from perfkit.plans.rules.measures import BLOCK, own_ms, spent
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import (
    evidence,
    rows_read,
    severity,
    table_keys,
    touched_blocks,
    where,
)
from perfkit.plans.scans import executions, matters
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.plans.facts import Facts, TableFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Blocks touched for each block that the rows fill, and how many at least.
PER_FILLED, AT_LEAST = 10.0, 1000
#: A wider row is moved out of line (TOAST_TUPLE_TARGET): the widest that is likely.
WIDEST_ROW = 2032
ROW_HEADER = 28  # tuple header of 24 bytes with its alignment, line pointer of 4
#: Blocks to descend a b-tree and back: more than its height, hardly ever above 4.
PER_DESCENT = 5
#: Blocks touched for each block of the table, by a node that takes a quarter of the time.
PER_PAGE, REPEATED_SHARE, REPEATED_AT_LEAST = 3.0, 0.25, 10_000
_SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


def read_efficiency(plan: Plan, facts: Facts) -> list[Finding]:
    """Find scans that touch ten times as many blocks as their rows fill: bloat."""
    return [
        _bloated(plan, facts, node)
        for node in plan.tree
        if node.kind in _SCANS and _wasted(plan, node, facts.of(node)) and matters(plan, node)
    ]


def repeated_blocks(plan: Plan, facts: Facts) -> list[Finding]:
    """Find scans repeated until they touched each block of the table three times."""
    whole = _whole_scans(plan)
    found = []
    for node in plan.tree:
        if node.kind not in _SCANS or not matters(plan, node):
            continue
        pages = _pages(node, facts, whole)
        if pages is not None and _rereads(plan, node, pages):
            found.append(_repeated(plan, node, pages))
    return found


def _wasted(plan: Plan, node: Node, known: TableFacts | None) -> bool:
    blocks = touched_blocks(plan, node) or 0
    enough = blocks >= AT_LEAST and blocks >= PER_FILLED * _filled(node, known)
    return enough and not _computes(node)


def _filled(node: Node, known: TableFacts | None) -> float:
    """Return how many blocks the rows that were read would fill, with those of the index.

    A row that an index leads to may lie in a block of its own.
    """
    rows = rows_read(node)
    if node.kind == "Seq Scan":
        return max(rows * _width(node, known) / BLOCK, 1.0)
    return max(rows * max(_width(node, known), WIDEST_ROW) / BLOCK, 1.0) + PER_DESCENT * (
        node.loops or 1.0
    )


def _width(node: Node, known: TableFacts | None) -> float:
    """Return the bytes of a row: from the statistics, else of the widest that is likely."""
    widths = [] if known is None else [c.width_bytes for c in known.columns.values()]
    if not widths or None in widths:
        return max(node.number("Plan Width") or 0.0, WIDEST_ROW)
    return sum(width or 0.0 for width in widths) + ROW_HEADER


def _computes(node: Node) -> bool:
    """Whether the scan calls something that may touch blocks of its own.

    Functions, and long values that are fetched from their TOAST table to be looked into.
    """
    output = node.properties.get("Output")
    shown = [str(item) for item in output] if isinstance(output, list) else []
    return bool(node.text("Filter")) or any("(" in item for item in shown)


def _whole_scans(plan: Plan) -> dict[str | None, float]:
    """Return the blocks of every table that the plan reads once from end to end."""
    found: dict[str | None, float] = {}
    for node in plan.tree:
        if node.kind == "Seq Scan" and node.loops == 1:
            blocks = touched_blocks(plan, node)
            if blocks:
                found.setdefault(node.qualified, float(blocks))
    return found


def _pages(node: Node, facts: Facts, whole: Mapping[str | None, float]) -> float | None:
    """Return the blocks of the table that ``node`` scans, from the server or from the plan."""
    known = facts.of(node)
    if known is not None and known.pages:
        return float(known.pages)
    return whole.get(node.qualified)


def _rereads(plan: Plan, node: Node, pages: float) -> bool:
    blocks = touched_blocks(plan, node) or 0
    often = executions(plan, node) > 1 and blocks >= max(PER_PAGE * pages, REPEATED_AT_LEAST)
    share = own_ms(plan, node) >= REPEATED_SHARE * (plan.execution_ms or 0.0)
    return often and share


def _bloated(plan: Plan, facts: Facts, node: Node) -> Finding:
    own, blocks = own_ms(plan, node), touched_blocks(plan, node) or 0
    filled = _filled(node, facts.of(node))
    table = table_name(node)
    return Finding(
        rule="read-efficiency",
        severity=severity(plan, own),
        title=f"The {where(node)} takes {spent(plan, own)}: it touches {format_count(blocks)} "
        f"blocks for {format_count(rows_read(node))} rows, which fill {format_count(filled)}",
        evidence=[evidence(plan, node, filled_blocks=filled)],
        fix=Fix(
            text="Most of what is read is empty or dead. VACUUM lets new rows use the space and "
            "takes dead rows out of indexes; only a rewrite makes the table small again (VACUUM "
            "FULL locks it, pg_repack does not). Look for old transactions first: while they "
            "run nothing can be cleaned up.",
            snippet=f"VACUUM (VERBOSE, ANALYZE) {table};",
            language="sql",
            test="SELECT pg_relation_size(s.relid) / 8192 AS pages, s.n_live_tup, s.n_dead_tup, "
            "s.last_vacuum, s.last_autovacuum\nFROM pg_stat_all_tables s "
            f"WHERE s.relid = {literal(table)}::regclass;",
        ),
        saves_ms=own * (1 - min(filled / blocks, 1.0)),
        saves_basis="per execution",
        effort="medium",
        confidence="medium",
        reference="PostgreSQL documentation, Recovering Disk Space",
        keys=table_keys(node),
    )


def _repeated(plan: Plan, node: Node, pages: float) -> Finding:
    own, blocks = own_ms(plan, node), touched_blocks(plan, node) or 0
    return Finding(
        rule="repeated-blocks",
        severity=severity(plan, own),
        title=f"The {where(node)} takes {spent(plan, own)}: executed "
        f"{format_count(executions(plan, node))} times it touches {format_count(blocks)} blocks "
        f"of a table that has {format_count(pages)}",
        evidence=[evidence(plan, node, table_blocks=pages, loops=node.loops)],
        fix=Fix(
            text="Reading the table once and joining by hash may touch fewer blocks: test it, "
            "and look why the planner expected fewer executions.",
            test=trial(plan, "enable_nestloop = off"),
        ),
        saves_ms=own * (1 - pages / blocks),
        saves_basis="per execution",
        effort="medium",
        confidence="low",
        reference="PostgreSQL documentation, Using EXPLAIN",
        keys=table_keys(node),
    )


RULES = (
    Rule(
        name="read-efficiency",
        looks_at="scans that touch far more blocks than their rows fill",
        find=read_efficiency,
    ),
    Rule(
        name="repeated-blocks",
        looks_at="scans that touch the same blocks again and again",
        find=repeated_blocks,
    ),
)
